"""The studies at hand: loaded when a record asks for them, gone when memory is short."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from streams.log import Log
from streams.processor.cursor import Cursor
from streams.store import Store
from streams.store.rows.load import BadRow, restore
from streams.store.rows.row import Row


@dataclass(slots=True)
class Shelf:
    """Rows by study, those used last at the end.

    *absent* studies have no row, *broken* ones a row that must be rebuilt; each with what the
    store has as its `pos`, for an apply must name it.
    """

    size_max: int
    rows: dict[str, Row] = field(default_factory=dict[str, Row])
    absent: dict[str, bytes] = field(default_factory=dict[str, bytes])
    broken: dict[str, bytes] = field(default_factory=dict[str, bytes])
    sizes: dict[str, int] = field(default_factory=dict[str, int])
    size: int = 0

    def __contains__(self, study: object) -> bool:
        return study in self.rows or study in self.absent or study in self.broken

    async def load(self, study: str, cursor: Cursor, store: Store, log: Log) -> None:
        """Put *study* among the rows, the absent or the broken."""
        fields = await store.row(study)
        known, stored = cursor.positions.get(study), fields.get("pos", b"")
        if not stored and known is None:
            self.absent[study] = stored
            return
        try:
            row = restore(study, fields)
            if not await stands(row.pos, known, cursor.next, log):
                raise BadRow(f"The row of {study} is not where the cursor says.")
        except BadRow:
            # Of a study that the cursor does not know, all records are still to come.
            (self.broken if known is not None else self.absent)[study] = stored
        else:
            self.put(study, row)

    async def audit(self, cursor: Cursor, store: Store, log: Log) -> None:
        """Compare the `pos` of every row in the store with what is known of it."""
        for study, stored in (await store.positions(cursor.positions)).items():
            row, known = self.rows.get(study), cursor.positions[study]
            if row is not None:
                good = row.stored == stored
            else:
                good = stored.isdigit() and await stands(int(stored), known, cursor.next, log)
            if not good and study not in self.broken:
                self.discard(study, stored)

    def put(self, study: str, row: Row) -> None:
        """Have *row* at hand."""
        self.absent.pop(study, None)
        self.broken.pop(study, None)
        self.rows[study] = row
        self._weigh(study, row)

    def discard(self, study: str, stored: bytes) -> None:
        """Have the row of *study*, whose `pos` is *stored*, rebuilt."""
        self.rows.pop(study, None)
        self.absent.pop(study, None)
        self.size -= self.sizes.pop(study, 0)
        self.broken[study] = stored

    def used(self, studies: Iterable[str]) -> None:
        """Note that *studies* were in use until now, and let go of others if memory is short."""
        for study in studies:
            row = self.rows.pop(study, None)
            if row is not None:
                self.rows[study] = row
                self._weigh(study, row)
        while self.full and len(self.rows) > 1:
            study = next(iter(self.rows))
            del self.rows[study]
            self.size -= self.sizes.pop(study)

    @property
    def full(self) -> bool:
        """Whether the rows take more memory than they may."""
        return self.size > self.size_max

    def _weigh(self, study: str, row: Row) -> None:
        size = row.bytes
        self.size += size - self.sizes.get(study, 0)
        self.sizes[study] = size


async def stands(pos: int, known: int | None, next: int, log: Log) -> bool:
    """Whether a row at *pos* may be, where the cursor is at *next* and knows it at *known*.

    It is there, or the apply that took it further was cut short before the cursor.
    """
    return pos == known or (pos >= next and pos < (await log.ends()).next)
