"""A store inside the process: for tests, simulations and whatever need not outlive it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from streams.store import Applied, Aside, Fields, Write, back_to_start, studies_in

CURSOR, OUTBOX = "cursor", "outbox"


def row(study: str) -> str:
    """The name of the study's row among the hashes."""
    return f"s:{study}"


def aside(study: str) -> str:
    """The name under which a row of the study is prepared."""
    return f"s:{study}~"


@dataclass(slots=True)
class MemoryStore:
    """The keys of one partition in one space, as hashes by name.

    Everything that changes it goes through ``set`` and ``drop``, one call for each command that
    Redis would be given, so that a test can cut an apply short.
    """

    hashes: dict[str, Fields] = field(default_factory=dict[str, Fields])

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

    async def check(self) -> None:
        """It is always fit."""

    async def cursor(self) -> Fields:
        """The cursor; empty where there is none."""
        return dict(self.hashes.get(CURSOR, {}))

    async def row(self, study: str) -> Fields:
        """The study's row; empty where there is none."""
        return dict(self.hashes.get(row(study), {}))

    async def studies(self) -> list[str]:
        """Names of the studies that the cursor knows to have a row."""
        return studies_in(self.hashes.get(CURSOR, {}))

    async def positions(self, studies: Iterable[str]) -> dict[str, bytes]:
        """The `pos` of each study's row; "" where it has none."""
        return {study: self._pos(row(study)) for study in studies}

    async def apply(self, write: Write) -> Applied:
        """Change everything that *write* says, or nothing."""
        refused = self._objection(write)
        if refused is not None:
            return refused
        self.set(OUTBOX, write.outbox)
        for study in write.swapped:
            self.move(aside(study), row(study))
        for study, fields in write.rows.items():
            self.set(row(study), fields)
        self.set(CURSOR, write.cursor)
        return Applied.DONE

    async def prepare(self, study: str, pos: bytes, fields: Fields, *, begin: bool) -> Applied:
        """Write a part of the row at *pos* aside, emptied first where *begin*."""
        if begin:
            self.drop(aside(study))
        elif self._pos(aside(study)) != pos:
            return Applied.STALE
        self.set(aside(study), fields)
        return Applied.DONE

    async def outbox(self) -> Fields:
        """What is yet to be told."""
        return dict(self.hashes.get(OUTBOX, {}))

    async def told(self, names: Iterable[str]) -> None:
        """Take entries out of the outbox: the broker has them."""
        for name in names:
            self.hashes.get(OUTBOX, {}).pop(name, None)

    async def release(self, through: int) -> None:
        """Let unreadable records up to offset *through* pass, however many in a row."""
        self.set(CURSOR, {"released": b"%d" % through})

    async def rewind(self, study: str | None) -> None:
        """Drop one study's row, or the whole partition: cursor first, so that it is refolded."""
        if study is not None:
            self.set(CURSOR, back_to_start(study))
            self.drop(row(study))
            return
        released = self.hashes.get(CURSOR, {}).get("released")
        self.drop(CURSOR)
        for name in list(self.hashes):
            self.drop(name)
        if released:
            self.set(CURSOR, {"released": released})

    async def close(self) -> None:
        """There is nothing to let go of."""

    def _objection(self, write: Write) -> Applied | None:
        """Why *write* may not be applied, or None."""
        cursor = self.hashes.get(CURSOR, {})
        if cursor.get("code", b"") not in (b"", write.code.encode()):
            return Applied.OTHER_CODE
        here = (cursor.get("next") or b"0") == b"%d" % write.first and all(
            self._pos(row(study)) == pos for study, pos in write.positions.items()
        )
        whole = all(self._aside(study) == wanted for study, wanted in write.swapped.items())
        return None if here and whole else Applied.STALE

    def _aside(self, study: str) -> Aside:
        """The row that is prepared aside, as far as it is there."""
        return Aside(self._pos(aside(study)), len(self.hashes.get(aside(study), {})))

    def _pos(self, name: str) -> bytes:
        return self.hashes.get(name, {}).get("pos", b"")
