"""Says how far behind a worker is, whether a fetch was lost, and whether it gets on at all."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

STALL_SECONDS = 60
"""With records to fold and none folded for so long, a new process is the better hope."""


class Stalled(Exception):
    """Records wait, and none was folded for too long.  End; a supervisor starts anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionOffsets:
    """One look at a partition: *folded*, *fetched* and *end* are each the next offset."""

    folded: int
    fetched: int
    end: int


@dataclass(slots=True)
class EmptyFetches:
    """Stretches that were fetched and brought nothing to fold, by where they begin.

    Transaction markers make such a stretch, and a lost fetch would.  Seen twice, it is fetched
    again; seen after that, it is markers.
    """

    seen_by_partition: dict[int, tuple[int, int]] = field(
        default_factory=dict[int, tuple[int, int]]
    )

    def needs_refetch(self, partition: int, offsets: PartitionOffsets) -> bool:
        """Whether to fetch again.  Ask only when nothing that was fetched is on its way."""
        if offsets.fetched <= offsets.folded:
            return False  # Not fetched again yet.
        start, times = self.seen_by_partition.get(partition, (offsets.folded, 0))
        times = times + 1 if start == offsets.folded else 1
        self.seen_by_partition[partition] = (offsets.folded, times)
        return times == 2

    def lag(self, partition: int, offsets: PartitionOffsets) -> int:
        """How many offsets are yet to be folded."""
        start, times = self.seen_by_partition.get(partition, (-1, 0))
        only_markers = start == offsets.folded and times > 2 and offsets.fetched >= offsets.end
        return 0 if only_markers else max(0, offsets.end - offsets.folded)


@dataclass(slots=True)
class Progress:
    """Since when the worker stands at the same *places* with work before it."""

    clock: Callable[[], float] = time.monotonic
    positions: Mapping[int, int] = field(default_factory=dict[int, int])
    unchanged_since: float | None = None

    def check(self, positions: Mapping[int, int], *, has_work: bool) -> None:
        """Take note; raises Stalled where something is *waiting* and nothing moves."""
        now = self.clock()
        if not has_work or positions != self.positions or self.unchanged_since is None:
            self.positions, self.unchanged_since = dict(positions), now
        if now - self.unchanged_since > STALL_SECONDS:
            raise Stalled(f"records wait, and none was folded for {STALL_SECONDS} s")
