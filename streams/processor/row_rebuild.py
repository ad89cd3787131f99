"""Rebuilds rows aside, from the first record of the log on, while their partition goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from monitor.errors import Refusal
from streams.log import Log, LogRecord
from streams.processor.folding import Fold, fold_into, notices, open_row
from streams.processor.pending_write import Batch
from streams.processor.stop import Raised
from streams.processor.working_set import Work
from streams.records.decode import decode
from streams.store import Fields
from streams.store.rows.row import Row

AT_ONCE = 16
"""Rows held in memory beside all others, until the last of them can be swapped in."""


@dataclass(slots=True)
class Rebuilding:
    """The rows of *studies*, folded anew up to *at*, with all that was ever to be told of them.

    What was told before is told again under the same names: the receiver knows it by them.
    """

    studies: frozenset[str]
    at: int = 0
    rows: dict[str, Row] = field(default_factory=dict[str, Row])
    outbox: dict[str, Fields] = field(default_factory=dict[str, Fields])

    @classmethod
    def of(cls, work: Work) -> Rebuilding:
        """A rebuilding of broken rows that has yet to begin."""
        return cls(frozenset(sorted(work.shelf.broken)[:AT_ONCE]))

    async def advance(self, work: Work, log: Log) -> bool:
        """Fold some more records, and swap the rows in at the cursor; whether that was done."""
        until = work.cursor.next
        records = await log.read(self.at, work.limits.rebuilt)
        self._take(records, until, work.fold)
        if records and self.at < until:
            return False
        for study in sorted(self.studies & work.shelf.broken.keys()):
            await self._swap(work, study)
        return True

    def _take(self, records: Sequence[LogRecord], until: int, fold: Fold) -> None:
        """Fold those of *records* before *until* that are of the studies."""
        keys = {study.encode() for study in self.studies}
        for record in records:
            if record.offset >= until:
                self.at = until
                return
            if record.key in keys:
                self._fold(record, fold)
            self.at = record.offset + 1

    async def _swap(self, work: Work, study: str) -> None:
        """Put a rebuilt row in the place of the broken one; a study without a plan gets none."""
        shelf, row = work.shelf, self.rows.get(study)
        batch = Batch(outbox=self.outbox.get(study, {}))
        batch.see(study, shelf.broken[study])
        if row is None:
            shelf.absent[study] = shelf.broken.pop(study)
            work.cursor.positions.pop(study, None)
        else:
            row.afresh = True
            batch.fold(study, row)
            shelf.put(study, row)
        await work.send(batch, work.cursor.next)

    def _fold(self, record: LogRecord, fold: Fold) -> None:
        found = decode(record.value)
        if isinstance(found, Refusal) or found.study.encode() != record.key:
            return
        study, offset = found.study, record.offset
        try:
            row = self.rows.get(study)
            if row is not None:
                told = fold_into(row, found, offset, fold)
            else:
                row, told = open_row(found, offset, fold)
        except Exception as error:
            raise Raised(offset, error) from error
        if row is not None:
            self.rows[study] = row
            self.outbox.setdefault(study, {}).update(notices(told, offset))
