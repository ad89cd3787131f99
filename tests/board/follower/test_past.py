"""Checks that checkpoints change nothing in a look at the past, whatever the order of the days."""

from __future__ import annotations

import random

import orjson

from board.follower.case_recorder import CaseRecorder
from board.follower.checkpoints import Checkpoints
from board.follower.past import PastStudies, PastStudy
from board.follower.recorder import EvidenceRecorder
from monitor.records import Record, day_of
from monitor.state.digest import state_digest
from streams.processor.pipeline import Pipeline
from streams.records.decode import decode
from streams.records.encode import encode_record
from streams.replay.replay import Replay, WhatIf
from tests.streams.processor.processors import PRODERM, STUDY, log_of


def shuffled_days(count: int) -> list[bytes]:
    """The log, with the known-at times of neighbours exchanged and a few far in the future."""
    records = [orjson.loads(value) for value in PRODERM[:count]]
    for _ in range(60):
        first = random.randrange(400, count - 50)
        second = first + random.randrange(1, 50)
        one, other = records[first], records[second]
        one["known_at"], other["known_at"] = other["known_at"], one["known_at"]
    for record in random.sample(records[800:], 3):
        record["known_at"] = "2031-01-01T00:00:00Z"
    return [encode_record(record) for record in records]


def known_day(value: bytes) -> int:
    """The day on which a record was known."""
    record = decode(value)
    assert isinstance(record, Record)
    return day_of(record.known_at)


async def fold_as_of(past: PastStudies, day: int | None, until: int) -> PastStudy:
    """Fold the study as known by *day*, or up to offset *until*."""
    return await past.fold(0, STUDY, until, 0, day)


async def test_looks_in_any_order_of_days_are_the_replay_as_of_each():
    """A copy is used only where it contains no record that was known later."""
    values = shuffled_days(1500)
    log = log_of(values)
    past = PastStudies(lambda number: log)
    days = [known_day(value) for value in (values[790], *random.sample(values[200:], 5))]
    random.shuffle(days)
    for day in days:
        replay = Replay(WhatIf(known_until=day))
        list(replay.run(values))
        found = await fold_as_of(past, day, len(values) - 1)
        assert found.study is not None
        assert state_digest(found.study) == state_digest(replay.studies[0])
    assert past.checkpoints.by_study[STUDY]


async def test_a_look_up_to_a_record_continues_from_a_copy():
    """The study at a record is that of the log's prefix, with and without copies before it."""
    log = log_of(PRODERM)
    past = PastStudies(lambda number: log)
    for until in (1200, 900, 1201, 1600):
        found = await fold_as_of(past, None, until)
        pipeline = Pipeline()
        for position, value in enumerate(PRODERM[: until + 1]):
            pipeline.process_bytes(value, position)
        assert found.study is not None
        assert state_digest(found.study) == state_digest(pipeline.studies[STUDY])
    offsets = [each.next for each in past.checkpoints.by_study[STUDY]]
    assert {901, 1201, 1202, 1601} <= set(offsets) and offsets == sorted(offsets)
    assert past.checkpoints.latest(STUDY, 1200, 10**6) is not None
    assert len(past.cached) <= 4


def test_the_memory_of_copies_is_bounded():
    """Beyond the limit, copies are dropped until the rest fits; the latest may go as well."""
    pipeline = Pipeline()
    for position, value in enumerate(PRODERM[:50]):
        pipeline.process_bytes(value, position)
    state = (pipeline.studies[STUDY], EvidenceRecorder(), CaseRecorder(), 0)
    saved = Checkpoints()
    saved.save(STUDY, 0, 737_000, state)
    size = saved.bytes_used
    bounded = Checkpoints(bytes_max=5 * size)
    for number in range(20):
        bounded.save(STUDY, number, 737_000 + 31 * number, state)
        assert bounded.bytes_used <= 5 * size
    assert bounded.by_study[STUDY][-1].next == 19
    empty = Checkpoints(bytes_max=1)
    empty.save(STUDY, 0, 737_000, state)
    assert empty.bytes_used == 0 and empty.latest(STUDY, 9, 10**6) is None
