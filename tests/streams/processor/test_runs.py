"""Folding a run study by study gives the same store as folding record by record."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import orjson

from monitor.records import Record
from monitor.state.study import Study
from streams.processor.pipeline import RecordResult, apply_record
from streams.processor.processor import PartitionProcessor
from streams.records.encode import encode_record
from streams.store.cursor_fields import studies_with_rows
from streams.store.memory import CURSOR, MemoryStore
from tests.streams.list_log import ListLog
from tests.streams.processor.processors import (
    PRODERM,
    STUDY,
    UNREADABLE,
    claimed_processor,
    records_between,
    store_contents,
)

STUDIES = ("PRODERM", "SECOND", "THIRD")


def records_of_study(study: str, count: int) -> list[bytes]:
    """The first *count* records of ProDERM, its plan first, attributed to *study*."""
    plan, *others = (each.replace(STUDY.encode(), study.encode()) for each in PRODERM[:count])
    fields = orjson.loads(plan)
    fields["sha256"] = sha256(fields["toml"].encode()).hexdigest()
    return [encode_record(fields), *others]


def interleaved_log(count: int) -> ListLog:
    """A log of three interleaved studies, with some records unreadable or under a wrong key."""
    log = ListLog(partition=0, partitions=1)
    for number, values in enumerate(
        zip(*(records_of_study(each, count) for each in STUDIES), strict=True)
    ):
        for study, value in zip(STUDIES, values, strict=True):
            log.append(value, study.encode())
        if number % 40 == 7:
            log.append(UNREADABLE, b"?")
            log.append(values[0], b"another key")
    return log


async def folded_store(log: ListLog, *, batch_size: int) -> MemoryStore:
    """The store after *log* is folded in batches of *batch_size* records."""
    store = MemoryStore()
    processor = await claimed_processor(log, store)
    records: Sequence[object] = records_between(log)
    for start in range(0, len(records), batch_size):
        await processor.fold_batch(records_between(log, start, start + batch_size))
    return store


async def test_a_run_gives_the_same_store_as_single_records():
    """Rows, cursor and outbox have equal fields, also with refused and unreadable records."""
    log = interleaved_log(300)

    assert store_contents(await folded_store(log, batch_size=5_000)) == store_contents(
        await folded_store(log, batch_size=1)
    )


async def test_a_record_that_raises_stops_all_studies_before_it():
    """The partition stops before the record, and no row includes a record after it."""
    log = interleaved_log(20)
    failing_offset = next(
        each for each in records_between(log) if each.offset > 20 and each.key == b"THIRD"
    ).offset

    def fold(study: Study | None, record: Record, line: int) -> tuple[Study | None, RecordResult]:
        if line == failing_offset:
            raise ZeroDivisionError
        return apply_record(study, record, line)

    store = MemoryStore()
    processor: PartitionProcessor = await claimed_processor(log, store, fold=fold)
    await processor.fold_batch(records_between(log))

    assert processor.stopped is not None and processor.stopped.offset == failing_offset
    cursor = store.get(CURSOR)
    positions = [int(store.get(f"s:{study}")["pos"]) for study in studies_with_rows(cursor)]
    assert (
        int(cursor["next"]) == failing_offset
        and len(positions) == 3
        and max(positions) < failing_offset
    )
