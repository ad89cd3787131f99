"""Checks that a wrong record timestamp does not distort the sum of detection latencies."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from streams.metrics.meter import PRODUCED_AHEAD_MAX, PRODUCED_BEFORE_MAX, Meter
from streams.processor.counts import BatchCounts

NOW = 1_700_000_000.0


@dataclass(frozen=True)
class TimedRecord:
    """A record of Kafka, with its timestamp in milliseconds."""

    offset: int
    timestamp: int
    key: bytes = b"S"
    value: bytes = b""


def published_latencies(*produced_at: float) -> tuple[int, float]:
    """Return number and sum of the latencies of alerts whose records have these timestamps."""
    meter = Meter(clock=lambda: NOW)
    meter.set_partitions([0])
    counts = BatchCounts()
    counts.outcomes_by_study["S"]["folded"] = len(produced_at)
    counts.alert_offsets = {f"a|alert-{at}|000001": at for at in range(len(produced_at))}
    records = [TimedRecord(at, int(each * 1_000)) for at, each in enumerate(produced_at)]
    meter.count_batch(0, counts, records, 0.0)
    for name in counts.alert_offsets:
        meter.observe_published(name)
    return sum(meter.detection_latency.counts), meter.detection_latency.total_seconds


@pytest.mark.parametrize("wrong", [0.0, -1.0, NOW - PRODUCED_BEFORE_MAX - 1, NOW + 3_600, 4e9])
def test_a_wrong_timestamp_does_not_change_the_sum(wrong: float):
    """A timestamp of 1970 or of the future is no time of production: it has no latency."""
    assert published_latencies(NOW - 2, wrong, NOW - 4) == (2, 6.0)


def test_a_slow_alert_and_a_clock_that_is_slightly_ahead_are_counted():
    """A day of delay is a latency; a record from 10 s ahead was produced just now."""
    assert published_latencies(NOW - PRODUCED_BEFORE_MAX) == (1, PRODUCED_BEFORE_MAX)
    assert published_latencies(NOW + PRODUCED_AHEAD_MAX / 6) == (1, 0.0)
