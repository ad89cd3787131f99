"""The product's rows are held to what was drawn, table by table, before their rate counts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from benchmarks.live.load import PARTITIONS, Load, unwatched
from benchmarks.live.tables import TableCounts
from benchmarks.live.watch import Eye
from benchmarks.synthetic import Workload, write_log
from monitor.fold.restore import verdicts
from streams.kafka.partitioner import partition_of
from streams.kafka.topics import LOG
from streams.processor.pipeline import Pipeline
from streams.store import LIVE
from streams.store.keys import Keys
from streams.store.rows.fields import state


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """A small log, with its truth beside it."""
    return Load(write_log(Workload(trials=3, reports=600), tmp_path / "log.jsonl"))


@pytest.fixture
def eye(redis_url: str) -> Eye:
    """Our eye on an emptied store."""
    eye = Eye(redis_url)
    eye.empty()
    return eye


def write_rows(url: str, load: Load, *, groups: bool) -> list[str]:
    """Leave the rows and cursors in the store as a worker does; the keys of the rows."""
    pipeline = Pipeline()
    for number, message in enumerate(load.read(bytes if groups else unwatched)):
        pipeline.advance(message.value, number)
    rows: list[str] = []
    store: Any
    with Redis.from_url(url) as store:
        for name, study in pipeline.studies.items():
            keys = Keys(LIVE, LOG, partition_of(name, PARTITIONS))
            rows.append(keys.row(name))
            store.hset(keys.row(name), mapping=dict(state(study, verdicts(study))))
        for number, part in enumerate(load.parts):
            store.hset(Keys(LIVE, LOG, number).cursor, "next", str(part.records))
    return rows


@pytest.mark.parametrize("groups", [True, False])
def test_the_worker_is_accepted_if_every_table_is_right(load: Load, eye: Eye, groups: bool):
    """With watches and without: events, subjects, serious ones, versions and person-days."""
    counts = TableCounts(load, groups=groups)
    assert counts.begun(eye) == 0

    write_rows(eye.url, load, groups=groups)

    assert (counts.begun(eye), counts.done(eye), counts.fault(eye)) == (600, True, None)


def test_one_version_too_many_is_a_rejection(load: Load, eye: Eye):
    """A cell that is off by one is named, with what was drawn."""
    row, *_ = write_rows(eye.url, load, groups=True)
    with Redis.from_url(eye.url) as store:
        store.hset(row, "t|main|drug|any|any", "[1,2,3,0,0,0,0]")

    said = TableCounts(load).fault(eye)

    assert said is not None and "drug/any/any is [2, 1, 0, 0, 3," in said


def test_a_row_that_is_not_there_is_a_rejection(load: Load, eye: Eye):
    """A study that nobody counts has no table, and that is not right."""
    row, *_ = write_rows(eye.url, load, groups=True)
    with Redis.from_url(eye.url) as store:
        store.delete(row)

    assert "is None, drawn were" in (TableCounts(load).fault(eye) or "")
