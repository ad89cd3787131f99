"""Builds the store's keys of one partition in one space, from validated names only."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from streams.records.models import ID

NAME_PATTERN = re.compile(ID)
TOPIC_PATTERN = re.compile(r"[A-Za-z0-9._-]{1,249}")
"""Topic names that Kafka allows.  Neither pattern has braces, which would change the hash slot."""

PREFIX = "tocsin"


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys of *partition* of *topic* in *space*, all in one hash slot.

    Raises ValueError where a name or the partition is invalid.

    >>> Keys("live", "trial.log.v1", 3).prefix
    'tocsin:live:{trial.log.v1/3}:'
    """

    space: str
    topic: str
    partition: int
    prefix: str = field(init=False, repr=False, compare=False)
    """Prefix of all keys, with the hash tag of the partition."""

    def __post_init__(self) -> None:
        """Check the names, and compute the prefix, of which each write makes dozens of keys."""
        if not NAME_PATTERN.fullmatch(self.space):
            raise ValueError("a space name has 1 to 64 characters of A-Z a-z 0-9 _ . : -")
        if not TOPIC_PATTERN.fullmatch(self.topic) or self.partition < 0:
            raise ValueError("invalid name of a topic, or negative partition")
        prefix = f"{PREFIX}:{self.space}:{{{self.topic}/{self.partition}}}:"
        object.__setattr__(self, "prefix", prefix)

    @property
    def cursor(self) -> str:
        """Key of the partition's cursor."""
        return f"{self.prefix}cursor"

    @property
    def outbox(self) -> str:
        """Key of the outbox: entries that are not published yet."""
        return f"{self.prefix}outbox"

    @property
    def row_prefix(self) -> str:
        """Prefix of the keys of all rows."""
        return f"{self.prefix}s:"

    def row(self, study: str) -> str:
        """Return the key of the row of *study*.  Raises ValueError where the name is invalid."""
        if not NAME_PATTERN.fullmatch(study):
            raise ValueError("a study name has 1 to 64 characters of A-Z a-z 0-9 _ . : -")
        return f"{self.row_prefix}{study}"

    def staged_row(self, study: str) -> str:
        """Return the key of the staged row of *study*; no study name ends with `~`."""
        return f"{self.row(study)}~"
