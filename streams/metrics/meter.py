"""Counts what one worker does: a few additions for each batch, none for each record."""

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
"""Alerts whose production time is kept until they are published; more have no latency."""

PRODUCED_BEFORE_MAX = 86_400
"""Seconds: a record whose timestamp is older when it is folded has no latency.  It is a record of a
rebuild, or its producer had a wrong clock."""

PRODUCED_AHEAD_MAX = 60
"""Seconds by which a producer's clock may be ahead of the worker's; beyond it, it is wrong."""

Outcomes = dict[str, Counter[str]]


def new_apply_histogram() -> Histogram:
    """Return an empty histogram of batch durations."""
    return Histogram(APPLY_BUCKETS)


def new_latency_histogram() -> Histogram:
    """Return an empty histogram of alert latencies."""
    return Histogram(LATENCY_BUCKETS)


@dataclass(slots=True)
class Meter:
    """Counts what one worker does on the partitions that it owns, for its metrics.

    *record_outcomes*, *processed_at* and *looks* are by partition, then by study; *no_study*
    counts records without a study by outcome.  *processed_at* and *caught_up_at* are whole seconds
    since 1970.  *processed_at* and *apply_durations* tell how long folding takes, which depends on
    the arms: only the closed page shows them.  *produced_at* holds by outbox entry of an
    unpublished alert when the record that raised it was produced, in seconds since 1970.
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
        """Replace the owned partitions: their series start at zero, all others are removed."""
        ours = list(partitions)
        self.record_outcomes = {each: {} for each in ours}
        self.processed_at = {each: {} for each in ours}
        self.looks = {each: Counter() for each in ours}
        self.caught_up_at = dict.fromkeys(ours, 0)

    def count_batch(
        self, partition: int, counts: BatchCounts, records: Sequence[LogRecord], started_at: float
    ) -> None:
        """Count the outcomes of *records*, a batch of a partition.

        *started_at* is the stopwatch's reading, in seconds, when processing began.  Batches of
        partitions that are not owned are ignored.
        """
        if partition not in self.record_outcomes:
            return
        now = int(self.clock())
        by_study, processed_at = self.record_outcomes[partition], self.processed_at[partition]
        for study, outcomes in counts.outcomes_by_study.items():
            if (known := by_study.get(study)) is None:
                known = by_study[study] = Counter()
            for outcome, count in outcomes.items():
                known[outcome] += count
            processed_at[study] = now
        looks = self.looks[partition]
        for study, count in counts.looks.items():
            looks[study] += count
        for reason, count in counts.refusals_without_study.items():
            self.no_study["quarantined" if Reason(reason).is_unreadable else "refused"] += count
        if counts.outcomes_by_study or counts.refusals_without_study or not counts.reviews:
            # A batch of only reviews is not observed: a review reveals that an alert exists.
            self.apply_durations.observe(self.stopwatch() - started_at)
        if counts.alert_offsets:
            self._store_produced_at(counts, records)

    def mark_caught_up(self, partition: int) -> None:
        """Record that *partition* is folded to its end now."""
        if partition in self.caught_up_at:
            self.caught_up_at[partition] = int(self.clock())

    def observe_published(self, entry_name: str) -> None:
        """Observe the latency of the outbox entry *entry_name*, which has just been published.

        Entries without a known production time, such as dead letters, are ignored.
        """
        produced_at = self.produced_at.pop(entry_name, None)
        if produced_at is not None:
            now = self.clock()
            exemplar = Exemplar({"alert_id": entry_name.split("|")[1]}, now - produced_at, now)
            self.detection_latency.observe(max(0.0, now - produced_at), exemplar)

    def _store_produced_at(self, counts: BatchCounts, records: Sequence[LogRecord]) -> None:
        """Keep when each record that raised an alert was produced; files have no timestamps.

        One timestamp of 1970 would make up the whole sum of latencies until the worker restarts, so
        times that cannot be those of the production are ignored.
        """
        now = self.clock()
        timestamps = {record.offset: getattr(record, "timestamp", None) for record in records}
        for name, offset in counts.alert_offsets.items():
            milliseconds: int | None = timestamps.get(offset)
            if milliseconds is None or len(self.produced_at) >= PENDING_ALERTS_MAX:
                continue
            if -PRODUCED_AHEAD_MAX <= now - milliseconds / 1000 <= PRODUCED_BEFORE_MAX:
                self.produced_at[name] = milliseconds / 1000
