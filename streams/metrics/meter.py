"""Counts what the worker does, as it does it: a few additions for each fetch, none for a record."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from prometheus_client.samples import Exemplar

from monitor.errors import Reason
from streams.log import LogRecord
from streams.metrics.catalogue import APPLY_BUCKETS, LATENCY_BUCKETS
from streams.metrics.families import Histogram
from streams.processor.counts import Taken

RUNG_MAX = 10_000
"""So many alerts are remembered until they are announced; of more no latency is known."""

Outcomes = dict[str, Counter[str]]


def apply_durations() -> Histogram:
    """How long applies took, no finer than a blinded person may know."""
    return Histogram(APPLY_BUCKETS, coarse=True)


def latencies() -> Histogram:
    """How long alerts took."""
    return Histogram(LATENCY_BUCKETS)


@dataclass(slots=True)
class Meter:
    """What one worker has done since it started, of the partitions that it holds.

    *records*, *processed* and *looks* are by partition, then by study; *none* counts records of
    no study.  Times are whole seconds since 1970: finer would tell how long folding took.
    *produced* holds when the record was produced that rang an alert yet to be announced.
    """

    clock: Callable[[], float] = time.time
    stopwatch: Callable[[], float] = time.perf_counter
    records: dict[int, Outcomes] = field(default_factory=dict[int, Outcomes])
    processed: dict[int, dict[str, int]] = field(default_factory=dict[int, dict[str, int]])
    looks: dict[int, Counter[str]] = field(default_factory=dict[int, Counter[str]])
    caught_up: dict[int, int] = field(default_factory=dict[int, int])
    none: Counter[str] = field(default_factory=Counter[str])
    conflicts: int = 0
    applies: Histogram = field(default_factory=apply_durations)
    latency: Histogram = field(default_factory=latencies)
    produced: dict[str, float] = field(default_factory=dict[str, float])

    def hold(self, partitions: Iterable[int]) -> None:
        """These partitions are ours now: their series begin at zero, and all others go."""
        ours = list(partitions)
        self.records = {each: {} for each in ours}
        self.processed = {each: {} for each in ours}
        self.looks = {each: Counter() for each in ours}
        self.caught_up = dict.fromkeys(ours, 0)

    def took(
        self, partition: int, taken: Taken, records: Sequence[LogRecord], began: float
    ) -> None:
        """Count what became of *records*, a fetch taken in hand at *began* of the stopwatch."""
        if partition not in self.records:
            return
        now = int(self.clock())
        for study, outcomes in taken.studies.items():
            self.records[partition].setdefault(study, Counter()).update(outcomes)
            self.processed[partition][study] = now
        self.looks[partition].update(taken.looks)
        for reason, count in taken.set_aside.items():
            self.none["quarantined" if Reason(reason).unreadable else "refused"] += count
        if taken.studies or taken.set_aside or not taken.reviews:
            # A fetch of reviews alone is not one more: nobody reviews where there is no alert.
            self.applies.observe(self.stopwatch() - began)
        if taken.rang:
            self._remember(taken, records)

    def is_caught_up(self, partition: int) -> None:
        """The partition was seen folded to its end."""
        if partition in self.caught_up:
            self.caught_up[partition] = int(self.clock())

    def announced(self, name: str) -> None:
        """The entry *name* of the outbox is on the topic of the alerts."""
        produced = self.produced.pop(name, None)
        if produced is not None:
            now = self.clock()
            mark = Exemplar({"alert_id": name.split("|")[1]}, now - produced, now)
            self.latency.observe(max(0.0, now - produced), mark)

    def _remember(self, taken: Taken, records: Sequence[LogRecord]) -> None:
        """Note when each record was produced that rang; logs of files do not know."""
        times = {record.offset: getattr(record, "timestamp", None) for record in records}
        for name, offset in taken.rang.items():
            milliseconds: int | None = times.get(offset)
            if milliseconds is not None and len(self.produced) < RUNG_MAX:
                self.produced[name] = milliseconds / 1000
