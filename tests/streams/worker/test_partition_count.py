"""A log that is gone, or has grown, ends a worker; one that a broker has not found yet does not."""

from __future__ import annotations

import pytest

from streams.worker.partition_count import (
    MISSING_CHECKS_MAX,
    LogGone,
    PartitionCount,
    PartitionCountChanged,
)


def test_a_broker_that_comes_up_may_say_that_there_is_no_topic():
    """Only who says so again and again is believed: to begin a new log is not easily undone."""
    seen = PartitionCount(12)
    for _ in range(3):
        for _ in range(MISSING_CHECKS_MAX - 1):
            seen.check(0)
        seen.check(12)

    for _ in range(MISSING_CHECKS_MAX - 1):
        seen.check(0)
    with pytest.raises(LogGone, match=r"no topic trial\.log\.v1"):
        seen.check(0)


def test_a_log_with_other_partitions_is_seen_at_once():
    """A study would be looked for in another partition than it was written to."""
    seen = PartitionCount(12)
    seen.check(None)  # Nothing is known yet.
    seen.check(12)

    with pytest.raises(
        PartitionCountChanged, match=r"has 13 partitions.* TOCSIN_LOG_PARTITIONS is 12"
    ):
        seen.check(13)
