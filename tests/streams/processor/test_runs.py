"""Records of several studies in a row are folded study by study: nothing shows it."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import orjson

from monitor.records import Record
from monitor.state.study import Study
from streams.processor import Lane
from streams.processor.pipeline import Told, take_in
from streams.records.encode import wire
from streams.store.cursor_fields import studies_in
from streams.store.memory import CURSOR, MemoryStore
from tests.streams.list_log import KeptLog
from tests.streams.processor.processors import PRODERM, STUDY, UNREADABLE, claimed, records, settled

STUDIES = ("PRODERM", "SECOND", "THIRD")


def told_by(study: str, count: int) -> list[bytes]:
    """The first *count* records of ProDERM, its plan first, said of *study*."""
    plan, *others = (each.replace(STUDY.encode(), study.encode()) for each in PRODERM[:count])
    said = orjson.loads(plan)
    said["sha256"] = sha256(said["toml"].encode()).hexdigest()
    return [wire(said), *others]


def interleaved(count: int) -> KeptLog:
    """One partition in which three studies take turns; now and then nobody can read a record."""
    log = KeptLog(partition=0, partitions=1)
    for number, turn in enumerate(zip(*(told_by(each, count) for each in STUDIES), strict=True)):
        for study, value in zip(STUDIES, turn, strict=True):
            log.append(value, study.encode())
        if number % 40 == 7:
            log.append(UNREADABLE, b"?")
            log.append(turn[0], b"another key")
    return log


async def kept(log: KeptLog, *, at_once: int) -> MemoryStore:
    """What a lane makes of *log* that takes so many records at once."""
    store = MemoryStore()
    lane = await claimed(log, store)
    every: Sequence[object] = records(log)
    for at in range(0, len(every), at_once):
        await lane.take(records(log, at, at + at_once))
    return store


async def test_a_stretch_leaves_what_one_record_after_the_other_leaves():
    """Rows, cursor and outbox, field for field, refused and unreadable records among them."""
    log = interleaved(300)

    assert settled(await kept(log, at_once=5_000)) == settled(await kept(log, at_once=1))


async def test_a_record_that_raises_keeps_back_what_other_studies_said_after_it():
    """However it was come upon: the partition stands still before it, and no row is past it."""
    log = interleaved(20)
    bad = next(each for each in records(log) if each.offset > 20 and each.key == b"THIRD").offset

    def fold(study: Study | None, record: Record, line: int) -> tuple[Study | None, Told]:
        if line == bad:
            raise ZeroDivisionError
        return take_in(study, record, line)

    store = MemoryStore()
    lane: Lane = await claimed(log, store, fold=fold)
    await lane.take(records(log))

    assert lane.stopped is not None and lane.stopped.offset == bad
    cursor = store.get(CURSOR)
    positions = [int(store.get(f"s:{study}")["pos"]) for study in studies_in(cursor)]
    assert int(cursor["next"]) == bad and len(positions) == 3 and max(positions) < bad
