"""Whether a study's page is live, and which part of the way from the log to the page is silent."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from board.follower.protocol import FollowerState, PartitionSummary
from streams.kafka.partitioner import partition_of

SILENT_SECONDS_MAX = 8.0
"""Silence after which a page is not live any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The health of a study's page: *silent* has seconds by part, *fault* says what is wrong."""

    silent: dict[str, float]
    fault: str | None

    @property
    def live(self) -> bool:
        """Whether everything between the log and the web process is heard."""
        return not self.silent and self.fault is None


@dataclass(slots=True)
class HealthCheck:
    """Judges the follower's states; *clock* returns monotonic seconds.

    A worker is silent while its cursor is behind the end of the log and does not advance.  One
    that has nothing to do is not missed: the page is complete to the end of the log.
    """

    clock: Callable[[], float] = time.monotonic
    advanced_at: dict[int, tuple[int, float]] = field(default_factory=dict[int, tuple[int, float]])

    def add_state(self, state: FollowerState) -> None:
        """Remember when the cursor of each partition advanced."""
        now = self.clock()
        for number, partition in state.partitions.items():
            cursor, _ = self.advanced_at.get(number, (None, now))
            if cursor != partition.cursor or partition.cursor >= partition.end:
                self.advanced_at[number] = partition.cursor, now

    def health_of(self, state: FollowerState | None, silence: float, study: str) -> Health:
        """Return the health of *study*; *silence* is that of the follower, in seconds."""
        seconds = {"follower": silence}
        fault = "the follower has sent nothing yet" if state is None else state.fault
        if state is not None and state.partitions:
            number = partition_of(study, max(state.partitions) + 1)
            partition = state.partitions.get(number)
            if partition is not None:
                fault = fault or partition.stopped
                seconds["broker or store"] = partition.silent_seconds
                seconds["worker"] = self._worker_silence(number, partition)
        silent = {part: round(each, 1) for part, each in seconds.items() if _is_long(each)}
        return Health(silent=silent, fault=fault)

    def _worker_silence(self, number: int, partition: PartitionSummary) -> float:
        cursor, since = self.advanced_at.get(number, (partition.cursor, self.clock()))
        return 0.0 if cursor >= partition.end else self.clock() - since


def _is_long(seconds: float) -> bool:
    return seconds > SILENT_SECONDS_MAX
