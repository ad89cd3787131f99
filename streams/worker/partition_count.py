"""Says whether the log is still the one that was agreed on: there, and of so many partitions."""

from __future__ import annotations

from dataclasses import dataclass

from streams.kafka.topics import LOG

GONE_LOOKS = 15
"""A broker that has just come up says for a moment that it has no topic.  A worker looks every
second and the client asks every ten: by then a second answer has said so too."""


class OtherPartitions(Exception):
    """The log has another number of partitions now: studies would be looked for elsewhere."""


class LogGone(Exception):
    """The topic of the log was deleted under us.  Bring the log back: it is the only truth."""


@dataclass(slots=True)
class Partitions:
    """How many partitions there must be, and for how many looks there was *none*."""

    wanted: int
    none: int = 0

    def look(self, found: int | None) -> None:
        """Take note of how many there are, as far as is known; raises OtherPartitions, LogGone."""
        self.none = self.none + 1 if found == 0 else 0
        if self.none == GONE_LOOKS:
            raise LogGone(f"there is no topic {LOG} any more")
        if found and found != self.wanted:
            wanted = f"TOCSIN_LOG_PARTITIONS is {self.wanted}"
            raise OtherPartitions(f"{LOG} has {found} partitions, and {wanted}")
