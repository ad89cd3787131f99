"""Rebuilds rows aside, from the first record of the log on, while their partition goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from monitor.errors import Refusal
from streams.log import Log, LogRecord
from streams.processor.folding import Fold, fold_into, open_row, outbox_entries
from streams.processor.pending_write import PendingWrite
from streams.processor.stop import RecordFailed
from streams.processor.working_set import WorkingSet
from streams.records.decode import decode
from streams.store import Fields
from streams.store.rows.row import Row

ROWS_MAX = 16
"""Rows held in memory beside all others, until the last of them can be swapped in."""


@dataclass(slots=True)
class RowRebuild:
    """The rows of *studies*, folded anew up to *at*, with all that was ever to be told of them.

    What was told before is told again under the same names: the receiver knows it by them.
    """

    studies: frozenset[str]
    position: int = 0
    rows: dict[str, Row] = field(default_factory=dict[str, Row])
    outbox: dict[str, Fields] = field(default_factory=dict[str, Fields])

    @classmethod
    def of(cls, working_set: WorkingSet) -> RowRebuild:
        """A rebuilding of broken rows that has yet to begin."""
        return cls(frozenset(sorted(working_set.row_cache.invalid)[:ROWS_MAX]))

    async def advance(self, working_set: WorkingSet, log: Log) -> bool:
        """Fold some more records, and swap the rows in at the cursor; whether that was done."""
        until = working_set.cursor.next
        records = await log.read(self.position, working_set.limits.rebuild_records_max)
        self._fold_records(records, until, working_set.fold)
        if records and self.position < until:
            return False
        for study in sorted(self.studies & working_set.row_cache.invalid.keys()):
            await self._replace_row(working_set, study)
        return True

    def _fold_records(self, records: Sequence[LogRecord], until: int, fold: Fold) -> None:
        """Fold those of *records* before *until* that are of the studies."""
        keys = {study.encode() for study in self.studies}
        for record in records:
            if record.offset >= until:
                self.position = until
                return
            if record.key in keys:
                self._fold_record(record, fold)
            self.position = record.offset + 1

    async def _replace_row(self, working_set: WorkingSet, study: str) -> None:
        """Put a rebuilt row in the place of the broken one; a study without a plan gets none."""
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
        content = decode(record.value)
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
