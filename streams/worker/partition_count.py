"""Checks that the log topic exists and has the configured number of partitions."""

from __future__ import annotations

from dataclasses import dataclass

from streams.kafka.topics import LOG

MISSING_CHECKS_MAX = 15
"""Checks without a topic before it counts as deleted: a broker that has just started reports
none.  The worker checks every second, the client refreshes its metadata every ten seconds, so
two answers of a broker have reported no topic by then."""


class PartitionCountChanged(Exception):
    """The log has another number of partitions, so new records of a study go to another one."""


class LogGone(Exception):
    """The topic of the log was deleted.  Restore it: the projection cannot replace the log."""


@dataclass(slots=True)
class PartitionCount:
    """Compares the number of partitions of the log with the *expected* one.

    *missing_checks* counts the latest checks in a row that found no topic.
    """

    expected: int
    missing_checks: int = 0

    def check(self, count: int | None) -> None:
        """Check the current *count* of partitions: 0 without a topic, None while unknown.

        Raises PartitionCountChanged where it differs from *expected*, and LogGone after
        MISSING_CHECKS_MAX checks in a row without a topic.
        """
        self.missing_checks = self.missing_checks + 1 if count == 0 else 0
        if self.missing_checks == MISSING_CHECKS_MAX:
            raise LogGone(f"no topic {LOG}: it was deleted")
        if count and count != self.expected:
            setting = f"TOCSIN_LOG_PARTITIONS is {self.expected}"
            raise PartitionCountChanged(f"{LOG} has {count} partitions, and {setting}")
