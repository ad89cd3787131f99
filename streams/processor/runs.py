"""Records in a row, folded study by study: the same tables, with fewer misses of the caches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from monitor.errors import Refusal
from monitor.records import Record
from streams.log import Log, LogRecord
from streams.processor.folding import fold_into, misplaced
from streams.processor.stop import Behind, Raised, Stopped
from streams.processor.working_set import Work
from streams.records.decode import decode

PAIRS_A_RECORD = 6
"""What a record adds to an apply at most, nearly always.  A larger batch is written all the same,
its largest rows aside."""

Read = tuple[LogRecord, Record | Refusal]
"""A record of the log, and what was in it."""


def stretches(work: Work, records: Sequence[LogRecord], most: int) -> Iterator[Sequence[Read]]:
    """*records* in their order, decoded up to *most* at a time.

    Several at once are such that ``fold_together`` may have them; every other is alone.
    """
    waiting = iter(records)
    while some := list(islice(waiting, most)):
        read = [(each, decode(each.value)) for each in some]
        at = 0
        while at < len(read):
            end = at + max(1, plain(work, read, at))
            yield read[at:end]
            at = end


def plain(work: Work, read: Sequence[Read], first: int) -> int:
    """How many records from *first* on need nothing but to be folded: their rows are at hand."""
    room = (work.limits.pairs - work.batch.pairs) // PAIRS_A_RECORD
    rows, expected = work.shelf.rows, work.position
    last = min(len(read), first + room)
    for at in range(first, last):
        record, found = read[at]
        if record.offset != expected or isinstance(found, Refusal):
            return at - first
        row = rows.get(found.study)
        if row is None or row.pos >= expected:
            return at - first
        if misplaced(found, record.key, work.partition, work.identity.partitions):
            return at - first
        expected += 1
    return last - first


def fold_together(work: Work, read: Sequence[Read]) -> None:
    """Fold the records of each study after each other: no row depends on another's.

    Nothing is applied in between, so the store never has one without those before it.  Raises
    Raised.
    """
    work.settle()
    studies: dict[str, list[tuple[int, Record]]] = {}
    for record, found in read:
        assert not isinstance(found, Refusal)
        studies.setdefault(found.study, []).append((record.offset, found))
    for study, theirs in studies.items():
        row = work.shelf.rows[study]
        work.batch.see(study, row.stored)
        for offset, found in theirs:
            try:
                told = fold_into(row, found, offset, work.fold)
            except Exception as error:
                raise Raised(offset, error) from error
            work.note(found, offset, told)
        work.batch.fold(study, row)
    work.cursor.unreadable = 0
    work.leave(read[0][0])
    work.leave(read[-1][0])


async def take_alone(
    work: Work, record: LogRecord, read: Record | Refusal, log: Log
) -> Stopped | None:
    """Take one record, its study brought to hand if it is not; or why the lane must stop.

    Raises Behind where the row of its study must be rebuilt first.
    """
    while isinstance(found := work.take(record, read), str):
        if found in work.shelf.broken:
            raise Behind(found)
        await work.shelf.load(found, work.cursor, work.store, log)
    return found
