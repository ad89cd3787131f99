"""Computes the lag of a worker, and detects lost fetches and a worker without progress."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

STALL_SECONDS = 60
"""Time without progress after which the worker ends, so that a supervisor starts a new process."""

BUSY_SECONDS_MAX = 600
"""Time that records which take long may take without progress; a study may have a million cases."""

REBALANCE_SECONDS = 120
"""Time that rebalances may take without progress; a member of the group may be slow to join."""


class Stalled(Exception):
    """Records remain, and none was folded for too long.  The worker ends; start it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionOffsets:
    """Next offset to fold, next offset to fetch and end offset of one partition at one check."""

    folded: int
    fetched: int
    end: int


@dataclass(slots=True)
class EmptyFetches:
    """Counts, by partition, fetches that passed offsets without a record, from one offset on.

    Both transaction markers and a lost fetch cause them.  Offsets seen so at two checks are fetched
    again; if they are seen so once more, they are transaction markers.
    """

    seen_by_partition: dict[int, tuple[int, int]] = field(
        default_factory=dict[int, tuple[int, int]]
    )

    def needs_refetch(self, partition: int, offsets: PartitionOffsets) -> bool:
        """Count one check; return whether to fetch again.  Call it only with no batch in flight."""
        if offsets.fetched <= offsets.folded:
            return False  # No fetch has passed the folded offset.
        start, times = self.seen_by_partition.get(partition, (offsets.folded, 0))
        times = times + 1 if start == offsets.folded else 1
        self.seen_by_partition[partition] = (offsets.folded, times)
        return times == 2

    def lag(self, partition: int, offsets: PartitionOffsets) -> int:
        """Return the number of offsets not folded yet; 0 where only transaction markers remain."""
        start, times = self.seen_by_partition.get(partition, (-1, 0))
        only_markers = start == offsets.folded and times > 2 and offsets.fetched >= offsets.end
        return 0 if only_markers else max(0, offsets.end - offsets.folded)


@dataclass(slots=True)
class Progress:
    """Since when no position in the store has moved forward although the worker has work.

    *positions* are those that the store last had, by partition.  A partition that is claimed,
    assigned or set back is no progress: a worker that does nothing else ends.  *held_seconds* are
    those since the last progress that a rebalance has taken and that do not count.
    """

    clock: Callable[[], float] = time.monotonic
    positions: Mapping[int, int] = field(default_factory=dict[int, int])
    unchanged_since: float | None = None
    last_check: float = 0
    held_seconds: float = 0

    def check(
        self,
        positions: Mapping[int, int],
        *,
        has_work: bool,
        broker_answers: bool = True,
        rebalancing: bool = False,
        is_busy: bool = False,
    ) -> None:
        """Record the *positions*, the next offset to fold by partition as the store has them.

        Raises Stalled where the worker *has_work* and no position has moved for STALL_SECONDS.
        A broker that does not answer starts the time anew when it answers again.  During a
        rebalance the time stands still, for at most REBALANCE_SECONDS, and while the worker
        *is_busy* with records that take long, for at most BUSY_SECONDS_MAX.
        """
        now = self.clock()
        advanced = any(
            position > self.positions.get(partition, position)
            for partition, position in positions.items()
        )
        if self.unchanged_since is None or advanced or not has_work or not broker_answers:
            self.unchanged_since, self.held_seconds = now, 0
        elif (rebalancing and self.held_seconds < REBALANCE_SECONDS) or (
            is_busy and self.held_seconds < BUSY_SECONDS_MAX
        ):
            self.held_seconds += now - self.last_check
        self.positions, self.last_check = dict(positions), now
        if now - self.unchanged_since - self.held_seconds > STALL_SECONDS:
            raise Stalled(f"records remain, and none was folded for {STALL_SECONDS} s")
