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
class Sight:
    """One look at a partition: *folded*, *fetched* and *end* are each the next offset."""

    folded: int
    fetched: int
    end: int


@dataclass(slots=True)
class Gaps:
    """Stretches that were fetched and brought nothing to fold, by where they begin.

    Transaction markers make such a stretch, and a lost fetch would.  Seen twice, it is fetched
    again; seen after that, it is markers.
    """

    seen: dict[int, tuple[int, int]] = field(default_factory=dict[int, tuple[int, int]])

    def doubtful(self, partition: int, sight: Sight) -> bool:
        """Whether to fetch again.  Ask only when nothing that was fetched is on its way."""
        if sight.fetched <= sight.folded:
            return False  # Not fetched again yet.
        begins, times = self.seen.get(partition, (sight.folded, 0))
        times = times + 1 if begins == sight.folded else 1
        self.seen[partition] = (sight.folded, times)
        return times == 2

    def lag(self, partition: int, sight: Sight) -> int:
        """How many offsets are yet to be folded."""
        begins, times = self.seen.get(partition, (-1, 0))
        markers = begins == sight.folded and times > 2 and sight.fetched >= sight.end
        return 0 if markers else max(0, sight.end - sight.folded)


@dataclass(slots=True)
class Progress:
    """Since when the worker stands at the same *places* with work before it."""

    clock: Callable[[], float] = time.monotonic
    places: Mapping[int, int] = field(default_factory=dict[int, int])
    since: float | None = None

    def look(self, places: Mapping[int, int], *, waiting: bool) -> None:
        """Take note; raises Stalled where something is *waiting* and nothing moves."""
        now = self.clock()
        if not waiting or places != self.places or self.since is None:
            self.places, self.since = dict(places), now
        if now - self.since > STALL_SECONDS:
            raise Stalled(f"records wait, and none was folded for {STALL_SECONDS} s")
