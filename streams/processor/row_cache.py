"""LRU cache of study rows, bounded by memory."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass, field

from streams.log import Log
from streams.processor.cursor import Cursor
from streams.processor.thread_use import ThreadUse
from streams.store import Fields, Store
from streams.store.rows.load import InvalidRow, load_row
from streams.store.rows.row import Row


@dataclass(slots=True)
class RowCache:
    """Rows by study, the most recently used last; *bytes_max* bounds their estimated memory.

    *absent* are the studies that have no row according to the cursor, and *invalid* those whose
    row must be rebuilt.  Both have the `pos` of each study in the store, which an apply must name.
    """

    bytes_max: int
    rows: dict[str, Row] = field(default_factory=dict[str, Row])
    absent: dict[str, bytes] = field(default_factory=dict[str, bytes])
    invalid: dict[str, bytes] = field(default_factory=dict[str, bytes])
    bytes_by_study: dict[str, int] = field(default_factory=dict[str, int])
    bytes_used: int = 0
    thread: ThreadUse = field(default_factory=ThreadUse)

    def __contains__(self, study: object) -> bool:
        return study in self.rows or study in self.absent or study in self.invalid

    async def load(
        self, study: str, cursor: Cursor, store: Store, log: Log, *, large: int = sys.maxsize
    ) -> None:
        """Load the row of *study* from *store*, or mark the study as absent or invalid."""
        fields = await store.row(study)
        cursor_position, stored_position = cursor.positions.get(study), fields.get("pos", b"")
        if not stored_position and cursor_position is None:
            self.absent[study] = stored_position
            return
        try:
            row = await self._restore(study, fields, large)
            if not await position_agrees(row.last_offset, cursor_position, cursor.next, log):
                raise InvalidRow(f"The row of {study} is not where the cursor says.")
        except InvalidRow:
            # A study without a position in the cursor has all its records still to be folded.
            (self.invalid if cursor_position is not None else self.absent)[study] = stored_position
        else:
            self.put(study, row)

    async def _restore(self, study: str, fields: Fields, large: int) -> Row:
        """Restore a row, in a thread where it has at least *large* fields."""
        if len(fields) < large:
            return load_row(study, fields)
        return await self.thread.run(load_row, study, fields)

    async def invalidate_mismatched(self, cursor: Cursor, store: Store, log: Log) -> None:
        """Invalidate every row whose `pos` in *store* disagrees with memory or with *cursor*."""
        for study, (stored_position, _) in (await store.heads(cursor.positions)).items():
            row, cursor_position = self.rows.get(study), cursor.positions[study]
            if row is not None:
                matches = row.stored_position == stored_position
            else:
                matches = stored_position.isdigit() and await position_agrees(
                    int(stored_position), cursor_position, cursor.next, log
                )
            if not matches and study not in self.invalid:
                self.invalidate(study, stored_position)

    def put(self, study: str, row: Row) -> None:
        """Add or replace the *row* of *study*."""
        self.absent.pop(study, None)
        self.invalid.pop(study, None)
        self.rows[study] = row
        self._update_bytes(study, row)

    def invalidate(self, study: str, stored_position: bytes) -> None:
        """Drop the row of *study*, whose `pos` is *stored_position*, and mark it for a rebuild."""
        self.rows.pop(study, None)
        self.absent.pop(study, None)
        self.bytes_used -= self.bytes_by_study.pop(study, 0)
        self.invalid[study] = stored_position

    def mark_used(self, studies: Iterable[str]) -> None:
        """Mark *studies* as the most recently used, and evict the least recently used if full."""
        for study in studies:
            row = self.rows.pop(study, None)
            if row is not None:
                self.rows[study] = row
                self._update_bytes(study, row)
        while self.full and len(self.rows) > 1:
            study = next(iter(self.rows))
            del self.rows[study]
            self.bytes_used -= self.bytes_by_study.pop(study)

    @property
    def full(self) -> bool:
        """Whether the rows take more than *bytes_max*, by estimate."""
        return self.bytes_used > self.bytes_max

    def _update_bytes(self, study: str, row: Row) -> None:
        size = row.estimated_bytes
        self.bytes_used += size - self.bytes_by_study.get(study, 0)
        self.bytes_by_study[study] = size


async def position_agrees(
    pos: int, cursor_position: int | None, cursor_next: int, log: Log
) -> bool:
    """Return whether a stored row at *pos* agrees with a cursor at *cursor_next*.

    It agrees where *pos* is the *cursor_position* that the cursor has for it.  It also agrees
    where *pos* is at or after *cursor_next* and before the end of *log*: the cursor is written
    last, so the store may have lost that part of an apply.
    """
    return pos == cursor_position or (pos >= cursor_next and pos < (await log.offset_range()).next)
