"""Records of several studies in a row are folded study by study: nothing shows it."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import orjson

from monitor.records import Record
from monitor.state.study import Study
from streams.processor import PartitionProcessor
from streams.processor.pipeline import RecordResult, apply_record
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
    """The first *count* records of ProDERM, its plan first, said of *study*."""
    plan, *others = (each.replace(STUDY.encode(), study.encode()) for each in PRODERM[:count])
    said = orjson.loads(plan)
    said["sha256"] = sha256(said["toml"].encode()).hexdigest()
    return [encode_record(said), *others]


def interleaved(count: int) -> ListLog:
    """One partition in which three studies take turns; now and then nobody can read a record."""
    log = ListLog(partition=0, partitions=1)
    for number, turn in enumerate(
        zip(*(records_of_study(each, count) for each in STUDIES), strict=True)
    ):
        for study, value in zip(STUDIES, turn, strict=True):
            log.append(value, study.encode())
        if number % 40 == 7:
            log.append(UNREADABLE, b"?")
            log.append(turn[0], b"another key")
    return log


async def folded_store(log: ListLog, *, at_once: int) -> MemoryStore:
    """What a lane makes of *log* that takes so many records at once."""
    store = MemoryStore()
    lane = await claimed_processor(log, store)
    every: Sequence[object] = records_between(log)
    for at in range(0, len(every), at_once):
        await lane.fold_batch(records_between(log, at, at + at_once))
    return store


async def test_a_stretch_leaves_what_one_record_after_the_other_leaves():
    """Rows, cursor and outbox, field for field, refused and unreadable records among them."""
    log = interleaved(300)

    assert store_contents(await folded_store(log, at_once=5_000)) == store_contents(
        await folded_store(log, at_once=1)
    )


async def test_a_record_that_raises_keeps_back_what_other_studies_said_after_it():
    """However it was come upon: the partition stands still before it, and no row is past it."""
    log = interleaved(20)
    bad = next(
        each for each in records_between(log) if each.offset > 20 and each.key == b"THIRD"
    ).offset

    def fold(study: Study | None, record: Record, line: int) -> tuple[Study | None, RecordResult]:
        if line == bad:
            raise ZeroDivisionError
        return apply_record(study, record, line)

    store = MemoryStore()
    lane: PartitionProcessor = await claimed_processor(log, store, fold=fold)
    await lane.fold_batch(records_between(log))

    assert lane.stopped is not None and lane.stopped.offset == bad
    cursor = store.get(CURSOR)
    positions = [int(store.get(f"s:{study}")["pos"]) for study in studies_with_rows(cursor)]
    assert int(cursor["next"]) == bad and len(positions) == 3 and max(positions) < bad
