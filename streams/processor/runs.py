"""Folds consecutive records study by study: the same state, with fewer CPU cache misses."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import islice
from time import perf_counter

from monitor.errors import Refusal
from monitor.records import (
    AdverseEvent,
    Collection,
    Merge,
    NotAtRisk,
    PlanRecord,
    Record,
    Retraction,
)
from streams.log import Log, LogRecord
from streams.processor.folding import check_placement, fold_into
from streams.processor.steps import finish_step
from streams.processor.stop import CursorMoved, PartitionStop, RecordFailed, RowInvalid
from streams.processor.working_set import WorkingSet
from streams.records.decode import decode

PAIRS_PER_RECORD = 6
"""Pairs that almost no record exceeds.  A write that is larger nevertheless stages its largest
rows: see ``PendingWrite.split_rows``."""

RUN_RECORDS_MAX = 128
"""Records of one run; a longer one of costly records would not be written for minutes."""

RECOUNTING_BODIES = (PlanRecord, Collection, NotAtRisk, Merge, Retraction)
"""Bodies that may recount a whole study; every other record recounts cases of a subject."""

DecodedRecord = tuple[LogRecord, Record | Refusal]
"""A record of the log with its decoded content, or with the refusal of its bytes."""


async def runs(
    working_set: WorkingSet, records: Sequence[LogRecord], decode_max: int
) -> AsyncIterator[Sequence[DecodedRecord]]:
    """Yield *records* in their order, decoded, in runs for ``fold_run`` or one at a time.

    *decode_max* is how many records are decoded together.  A record that cannot be part of a run
    is yielded alone, for ``handle_single``.  Raises RecordFailed where decoding a record raises.
    """
    remaining = iter(records)
    while chunk := list(islice(remaining, decode_max)):
        decoded = [(each, decode_or_blame(each)) for each in chunk]
        await finish_step()
        start = 0
        while start < len(decoded):
            end = start + max(1, run_length(working_set, decoded, start))
            yield decoded[start:end]
            if start + 1 < end < len(decoded):
                await finish_step()
            start = end


def decode_or_blame(record: LogRecord) -> Record | Refusal:
    """Decode *record*; raises RecordFailed with its offset where that raises.

    Otherwise the error would be that of the record before, which was handled last.
    """
    try:
        return decode(record.value)
    except Exception as error:
        raise RecordFailed(record.offset, error) from error


def run_length(working_set: WorkingSet, decoded: Sequence[DecodedRecord], first: int) -> int:
    """Return how many records from index *first* on form a run.

    Their offsets are consecutive from the position on, their bytes are readable, key and partition
    are right, their rows are in memory and have not folded them, and their pairs fit the write.
    """
    room = (working_set.limits.pairs_max - working_set.pending.pairs) // PAIRS_PER_RECORD
    rows, expected = working_set.row_cache.rows, working_set.position
    last = min(len(decoded), first + min(room, RUN_RECORDS_MAX))
    for index in range(first, last):
        record, content = decoded[index]
        if record.offset != expected or isinstance(content, Refusal):
            return index - first
        row = rows.get(content.study)
        if row is None or row.last_offset >= expected:
            return index - first
        if recounts_many_cases(working_set, content):
            return index - first
        if check_placement(
            content, record.key, working_set.partition, working_set.identity.partitions
        ):
            return index - first
        expected += 1
    return last - first


def fold_run(working_set: WorkingSet, run: Sequence[DecodedRecord]) -> Iterator[None]:
    """Fold a *run* of records study by study, which is safe because studies are independent.

    Yields after each record; the run is folded once the iterator is exhausted.  Nothing is written
    in between, so the store never has a record without those before it.  Raises RecordFailed where
    folding a record raises.
    """
    working_set.release_unreadable()
    records_by_study: dict[str, list[tuple[int, Record]]] = {}
    for record, content in run:
        assert not isinstance(content, Refusal)
        records_by_study.setdefault(content.study, []).append((record.offset, content))
    for study, study_records in records_by_study.items():
        row = working_set.row_cache.rows[study]
        working_set.pending.add_study(study, row.stored_position)
        for offset, content in study_records:
            try:
                result = fold_into(row, content, offset, working_set.fold)
            except Exception as error:
                raise RecordFailed(offset, error) from error
            working_set.count_result(content, offset, result)
            yield
            check_needed(working_set)
        working_set.pending.add_row(study, row)
    working_set.cursor.unreadable = 0
    working_set.advance_past(run[0][0])
    working_set.advance_past(run[-1][0])


def check_needed(working_set: WorkingSet) -> None:
    """Raise CursorMoved where nothing needs *working_set* any more."""
    if working_set.abandoned:
        raise CursorMoved("The partition is assigned anew.")


def recounts_many_cases(working_set: WorkingSet, content: Record | Refusal) -> bool:
    """Whether a record may recount all of a large study, or of a subject with many cases."""
    if isinstance(content, Refusal) or isinstance(content.body, AdverseEvent):
        return False
    row, limits = working_set.row_cache.rows.get(content.study), working_set.limits
    if row is None:
        return False
    if isinstance(content.body, RECOUNTING_BODIES):
        return len(row.study.entities.by_id) >= limits.large_entities
    subject = row.study.subjects.get(getattr(content.body, "subject", ""))
    return subject is not None and len(subject.cases) >= limits.large_cases


async def handle_run(working_set: WorkingSet, run: Sequence[DecodedRecord]) -> None:
    """Fold a *run*, after ``Limits.loop_seconds`` in a thread."""
    steps, end = fold_run(working_set, run), perf_counter() + working_set.limits.loop_seconds
    if any(perf_counter() > end for _ in steps):
        await working_set.thread.run(deque[None], steps, 0)


async def handle_single(
    working_set: WorkingSet, record: LogRecord, content: Record | Refusal, log: Log
) -> PartitionStop | None:
    """Handle one record, loading the row of its study if needed; return a stop, or None.

    Raises RowInvalid where the row of its study must be rebuilt first.
    """
    while True:
        if recounts_many_cases(working_set, content):
            outcome = await working_set.thread.run(working_set.handle, record, content)
        else:
            outcome = working_set.handle(record, content)
        if not isinstance(outcome, str):
            return outcome
        if outcome in working_set.row_cache.invalid:
            raise RowInvalid(outcome)
        cache, large = working_set.row_cache, working_set.limits.large_entities
        await cache.load(outcome, working_set.cursor, working_set.store, log, large=large)
