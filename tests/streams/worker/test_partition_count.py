"""A deleted or resized log topic ends the worker, but a starting broker does not."""

from __future__ import annotations

import pytest

from streams.worker.partition_count import (
    MISSING_CHECKS_MAX,
    LogGone,
    PartitionCount,
    PartitionCountChanged,
)


def test_a_starting_broker_may_report_no_topic():
    """A topic counts as deleted only after many checks, because a worker then ends."""
    partition_count = PartitionCount(12)
    for _ in range(3):
        for _ in range(MISSING_CHECKS_MAX - 1):
            partition_count.check(0)
        partition_count.check(12)

    for _ in range(MISSING_CHECKS_MAX - 1):
        partition_count.check(0)
    with pytest.raises(LogGone, match=r"no topic trial\.log\.v1"):
        partition_count.check(0)


def test_a_log_with_another_partition_count_is_detected_at_once():
    """With another count new records of a study would go to another partition."""
    partition_count = PartitionCount(12)
    partition_count.check(None)  # The number is not known yet.
    partition_count.check(12)

    with pytest.raises(
        PartitionCountChanged, match=r"has 13 partitions.* TOCSIN_LOG_PARTITIONS is 12"
    ):
        partition_count.check(13)
