"""Hashes by name, as Redis has them: what a store in memory is made of."""

from __future__ import annotations

from dataclasses import dataclass, field

from streams.store import Fields, StagedRow

CURSOR, OUTBOX = "cursor", "outbox"


def row_name(study: str) -> str:
    """The name of the study's row among the hashes."""
    return f"s:{study}"


def staged_row_name(study: str) -> str:
    """The name under which a row of the study is prepared."""
    return f"s:{study}~"


@dataclass(slots=True)
class Hashes:
    """The keys of one partition in one space.

    Everything that changes one is a call of ``set``, ``drop`` or ``move``, as it is a command in
    Redis: a test that cuts an apply short cuts between two of them.
    """

    hashes: dict[str, Fields] = field(default_factory=dict[str, Fields])

    def get(self, name: str) -> Fields:
        """A copy of one hash; empty where there is none."""
        return dict(self.hashes.get(name, {}))

    def position_of(self, name: str) -> bytes:
        """The `pos` of a row."""
        return self.hashes.get(name, {}).get("pos", b"")

    def staged_row(self, study: str) -> StagedRow:
        """The row of *study* that is prepared aside, as far as it is there."""
        return StagedRow(
            self.position_of(staged_row_name(study)),
            len(self.hashes.get(staged_row_name(study), {})),
        )

    def set(self, name: str, fields: Fields) -> None:
        """Write *fields* of one hash: all of them or none."""
        if fields:
            self.hashes.setdefault(name, {}).update(fields)

    def drop(self, name: str) -> None:
        """Take one hash away."""
        self.hashes.pop(name, None)

    def move(self, old: str, new: str) -> None:
        """Put one hash in another's place."""
        self.hashes[new] = self.hashes.pop(old)
