"""The apply protocol as a handful of values, written from the design and not from the code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.simulation.model import (
    DESIGN,
    NONE,
    NOT_LOADED,
    UNCHANGED,
    Faults,
    Row,
    Rules,
    Store,
    Worker,
    World,
    Write,
)


@dataclass(frozen=True, slots=True)
class Protocol:
    """Workers over the log *studies* (a letter a record); the records in *rings* ring alerts."""

    studies: str
    rings: frozenset[int]
    faults: Faults
    rules: Rules = DESIGN
    workers: int = 2

    @property
    def end(self) -> int:
        """The offset after the last record."""
        return len(self.studies)

    @property
    def names(self) -> str:
        """The studies, each once."""
        return "".join(sorted(set(self.studies)))

    @property
    def right(self) -> int:
        """The alerts that must be told, and no others."""
        return sum(1 << offset for offset in self.rings)

    def start(self) -> World:
        """An empty store, and workers that know nothing."""
        empty = Store(0, (Row(),) * len(self.names))
        return World(self.faults, (empty,), (self.ignorant(),) * self.workers)

    def ignorant(self) -> Worker:
        """A worker that has just started, or forgotten everything."""
        return Worker(NONE, NONE, (Row(NOT_LOADED),) * len(self.names))

    def folded(self, study: int, pos: int) -> Row:
        """The row as the log makes it up to *pos*."""
        row = Row()
        for offset in range(pos + 1):
            row = self.fold(row, offset) if self.study(offset) == study else row
        return row

    def fold(self, row: Row, offset: int) -> Row:
        """One more record: the first of a study is counted left, the second right, and so on."""
        if self.studies[:offset].count(self.studies[offset]) % 2:
            return Row(offset, row.left, row.right + 4**offset)
        return Row(offset, row.left + 4**offset, row.right)

    def study(self, offset: int) -> int:
        """Whose record it is."""
        return self.names.index(self.studies[offset])

    def write(self, worker: Worker, rows: tuple[Row, ...], upto: int) -> Write:
        """What *worker* makes of the records from where it fetched to before *upto*."""
        batch, after, alerts = range(worker.fetched, upto), list(rows), 0
        for offset in batch:
            study = self.study(offset)
            if after[study].pos < offset or not self.rules.skips_folded:
                after[study] = self.fold(after[study], offset)
                alerts |= (1 << offset) if offset in self.rings else 0
        seen = sorted({self.study(offset) for offset in batch})
        changed = tuple(
            (study, after[study].since(rows[study]))
            for study in seen
            if after[study] != rows[study]
        )
        minded = dict(changed) if self.rules.compares == "the cursor and what changed" else seen
        positions = tuple((study, rows[study].pos) for study in minded)
        return Write(worker.position, upto, positions, changed, alerts)

    def accepts(self, store: Store, write: Write) -> bool:
        """The compare of compare-and-set."""
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

    def written(self, store: Store, write: Write) -> Iterator[Store]:
        """The store after each single command of the apply: a torn file may end at any."""
        for key in self.rules.order.split():
            if key == "outbox" and self.rules.has_outbox and write.alerts:
                store = store._replace(outbox=store.outbox | write.alerts)
                yield store
            elif key == "cursor":
                store = store._replace(next=write.next)
                yield store
            elif key == "rows":
                for study, row in write.rows:
                    for part in self.commands(row):
                        rows = list(store.rows)
                        rows[study] = part.over(rows[study])
                        store = store._replace(rows=tuple(rows))
                        yield store

    def commands(self, row: Row) -> tuple[Row, ...]:
        """One HSET for the whole row; the mutant writes its fields first and its position then."""
        return (row._replace(pos=UNCHANGED), row) if self.rules.row_in_two else (row,)
