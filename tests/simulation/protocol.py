"""The apply protocol as immutable values, written from the design and not from the code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.simulation.model import (
    DESIGN,
    NO_POSITION,
    NOT_LOADED,
    UNCHANGED,
    ApplyRequest,
    Faults,
    ModelState,
    Row,
    Rules,
    Store,
    Worker,
)


@dataclass(frozen=True, slots=True)
class ApplyProtocol:
    """Workers that fold the log *studies*, one letter a record, with alerts at *alert_offsets*."""

    studies: str
    alert_offsets: frozenset[int]
    faults: Faults
    rules: Rules = DESIGN
    workers: int = 2

    @property
    def end(self) -> int:
        """Return the offset after the last record."""
        return len(self.studies)

    @property
    def study_names(self) -> str:
        """Return the letter of each study once, sorted."""
        return "".join(sorted(set(self.studies)))

    @property
    def expected_alerts(self) -> int:
        """Return the bit set of exactly those alerts that must be published."""
        return sum(1 << offset for offset in self.alert_offsets)

    def start(self) -> ModelState:
        """Return the first state: an empty store and workers without memory."""
        empty = Store(0, (Row(),) * len(self.study_names))
        return ModelState(self.faults, (empty,), (self.new_worker(),) * self.workers)

    def new_worker(self) -> Worker:
        """Return a worker that has just started, or has discarded its memory."""
        return Worker(NO_POSITION, NO_POSITION, (Row(NOT_LOADED),) * len(self.study_names))

    def expected_row(self, study: int, pos: int) -> Row:
        """Return the row of *study* after the records up to and including *pos*."""
        row = Row()
        for offset in range(pos + 1):
            row = self.fold(row, offset) if self.study_at(offset) == study else row
        return row

    def fold(self, row: Row, offset: int) -> Row:
        """Count one more record: those of a study alternately in *left* and in *right*."""
        if self.studies[:offset].count(self.studies[offset]) % 2:
            return Row(offset, row.left, row.right + 4**offset)
        return Row(offset, row.left + 4**offset, row.right)

    def study_at(self, offset: int) -> int:
        """Return the number of the study of the record at *offset*."""
        return self.study_names.index(self.studies[offset])

    def request_for(self, worker: Worker, rows: tuple[Row, ...], upto: int) -> ApplyRequest:
        """Return the apply of *worker* for the records from its fetch position to before *upto*."""
        batch, after, alerts = range(worker.fetched, upto), list(rows), 0
        for offset in batch:
            study = self.study_at(offset)
            if after[study].pos < offset or not self.rules.skips_folded:
                after[study] = self.fold(after[study], offset)
                alerts |= (1 << offset) if offset in self.alert_offsets else 0
        studies = sorted({self.study_at(offset) for offset in batch})
        changed = tuple(
            (study, after[study].changes_since(rows[study]))
            for study in studies
            if after[study] != rows[study]
        )
        if self.rules.compares == "the cursor and what changed":
            studies = [study for study, _ in changed]
        positions = tuple((study, rows[study].pos) for study in studies)
        return ApplyRequest(worker.position, upto, positions, changed, alerts)

    def accepts(self, store: Store, write: ApplyRequest) -> bool:
        """Return whether the comparison of compare-and-set allows *write*."""
        same_rows = all(store.rows[study].pos == pos for study, pos in write.positions)
        match self.rules.compares:
            case "the rows":
                return same_rows
            case "nothing":
                return True
            case "the cursor":
                return store.next == write.first
            case _:
                return store.next == write.first and same_rows

    def stores_during_apply(self, store: Store, write: ApplyRequest) -> Iterator[Store]:
        """Yield the store after each command of the apply: a truncated file may end at any."""
        for key in self.rules.order.split():
            if key == "outbox" and self.rules.has_outbox and write.alerts:
                store = store._replace(outbox=store.outbox | write.alerts)
                yield store
            elif key == "cursor":
                store = store._replace(next=write.next)
                yield store
            elif key == "rows":
                for study, row in write.rows:
                    for part in self.row_writes(row):
                        rows = list(store.rows)
                        rows[study] = part.written_over(rows[study])
                        store = store._replace(rows=tuple(rows))
                        yield store

    def row_writes(self, row: Row) -> tuple[Row, ...]:
        """Return one write of the whole row; the mutant writes the position in a second write."""
        return (row._replace(pos=UNCHANGED), row) if self.rules.row_in_two_writes else (row,)
