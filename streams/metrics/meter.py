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
from streams.processor.counts import BatchCounts

PENDING_ALERTS_MAX = 10_000
"""So many alerts are remembered until they are announced; of more no latency is known."""

Outcomes = dict[str, Counter[str]]


def new_apply_histogram() -> Histogram:
    """How long applies took, no finer than a blinded person may know."""
    return Histogram(APPLY_BUCKETS, coarse=True)


def new_latency_histogram() -> Histogram:
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
    record_outcomes: dict[int, Outcomes] = field(default_factory=dict[int, Outcomes])
    processed_at: dict[int, dict[str, int]] = field(default_factory=dict[int, dict[str, int]])
    looks: dict[int, Counter[str]] = field(default_factory=dict[int, Counter[str]])
    caught_up_at: dict[int, int] = field(default_factory=dict[int, int])
    no_study: Counter[str] = field(default_factory=Counter[str])
    conflicts: int = 0
    apply_durations: Histogram = field(default_factory=new_apply_histogram)
    detection_latency: Histogram = field(default_factory=new_latency_histogram)
    produced_at: dict[str, float] = field(default_factory=dict[str, float])

    def set_partitions(self, partitions: Iterable[int]) -> None:
        """These partitions are ours now: their series begin at zero, and all others go."""
        ours = list(partitions)
        self.record_outcomes = {each: {} for each in ours}
        self.processed_at = {each: {} for each in ours}
        self.looks = {each: Counter() for each in ours}
        self.caught_up_at = dict.fromkeys(ours, 0)

    def count_batch(
        self, partition: int, counts: BatchCounts, records: Sequence[LogRecord], started_at: float
    ) -> None:
        """Count what became of *records*, a fetch taken in hand at *began* of the stopwatch."""
        if partition not in self.record_outcomes:
            return
        now = int(self.clock())
        for study, outcomes in counts.outcomes_by_study.items():
            self.record_outcomes[partition].setdefault(study, Counter()).update(outcomes)
            self.processed_at[partition][study] = now
        self.looks[partition].update(counts.looks)
        for reason, count in counts.refusals_without_study.items():
            self.no_study["quarantined" if Reason(reason).is_unreadable else "refused"] += count
        if counts.outcomes_by_study or counts.refusals_without_study or not counts.reviews:
            # A fetch of reviews alone is not one more: nobody reviews where there is no alert.
            self.apply_durations.observe(self.stopwatch() - started_at)
        if counts.alert_offsets:
            self._store_produced_at(counts, records)

    def mark_caught_up(self, partition: int) -> None:
        """The partition was seen folded to its end."""
        if partition in self.caught_up_at:
            self.caught_up_at[partition] = int(self.clock())

    def observe_published(self, entry_name: str) -> None:
        """The entry *name* of the outbox is on the topic of the alerts."""
        produced_at = self.produced_at.pop(entry_name, None)
        if produced_at is not None:
            now = self.clock()
            exemplar = Exemplar({"alert_id": entry_name.split("|")[1]}, now - produced_at, now)
            self.detection_latency.observe(max(0.0, now - produced_at), exemplar)

    def _store_produced_at(self, counts: BatchCounts, records: Sequence[LogRecord]) -> None:
        """Note when each record was produced that rang; logs of files do not know."""
        timestamps = {record.offset: getattr(record, "timestamp", None) for record in records}
        for name, offset in counts.alert_offsets.items():
            milliseconds: int | None = timestamps.get(offset)
            if milliseconds is not None and len(self.produced_at) < PENDING_ALERTS_MAX:
                self.produced_at[name] = milliseconds / 1000
