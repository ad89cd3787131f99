"""What the records since the last apply make of a partition, gathered for the next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from streams.processor.cursor import Cursor
from streams.processor.stop import Moved
from streams.store import PAIRS_MAX, Applied, Aside, Fields, Store, Write
from streams.store.rows.row import Row

HEADROOM = 6
"""One part in so many stays free: nearly every record changes less, so the next one fits."""

CURSOR_PAIRS = 7


@dataclass(slots=True)
class Batch:
    """The studies *seen* with the `pos` that their rows have in the store, and the rows folded.

    *pairs* is how many the apply will have at most, unless a row has changed altogether.
    """

    seen: dict[str, bytes] = field(default_factory=dict[str, bytes])
    rows: dict[str, Row] = field(default_factory=dict[str, Row])
    outbox: Fields = field(default_factory=Fields)
    sizes: dict[str, int] = field(default_factory=dict[str, int])
    estimate: int = CURSOR_PAIRS

    @property
    def pairs(self) -> int:
        """How many pairs the apply will have at most, unless a row has changed altogether."""
        return self.estimate + len(self.outbox)

    def see(self, study: str, stored: bytes) -> None:
        """Note that a record of *study* is in the batch."""
        if study not in self.seen:
            self.seen[study] = stored
            self.estimate += 1

    def fold(self, study: str, row: Row) -> None:
        """Note that a record was folded into *row*."""
        self.rows[study] = row
        size = row.pairs
        self.estimate += size - self.sizes.get(study, 0)
        self.sizes[study] = size

    def parts(self, pairs_max: int) -> tuple[dict[str, Fields], dict[str, Fields]]:
        """The fields of the rows: those to be set, and whole rows to be prepared aside.

        A row goes aside that one command could not set, and the largest do until the others fit:
        after an amended plan all fields are new.
        """
        rows = {study: row.changes() for study, row in self.rows.items()}
        left = pairs_max - CURSOR_PAIRS - len(self.seen) - sum(map(len, rows.values()))
        aside: dict[str, Fields] = {}
        for study in sorted(rows, key=lambda study: -len(rows[study])):
            if left < 0 or len(rows[study]) > PAIRS_MAX or self.rows[study].afresh:
                left += len(rows.pop(study))
                aside[study] = self.rows[study].everything()
        return rows, aside

    def written(self) -> None:
        """Note that the rows are in the store as they are now."""
        for row in self.rows.values():
            row.stored, row.afresh = b"%d" % row.pos, False


def slices(fields: Fields, most: int) -> Iterator[Fields]:
    """Parts of *fields* of at most *most*; the first holds `pos`."""
    named = sorted(fields.items(), key=lambda field: field[0] != "pos")
    for at in range(0, len(named), most):
        yield dict(named[at : at + most])


async def send(
    store: Store, batch: Batch, cursor: Cursor, *, first: int, pairs_max: int, stopped: str = ""
) -> int:
    """Write *batch*, whose first record is *first*, and the *cursor*; how many pairs that were.

    Raises Moved where the store is not as the batch expects.
    """
    rows, aside = batch.parts(pairs_max)
    for study, fields in aside.items():
        await _prepare(store, study, fields, min(pairs_max, PAIRS_MAX))
    write = Write(
        first=first,
        next=cursor.next,
        code=cursor.code,
        positions=batch.seen,
        rows=rows,
        outbox=batch.outbox,
        cursor=cursor.fields(batch.seen, stopped),
        swapped={study: Aside(fields["pos"], len(fields)) for study, fields in aside.items()},
    )
    _check(await store.apply(write))
    batch.written()
    return write.pairs + sum(map(len, aside.values()))


async def _prepare(store: Store, study: str, fields: Fields, pairs_max: int) -> None:
    begin = True
    for part in slices(fields, pairs_max):
        _check(await store.prepare(study, fields["pos"], part, begin=begin))
        begin = False


def _check(said: Applied) -> None:
    if said is not Applied.DONE:
        raise Moved(f"The store refused an apply as {said.value}.")
