"""Sends a batch to the store: all of it or nothing, and never a second time."""

from __future__ import annotations

from streams.lane.batch import Batch, slices
from streams.lane.cursor import Cursor
from streams.lane.halt import Moved
from streams.store import PAIRS_MAX, Applied, Aside, Fields, Store, Write


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
