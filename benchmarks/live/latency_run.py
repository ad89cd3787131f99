"""Latencies, CPU time and writes of one run of the live benchmark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from benchmarks.live.load import PARTITIONS

QUANTILES = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999, "longest": 1.0}


@dataclass(slots=True)
class LatencySample:
    """Due times of the records of each partition, and their latencies in seconds."""

    due: list[list[float]]
    applied: list[int] = field(default_factory=lambda: [0] * PARTITIONS)
    latencies: list[float] = field(default_factory=list[float])
    reading_times: list[float] = field(default_factory=list[float])

    @property
    def quantiles_ms(self) -> dict[str, float]:
        """The latencies at QUANTILES, in milliseconds."""
        ordered = sorted(1000 * each for each in self.latencies)
        return {name: quantile(ordered, share) for name, share in QUANTILES.items()}

    @property
    def reading_gaps_ms(self) -> list[float]:
        """The times between two readings of the cursors, in milliseconds."""
        return [1000 * (later - earlier) for earlier, later in pairwise(self.reading_times)]

    @property
    def is_complete(self) -> bool:
        """Whether every record is applied."""
        return self.applied == [len(times) for times in self.due]

    def add_reading(self, applied: list[int], now: float) -> None:
        """Add a reading at *now*: *applied* counts the applied records of each partition."""
        for partition, number in enumerate(applied):
            self.latencies += [
                now - due for due in self.due[partition][self.applied[partition] : number]
            ]
        self.applied = applied
        self.reading_times.append(now)


@dataclass(frozen=True, slots=True)
class LatencyRun:
    """One run: its sample, CPU seconds of the worker, and the longest sending delay in seconds.

    *writes* is the number of writes to the store, each of the records of one partition.
    """

    sample: LatencySample
    seconds: float
    cpu_seconds: float
    lateness: float
    writes: int

    @property
    def cpu_share(self) -> float:
        """The worker's share of a core."""
        return self.cpu_seconds / self.seconds

    @property
    def cpu_us_a_record(self) -> float:
        """CPU microseconds of the worker for each record."""
        return 1e6 * self.cpu_seconds / len(self.sample.latencies)

    @property
    def records_a_write(self) -> float:
        """Records in one write to the store: the fewer, the more each costs."""
        return len(self.sample.latencies) / max(1, self.writes)


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return the smallest value such that at least *share* of all values do not exceed it.

    >>> quantile([1.0, 2.0, 3.0, 4.0], 0.5)
    2.0
    """
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]
