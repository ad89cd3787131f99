"""Names the keys of one partition in one space, and lets nothing into them that is not a name."""

from __future__ import annotations

import re
from dataclasses import dataclass

from streams.records.models import ID

NAME_PATTERN = re.compile(ID)
TOPIC_PATTERN = re.compile(r"[A-Za-z0-9._-]{1,249}")
"""What Kafka allows.  Neither has a brace: a brace would move the key to another slot."""

PREFIX = "tocsin"


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of *partition* of *topic* in *space*; all of them share one slot."""

    space: str
    topic: str
    partition: int

    def __post_init__(self) -> None:
        if not NAME_PATTERN.fullmatch(self.space):
            raise ValueError("a space is named by 1 to 64 characters out of A-Z a-z 0-9 _ . : -")
        if not TOPIC_PATTERN.fullmatch(self.topic) or self.partition < 0:
            raise ValueError("no such topic and partition can be")

    @property
    def prefix(self) -> str:
        """What all keys begin with.

        >>> Keys("live", "trial.log.v1", 3).prefix
        'tocsin:live:{trial.log.v1/3}:'
        """
        return f"{PREFIX}:{self.space}:{{{self.topic}/{self.partition}}}:"

    @property
    def cursor(self) -> str:
        """How far the partition has been folded."""
        return f"{self.prefix}cursor"

    @property
    def outbox(self) -> str:
        """What is yet to be told."""
        return f"{self.prefix}outbox"

    @property
    def row_prefix(self) -> str:
        """What the keys of all rows begin with."""
        return f"{self.prefix}s:"

    def row(self, study: str) -> str:
        """The state of *study*."""
        if not NAME_PATTERN.fullmatch(study):
            raise ValueError("a study is named by 1 to 64 characters out of A-Z a-z 0-9 _ . : -")
        return f"{self.row_prefix}{study}"

    def staged_row(self, study: str) -> str:
        """Where a row of *study* is prepared; no study's name ends so."""
        return f"{self.row(study)}~"
