"""Everything a processor has in memory since its claim; any error discards it whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter

from monitor.errors import Refusal
from monitor.records import Record, Review
from monitor.state.entities import RecordOutcome
from streams.log import LogIdentity, LogRecord
from streams.processor.counts import BatchCounts
from streams.processor.cursor import Cursor, RecordMark
from streams.processor.folding import (
    Fold,
    check_placement,
    dead_letter_entry,
    fold_into,
    open_row,
    outbox_entries,
)
from streams.processor.limits import Limits
from streams.processor.pending_write import HEADROOM_DIVISOR, PendingWrite
from streams.processor.pipeline import RecordResult
from streams.processor.row_cache import RowCache
from streams.processor.steps import finish_step
from streams.processor.stop import PartitionStop, StopReason
from streams.processor.thread_use import ThreadUse
from streams.store import PAIRS_MAX, Store
from streams.store.rows.row import Row


@dataclass(slots=True, kw_only=True)
class WorkingSet:
    """Cursor, rows and pending write of one partition since it was claimed.

    *position* is the next offset to handle.  *held_back* are the latest consecutive unreadable
    records: the next readable record or commit quarantines them, and a stop of the partition leaves
    them to be folded again.  *last_record* is the last record before them.  Missing offsets below
    *markers_until* are confirmed transaction markers; *markers* are those skipped since the last
    commit, which the cursor counts once it is past them.  What is *abandoned* is not written.
    *written_at* is when the last write began.
    """

    store: Store
    partition: int
    identity: LogIdentity
    cursor: Cursor
    row_cache: RowCache
    fold: Fold
    limits: Limits
    position: int
    pending: PendingWrite = field(default_factory=PendingWrite)
    counts: BatchCounts = field(default_factory=BatchCounts)
    held_back: list[tuple[LogRecord, Refusal]] = field(
        default_factory=list[tuple[LogRecord, Refusal]]
    )
    last_record: LogRecord | None = None
    markers_until: int = 0
    markers: list[range] = field(default_factory=list[range])
    thread: ThreadUse = field(default_factory=ThreadUse)
    abandoned: bool = False
    written_at: float = 0

    def handle(self, record: LogRecord, content: Record | Refusal) -> str | PartitionStop | None:
        """Refuse, hold back, skip or fold *record*, whose decoded *content* may be a refusal.

        Returns None where the record is handled, a PartitionStop where the partition must stop,
        or the name of its study where the row must be loaded or rebuilt first.
        """
        if isinstance(content, Refusal):
            if content.is_unreadable and record.offset > self.cursor.released_through:
                return self._hold_back(record, content)
            self.release_unreadable()
            self._refuse(record.offset, content)
        elif refusal := check_placement(
            content, record.key, self.partition, self.identity.partitions
        ):
            self.release_unreadable()
            self._refuse(record.offset, refusal)
        elif content.study in self.row_cache and not self._was_folded(content.study, record.offset):
            self.release_unreadable()
            self._fold_record(record.offset, content)
        else:
            return content.study
        self.cursor.unreadable = 0
        self.advance_past(record)
        return None

    def skip_markers(self, offset: int) -> bool:
        """Move to *offset* and return True, if only confirmed transaction markers lie before it."""
        if offset > self.markers_until:
            return False
        self.markers.append(range(self.position, offset))
        self.position = offset
        return True

    def release_unreadable(self) -> None:
        """Quarantine the held-back records, which are too few in a row to stop the partition."""
        for record, refusal in self.held_back:
            if not self.cursor.unreadable:
                self.cursor.unreadable_from = record.offset
            self.cursor.unreadable += 1
            self._refuse(record.offset, refusal)
            self.advance_past(record)
        self.held_back.clear()

    @property
    def full(self) -> bool:
        """Whether to commit now: after a time, or where the write or the memory has no room."""
        short = self.row_cache.full and len(self.row_cache.rows) > 1
        free = self.limits.pairs_max // HEADROOM_DIVISOR
        # A row with more changed fields than one command sets would be written whole.
        large = self.pending.changed_most > PAIRS_MAX // 2
        late = perf_counter() - self.written_at > self.limits.write_seconds
        return short or large or late or self.pending.pairs > self.limits.pairs_max - free

    async def commit(self) -> BatchCounts:
        """Write all handled records to the store in one call, and return their counts.

        The cursor moves to the first held-back record, or to the position where none is held back.
        Raises CursorMoved where the store has changed.
        """
        self.written_at = perf_counter()
        pending, counts, cursor = self.pending, self.counts, self.cursor
        self.pending, self.counts = PendingWrite(), BatchCounts()
        first, cursor.next = cursor.next, self.position
        if self.held_back:
            cursor.next = self.held_back[0][0].offset
        if cursor.next == first:
            return counts
        cursor.marker_count += sum(len(each) for each in self.markers if each.stop <= cursor.next)
        self.markers = [each for each in self.markers if each.stop > cursor.next]
        if self.last_record is not None:
            cursor.last_mark = RecordMark.of(self.last_record)
        counts.pairs = await self.apply_pending(pending, first)
        counts.applies = 1
        for study, row in pending.rows.items():
            counts.looks[study] += row.study.evaluation_count
            row.study.evaluation_count = 0
        self.row_cache.mark_used(pending.stored_positions)
        return counts

    async def record_stop(self, stop: PartitionStop) -> PartitionStop:
        """Write to the cursor why the partition is stopped, and return it."""
        await self.apply_pending(PendingWrite(), self.cursor.next, str(stop))
        return stop

    async def apply_pending(self, pending: PendingWrite, first: int, stopped: str = "") -> int:
        """Write *pending* with the cursor, and return the number of pairs.

        *first* is the cursor's `next` that the store must have; *stopped* is why the partition is
        stopped, or "".
        """
        for study in pending.stored_positions:
            if (row := self.row_cache.rows.get(study)) is not None:
                self.cursor.positions[study] = row.last_offset
        pairs_max = self.limits.pairs_max
        if (
            pending.largest_rewritten >= self.limits.large_entities
            or pending.changed_most >= self.limits.large_write
        ):
            split = await self.thread.run(pending.split_rows, pairs_max)
        else:
            split = pending.split_rows(pairs_max)
        await finish_step()
        return await pending.write(
            self.store, self.cursor, split, first=first, pairs_max=pairs_max, stopped=stopped
        )

    def _hold_back(self, record: LogRecord, refusal: Refusal) -> PartitionStop | None:
        """Hold back an unreadable record; with too many in a row, return the stop before them."""
        self.held_back.append((record, refusal))
        self.position = record.offset + 1
        count = self.cursor.unreadable + len(self.held_back)
        if count < self.limits.unreadable_max:
            return None
        self.position = self.held_back[0][0].offset
        self.held_back.clear()
        detail = f"{count} records in a row, up to offset {record.offset}, cannot be read."
        return PartitionStop(self.position, StopReason.UNREADABLE, detail)

    def advance_past(self, record: LogRecord) -> None:
        """Move the position past *record*; all records up to it are handled."""
        if self.cursor.first_mark is None:
            self.cursor.first_mark, self.cursor.log_identity = RecordMark.of(record), self.identity
        self.last_record, self.position = record, max(self.position, record.offset + 1)

    def _refuse(self, offset: int, refusal: Refusal) -> None:
        """Count a record that belongs to no row, and add its dead letter to the outbox."""
        self.cursor.refusal_counts[refusal.reason.value] += 1
        self.counts.refusals_without_study[refusal.reason.value] += 1
        self.pending.outbox |= dead_letter_entry(offset, refusal.reason, refusal.detail)

    def _fold_record(self, offset: int, record: Record) -> None:
        """Fold *record* into its row, or open the row.

        Skips a record that the row includes, and leaves one of an invalid row to the rebuild.
        """
        study, row_cache = record.study, self.row_cache
        row = row_cache.rows.get(study)
        if row is None and study in row_cache.invalid:
            self._leave_to_rebuild(offset, study)
            return
        self.pending.add_study(
            study, row_cache.absent[study] if row is None else row.stored_position
        )
        if row is not None and offset <= row.last_offset:
            self.counts.skipped += 1
            if offset < row.first_offset:
                self._fold_without_row(offset, record)
            return
        if row is None:
            row = self._fold_without_row(offset, record)
        else:
            self.count_result(record, offset, fold_into(row, record, offset, self.fold))
        if row is not None:
            self.pending.add_row(study, row)

    def _fold_without_row(self, offset: int, record: Record) -> Row | None:
        """Return the row that *record* opens; without one refuse the record, and return None."""
        row, result = open_row(record, offset, self.fold)
        if row is None:
            assert result.refusal is not None
            self._refuse(offset, result.refusal)
            return None
        row.stored_position = self.row_cache.absent[record.study]
        row.replaces_stored = bool(row.stored_position)
        self.row_cache.put(record.study, row)
        self.count_result(record, offset, result)
        return row

    def _was_folded(self, study: str, offset: int) -> bool:
        """Return whether the row of *study* is invalid and *offset* was handled before.

        Such a record waits for the rebuilt row: only that one shows whether the record is in it,
        or came before the plan of the study and is counted in the cursor as refused.
        """
        return study in self.row_cache.invalid and offset <= self.cursor.positions.get(study, -1)

    def _leave_to_rebuild(self, offset: int, study: str) -> None:
        """Leave a record to the rebuild of its row, and move the row's position in the cursor."""
        self.pending.add_study(study, self.row_cache.invalid[study])
        known_position = self.cursor.positions.get(study, offset)
        self.cursor.positions[study] = max(known_position, offset)
        self.counts.left_to_rebuild += 1

    def count_result(self, record: Record, offset: int, result: RecordResult) -> None:
        """Count the *result* of *record*, and add its alerts and dead letter to the outbox."""
        if type(record.body) is Review:
            self.counts.reviews += 1
        else:
            self.counts.outcomes_by_study[record.study][result.outcome] += 1
        if result.refusal is not None:
            self.counts.refusals[result.refusal.reason] += 1
        if result.refusal is not None or result.alerts or result.outcome is RecordOutcome.CONFLICT:
            entries = outbox_entries(result, offset)
            self.pending.outbox |= entries
            if result.alerts:
                self.counts.alert_offsets |= dict.fromkeys(entries, offset)
