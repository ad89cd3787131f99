"""Folds invalid rows again from the first record of the log, while the partition continues."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from time import perf_counter

from monitor.errors import Refusal
from streams.log import Log, LogRecord
from streams.processor.folding import Fold, fold_into, open_row, outbox_entries
from streams.processor.pending_write import PendingWrite
from streams.processor.runs import decode_or_blame
from streams.processor.stop import RecordFailed
from streams.processor.working_set import WorkingSet
from streams.store import Fields
from streams.store.rows.row import Row

ROWS_MAX = 16
"""Rows rebuilt at once: they are in memory beside the cached rows until all are complete."""


@dataclass(slots=True)
class RowRebuild:
    """The rows of *studies*, folded again up to *position*, with all their outbox entries.

    Alerts and dead letters that were published before are published again under the same ids, so
    that receivers recognise them.
    """

    studies: frozenset[str]
    position: int = 0
    unfolded: deque[LogRecord] = field(default_factory=deque[LogRecord])
    rows: dict[str, Row] = field(default_factory=dict[str, Row])
    outbox: dict[str, Fields] = field(default_factory=dict[str, Fields])

    @classmethod
    def of(cls, working_set: WorkingSet) -> RowRebuild:
        """Return a rebuild of the first ROWS_MAX invalid rows, at the first record of the log."""
        return cls(frozenset(sorted(working_set.row_cache.invalid)[:ROWS_MAX]))

    async def advance(self, working_set: WorkingSet, log: Log) -> bool:
        """Fold records for a short time; at the cursor replace the rows, and return True.

        Raises RecordsGone where *log* has lost records, RecordFailed where folding one raises, and
        CursorMoved where the store has changed.
        """
        until = working_set.cursor.next
        if not self.unfolded:
            self.unfolded.extend(
                await log.read(self.position, working_set.limits.rebuild_records_max)
            )
            if not self.unfolded:
                self.position = until
        self._fold_records(until, working_set.fold, working_set.limits.rebuild_seconds)
        if self.position < until:
            return False
        for study in sorted(self.studies.intersection(working_set.row_cache.invalid)):
            await self._replace_row(working_set, study)
        return True

    def _fold_records(self, until: int, fold: Fold, seconds: float) -> None:
        """Fold records of the studies whose offset is below *until*, for *seconds*.

        The worker's other partitions wait meanwhile.
        """
        keys, end = {study.encode() for study in self.studies}, perf_counter() + seconds
        while self.unfolded and perf_counter() < end:
            record = self.unfolded.popleft()
            if record.offset >= until:
                self.position = until
                return
            if record.key in keys:
                self._fold_record(record, fold)
            self.position = record.offset + 1

    async def _replace_row(self, working_set: WorkingSet, study: str) -> None:
        """Write the rebuilt row in place of the invalid one.

        A study that has no plan before the cursor has no row, and becomes absent.
        """
        row_cache, row = working_set.row_cache, self.rows.get(study)
        pending = PendingWrite(outbox=self.outbox.get(study, {}))
        pending.add_study(study, row_cache.invalid[study])
        if row is None:
            row_cache.absent[study] = row_cache.invalid.pop(study)
            working_set.cursor.positions.pop(study, None)
        else:
            row.replaces_stored = True
            pending.add_row(study, row)
            row_cache.put(study, row)
        await working_set.apply_pending(pending, working_set.cursor.next)

    def _fold_record(self, record: LogRecord, fold: Fold) -> None:
        content = decode_or_blame(record)
        if isinstance(content, Refusal) or content.study.encode() != record.key:
            return
        study, offset = content.study, record.offset
        try:
            row = self.rows.get(study)
            if row is not None:
                result = fold_into(row, content, offset, fold)
            else:
                row, result = open_row(content, offset, fold)
        except Exception as error:
            raise RecordFailed(offset, error) from error
        if row is not None:
            self.rows[study] = row
            self.outbox.setdefault(study, {}).update(outbox_entries(result, offset))
