"""The product's rows are held to what was drawn, table by table, before their rate counts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from benchmarks.live.load import PARTITIONS, Load, without_watches
from benchmarks.live.probe import StoreProbe
from benchmarks.live.table_counts import TableCounts
from benchmarks.synthetic import Workload, write_log
from monitor.fold.restore import last_verdicts
from streams.kafka.partitioner import partition_of
from streams.kafka.topics import LOG
from streams.processor.pipeline import Pipeline
from streams.store import LIVE_SPACE
from streams.store.keys import Keys
from streams.store.rows.fields import state_fields


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """A small log, with its truth beside it."""
    return Load(write_log(Workload(trials=3, reports=600), tmp_path / "log.jsonl"))


@pytest.fixture
def eye(redis_url: str) -> StoreProbe:
    """Our eye on an emptied store."""
    eye = StoreProbe(redis_url)
    eye.flush()
    return eye


def write_rows(url: str, load: Load, *, groups: bool) -> list[str]:
    """Leave the rows and cursors in the store as a worker does; the keys of the rows."""
    pipeline = Pipeline()
    for number, message in enumerate(load.messages(bytes if groups else without_watches)):
        pipeline.process_bytes(message.value, number)
    rows: list[str] = []
    store: Any
    with Redis.from_url(url) as store:
        for name, study in pipeline.studies.items():
            keys = Keys(LIVE_SPACE, LOG, partition_of(name, PARTITIONS))
            rows.append(keys.row(name))
            store.hset(keys.row(name), mapping=dict(state_fields(study, last_verdicts(study))))
        for number, part in enumerate(load.partitions):
            store.hset(Keys(LIVE_SPACE, LOG, number).cursor, "next", str(part.records))
    return rows


@pytest.mark.parametrize("groups", [True, False])
def test_the_worker_is_accepted_if_every_table_is_right(load: Load, eye: StoreProbe, groups: bool):
    """With watches and without: events, subjects, serious ones, versions and person-days."""
    counts = TableCounts(load, groups=groups)
    assert counts.count_folded(eye) == 0

    write_rows(eye.url, load, groups=groups)

    assert (counts.count_folded(eye), counts.is_complete(eye), counts.first_difference(eye)) == (
        600,
        True,
        None,
    )


def test_one_version_too_many_is_a_rejection(load: Load, eye: StoreProbe):
    """A cell that is off by one is named, with what was drawn."""
    row, *_ = write_rows(eye.url, load, groups=True)
    with Redis.from_url(eye.url) as store:
        store.hset(row, "t|main|drug|any|any", "[1,2,3,0,0,0,0]")

    said = TableCounts(load).first_difference(eye)

    assert said is not None and "drug/any/any is [2, 1, 0, 0, 3," in said


def test_a_row_that_is_not_there_is_a_rejection(load: Load, eye: StoreProbe):
    """A study that nobody counts has no table, and that is not right."""
    row, *_ = write_rows(eye.url, load, groups=True)
    with Redis.from_url(eye.url) as store:
        store.delete(row)

    assert "is None, expected" in (TableCounts(load).first_difference(eye) or "")
