"""What a lane has in memory since its claim; where anything is raised, all of it is dropped."""

from __future__ import annotations

from dataclasses import dataclass, field

from monitor.errors import Refusal
from monitor.records import Record, Review
from monitor.state.entities import Outcome
from streams.log import Identity, LogRecord
from streams.processor.counts import Taken
from streams.processor.cursor import Cursor, Mark
from streams.processor.folding import Fold, fold_into, misplaced, notices, open_row, set_aside
from streams.processor.limits import Limits
from streams.processor.pending_write import HEADROOM, Batch, send
from streams.processor.pipeline import Told
from streams.processor.row_cache import Shelf
from streams.processor.stop import Halt, Stopped
from streams.store import Store
from streams.store.rows.row import Row


@dataclass(slots=True, kw_only=True)
class Work:
    """Records on their way into the store.

    *position* is the offset that comes next.  *unsettled* are unreadable records in a row of
    which it is not known yet whether they may pass; *last* is the last record before them.
    Transaction markers may lie before *marked*.
    """

    store: Store
    partition: int
    identity: Identity
    cursor: Cursor
    shelf: Shelf
    fold: Fold
    limits: Limits
    position: int
    batch: Batch = field(default_factory=Batch)
    counted: Taken = field(default_factory=Taken)
    unsettled: list[tuple[LogRecord, Refusal]] = field(
        default_factory=list[tuple[LogRecord, Refusal]]
    )
    last: LogRecord | None = None
    marked: int = 0

    def take(self, record: LogRecord, found: Record | Refusal) -> str | Stopped | None:
        """Take the record at *position*, in which *found* was.

        What comes back is a study that must be at hand first, or why the lane must stop.
        """
        if isinstance(found, Refusal):
            if found.unreadable and record.offset > self.cursor.released:
                return self._doubt(record, found)
            self.settle()
            self._refuse(record.offset, found)
        elif refusal := misplaced(found, record.key, self.partition, self.identity.partitions):
            self.settle()
            self._refuse(record.offset, refusal)
        elif found.study in self.shelf and not self._was_folded(found.study, record.offset):
            self.settle()
            self._fold(record.offset, found)
        else:
            return found.study
        self.cursor.unreadable = 0
        self.leave(record)
        return None

    def cross(self, offset: int) -> bool:
        """Go on at *offset*, if only transaction markers lie before it."""
        if offset > self.marked:
            return False
        self.cursor.markers += offset - self.position
        self.position = offset
        return True

    def settle(self) -> None:
        """Let the unreadable records pass: they were not too many."""
        for record, refusal in self.unsettled:
            if not self.cursor.unreadable:
                self.cursor.since = record.offset
            self.cursor.unreadable += 1
            self._refuse(record.offset, refusal)
            self.leave(record)
        self.unsettled.clear()

    @property
    def full(self) -> bool:
        """Whether it is time to apply: the next record might not fit, or memory is short."""
        short = self.shelf.full and len(self.shelf.rows) > 1
        free = self.limits.pairs // HEADROOM
        return short or self.batch.pairs > self.limits.pairs - free

    async def apply(self) -> Taken:
        """Write what was taken, up to the first unsettled record; the counts of it."""
        batch, counted, cursor = self.batch, self.counted, self.cursor
        self.batch, self.counted = Batch(), Taken()
        first, cursor.next = cursor.next, self.position
        if self.unsettled:
            cursor.next = self.unsettled[0][0].offset
        if cursor.next == first:
            return counted
        if self.last is not None:
            cursor.last = Mark.of(self.last)
        counted.pairs = await self.send(batch, first)
        counted.applies = 1
        for study, row in batch.rows.items():
            counted.looks[study] += row.study.looks
            row.study.looks = 0
        self.shelf.used(batch.seen)
        return counted

    async def halt(self, stopped: Stopped) -> None:
        """Say in the cursor why the partition stands still."""
        await self.send(Batch(), self.cursor.next, str(stopped))

    async def send(self, batch: Batch, first: int, stopped: str = "") -> int:
        """Write *batch*, whose first record is *first*; how many pairs that were."""
        for study in batch.seen:
            if (row := self.shelf.rows.get(study)) is not None:
                self.cursor.positions[study] = row.pos
        most = self.limits.pairs
        return await send(
            self.store, batch, self.cursor, first=first, pairs_max=most, stopped=stopped
        )

    def _doubt(self, record: LogRecord, refusal: Refusal) -> Stopped | None:
        """Hold an unreadable record back; one too many in a row stops the lane before them."""
        self.unsettled.append((record, refusal))
        self.position = record.offset + 1
        count = self.cursor.unreadable + len(self.unsettled)
        if count < self.limits.unreadable:
            return None
        self.position = self.unsettled[0][0].offset
        self.unsettled.clear()
        detail = f"{count} records in a row, up to offset {record.offset}, cannot be read."
        return Stopped(self.position, Halt.UNREADABLE, detail)

    def leave(self, record: LogRecord) -> None:
        """Note that all up to *record* is dealt with."""
        if self.cursor.first is None:
            self.cursor.first, self.cursor.log = Mark.of(record), self.identity
        self.last, self.position = record, max(self.position, record.offset + 1)

    def _refuse(self, offset: int, refusal: Refusal) -> None:
        """Set aside a record that belongs to no row."""
        self.cursor.counts[refusal.reason.value] += 1
        self.counted.set_aside[refusal.reason.value] += 1
        self.batch.outbox |= set_aside(offset, refusal.reason, refusal.detail)

    def _fold(self, offset: int, record: Record) -> None:
        """Fold a record into its row, unless it is there already, or the row is being rebuilt."""
        study, shelf = record.study, self.shelf
        row = shelf.rows.get(study)
        if row is None and study in shelf.broken:
            self._pass_by(offset, study)
            return
        self.batch.see(study, shelf.absent[study] if row is None else row.stored)
        if row is not None and offset <= row.pos:
            self.counted.skipped += 1
            if offset < row.began:
                self._fold_new(offset, record)
            return
        if row is None:
            row = self._fold_new(offset, record)
        else:
            self.note(record, offset, fold_into(row, record, offset, self.fold))
        if row is not None:
            self.batch.fold(study, row)

    def _fold_new(self, offset: int, record: Record) -> Row | None:
        """Fold a record of a study that has no row yet: it opens one, or belongs to none."""
        row, told = open_row(record, offset, self.fold)
        if row is None:
            assert told.refusal is not None
            self._refuse(offset, told.refusal)
            return None
        row.stored = self.shelf.absent[record.study]
        row.afresh = bool(row.stored)
        self.shelf.put(record.study, row)
        self.note(record, offset, told)
        return row

    def _was_folded(self, study: str, offset: int) -> bool:
        """Whether a record was folded before, and only the broken row could say whether there.

        Before the plan of its study it was refused, and the cursor counts it.
        """
        return study in self.shelf.broken and offset <= self.cursor.positions.get(study, -1)

    def _pass_by(self, offset: int, study: str) -> None:
        """Leave a record to the rebuilding of its row, and have the cursor say that it is due."""
        self.batch.see(study, self.shelf.broken[study])
        known = self.cursor.positions.get(study, offset)
        self.cursor.positions[study] = max(known, offset)
        self.counted.passed += 1

    def note(self, record: Record, offset: int, told: Told) -> None:
        """Count what became of a record, and put into the outbox what is to be told of it."""
        if type(record.body) is Review:
            self.counted.reviews += 1
        else:
            self.counted.studies[record.study][told.outcome] += 1
        if told.refusal is not None:
            self.counted.refusals[told.refusal.reason] += 1
        if told.refusal is not None or told.alerts or told.outcome is Outcome.CONFLICT:
            entries = notices(told, offset)
            self.batch.outbox |= entries
            if told.alerts:
                self.counted.rang |= dict.fromkeys(entries, offset)
