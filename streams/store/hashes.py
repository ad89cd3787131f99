"""Named hashes in memory, like those of Redis."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from streams.store import Fields, StagedRow

CURSOR, OUTBOX = "cursor", "outbox"


def row_name(study: str) -> str:
    """Return the name of the study's row."""
    return f"s:{study}"


def staged_row_name(study: str) -> str:
    """Return the name of the study's staged row."""
    return f"s:{study}~"


@dataclass(slots=True)
class Hashes:
    """Hashes of one partition in one space.

    Each change is a call of ``set``, ``drop``, ``drop_fields`` or ``move``, like one command of
    Redis, so that a test can interrupt an apply between two of them.
    """

    hashes: dict[str, Fields] = field(default_factory=dict[str, Fields])

    def get(self, name: str) -> Fields:
        """Return a copy of one hash; empty if there is none."""
        return dict(self.hashes.get(name, {}))

    def position_of(self, name: str) -> bytes:
        """Return the `pos` of a row; empty if there is none."""
        return self.hashes.get(name, {}).get("pos", b"")

    def staged_row(self, study: str) -> StagedRow:
        """Return the `pos` and the current number of fields of the study's staged row."""
        return StagedRow(
            self.position_of(staged_row_name(study)),
            len(self.hashes.get(staged_row_name(study), {})),
        )

    def set(self, name: str, fields: Fields) -> None:
        """Set *fields* of one hash atomically."""
        if fields:
            self.hashes.setdefault(name, {}).update(fields)

    def drop(self, name: str) -> None:
        """Delete one hash."""
        self.hashes.pop(name, None)

    def drop_fields(self, name: str, fields: Iterable[str]) -> None:
        """Delete *fields* of one hash atomically; a hash without fields does not exist."""
        content = self.hashes.get(name, {})
        for each in list(fields):
            content.pop(each, None)
        if not content:
            self.hashes.pop(name, None)

    def move(self, old: str, new: str) -> None:
        """Rename a hash, and replace the one called *new*."""
        self.hashes[new] = self.hashes.pop(old)
