"""The apply protocol as a handful of values, written from the design and not from the code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

NONE = -1
"""The position of a row that is not there, and of a worker that has claimed nothing."""

NOT_LOADED = -2


UNCHANGED = -3


class Row(NamedTuple):
    """A study's row: the last offset folded, and two fields that count its records in turn.

    A count is a number in base 4, one digit an offset: a record folded twice is a 2 in its place.
    In an apply, a field may be UNCHANGED: only what changed is written.
    """

    pos: int = NONE
    left: int = 0
    right: int = 0

    def over(self, old: Row) -> Row:
        """Its fields written over *old*."""
        fields = zip(self, old, strict=True)
        return Row(*(had if new == UNCHANGED else new for new, had in fields))

    def since(self, old: Row) -> Row:
        """What must be written to make *old* this row."""
        return Row(*(UNCHANGED if new == had else new for new, had in zip(self, old, strict=True)))


class Store(NamedTuple):
    """A partition's keys; the outbox is a set of offsets, one bit each."""

    next: int
    rows: tuple[Row, ...]
    outbox: int = 0


class Write(NamedTuple):
    """One apply, as it travels."""

    first: int
    next: int
    positions: tuple[tuple[int, int], ...]
    rows: tuple[tuple[int, Row], ...]
    alerts: int


NOTHING: tuple[()] = ()
"""No write: a tuple, so that workers can be put in order."""


class Worker(NamedTuple):
    """What one worker has in memory.

    *fetched* is where the consumer will read next, *flying* the apply whose reply it awaits,
    *telling* the alerts it has told and not yet taken out of the outbox.
    """

    position: int
    fetched: int
    memory: tuple[Row, ...]
    flying: Write | tuple[()] = NOTHING
    telling: int = 0


class Faults(NamedTuple):
    """How many are still to come of the faults that would never end; crashes may go on for ever.

    Fallen back and written anew, a store has ever more of a past to fall back to.
    """

    falls: int = 0
    strays: int = 0
    drops: int = 0


class World(NamedTuple):
    """All there is: the store, those that a rollback may bring back, the workers, what was told.

    The last of *history* is the store as it is; one write makes one more of it.  *stray* is an
    apply that nobody waits for any more and that may still arrive.
    """

    left: Faults
    history: tuple[Store, ...]
    workers: tuple[Worker, ...]
    stray: Write | tuple[()] = NOTHING
    told: int = 0

    def pushed(self, *stores: Store) -> World:
        """After more writes; once the store falls back no more, nothing asks what it was."""
        world = self._replace(history=(*self.history, *stores))
        return world if self.left.falls else world._replace(history=world.history[-1:])

    def fallen(self, writes: int) -> World:
        """The store as it was after its first *writes*; none is a wipe."""
        left = self.left._replace(falls=self.left.falls - 1)
        return self._replace(history=self.history[: writes + 1], left=left).pushed()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The protocol's decisions; the defaults are the design, everything else is a mutant."""

    compares: str = "the cursor and the rows"
    order: str = "outbox rows cursor"
    row_in_two: bool = False
    has_outbox: bool = True
    minds_gaps: bool = True
    seeks_again: bool = True
    glances: bool = True
    skips_folded: bool = True
    removes_first: bool = False


class Move(NamedTuple):
    """One step: what happened, what came of it, and whether it is work or a fault."""

    says: str
    world: World
    fault: bool = False


@dataclass(frozen=True, slots=True)
class Protocol:
    """Workers over the log *studies* (a letter a record); the records in *rings* ring alerts."""

    studies: str
    rings: frozenset[int]
    faults: Faults
    rules: Rules = Rules()
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
