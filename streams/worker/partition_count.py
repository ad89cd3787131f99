"""Says whether the log is still the one that was agreed on: there, and of so many partitions."""

from __future__ import annotations

from dataclasses import dataclass

from streams.kafka.topics import LOG

MISSING_CHECKS_MAX = 15
"""A broker that has just come up says for a moment that it has no topic.  A worker looks every
second and the client asks every ten: by then a second answer has said so too."""


class PartitionCountChanged(Exception):
    """The log has another number of partitions now: studies would be looked for elsewhere."""


class LogGone(Exception):
    """The topic of the log was deleted under us.  Bring the log back: it is the only truth."""


@dataclass(slots=True)
class PartitionCount:
    """How many partitions there must be, and for how many looks there was *none*."""

    expected: int
    missing_checks: int = 0

    def check(self, count: int | None) -> None:
        """Take note of how many there are, as far as is known; raises OtherPartitions, LogGone."""
        self.missing_checks = self.missing_checks + 1 if count == 0 else 0
        if self.missing_checks == MISSING_CHECKS_MAX:
            raise LogGone(f"there is no topic {LOG} any more")
        if count and count != self.expected:
            setting = f"TOCSIN_LOG_PARTITIONS is {self.expected}"
            raise PartitionCountChanged(f"{LOG} has {count} partitions, and {setting}")
