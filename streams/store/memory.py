"""A store inside the process: for tests, simulations and whatever need not outlive it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from streams.store import Applied, Fields, Write
from streams.store.cursor_fields import back_to_start, studies_in
from streams.store.hashes import CURSOR, OUTBOX, Hashes, aside, row

__all__ = ["CURSOR", "OUTBOX", "MemoryStore"]


@dataclass(slots=True)
class MemoryStore(Hashes):
    """The keys of one partition in one space, and what is promised of them."""

    async def check(self) -> None:
        """It is always fit."""

    async def cursor(self) -> Fields:
        """The cursor; empty where there is none."""
        return self.get(CURSOR)

    async def row(self, study: str) -> Fields:
        """The study's row; empty where there is none."""
        return self.get(row(study))

    async def field(self, study: str, name: str) -> bytes:
        """One field of the study's row; "" where it has none."""
        return self.get(row(study)).get(name, b"")

    async def find(self, study: str, beginning: str) -> Fields:
        """The fields of the study's row whose names begin so."""
        fields = self.get(row(study))
        return {name: each for name, each in fields.items() if each and name.startswith(beginning)}

    async def studies(self) -> list[str]:
        """Names of the studies that the cursor knows to have a row."""
        return studies_in(self.get(CURSOR))

    async def positions(self, studies: Iterable[str]) -> dict[str, bytes]:
        """The `pos` of each study's row; "" where it has none."""
        return {study: self.pos(row(study)) for study in studies}

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
        elif self.pos(aside(study)) != pos:
            return Applied.STALE
        self.set(aside(study), fields)
        return Applied.DONE

    async def outbox(self) -> Fields:
        """What is yet to be told."""
        return self.get(OUTBOX)

    async def told(self, names: Iterable[str]) -> None:
        """Take entries out of the outbox: the broker has them."""
        for name in names:
            self.held.get(OUTBOX, {}).pop(name, None)

    async def release(self, through: int) -> None:
        """Let unreadable records up to offset *through* pass, however many in a row."""
        self.set(CURSOR, {"released": b"%d" % through})

    async def rewind(self, study: str | None) -> None:
        """Drop one study's row, or the whole partition: cursor first, so that it is refolded."""
        if study is not None:
            self.set(CURSOR, back_to_start(study))
            self.drop(row(study))
            self.drop(aside(study))
            return
        released = self.get(CURSOR).get("released")
        self.drop(CURSOR)
        for name in [name for name in self.held if name.startswith(row(""))]:
            self.drop(name)
        if released:
            self.set(CURSOR, {"released": released})

    async def close(self) -> None:
        """There is nothing to let go of."""

    def _objection(self, write: Write) -> Applied | None:
        """Why *write* may not be applied, or None."""
        cursor = self.get(CURSOR)
        if cursor.get("code", b"") not in (b"", write.code.encode()):
            return Applied.OTHER_CODE
        if (cursor.get("next") or b"0") != b"%d" % write.first:
            return Applied.STALE
        rows = all(self.pos(row(study)) == pos for study, pos in write.positions.items())
        whole = all(self.prepared(study) == each for study, each in write.swapped.items())
        return None if rows and whole else Applied.STALE
