"""Compares the product's rows with the drawn counts, which a rate requires to be equal."""

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
    """Write and load a small log, with its expected counts beside it."""
    return Load(write_log(Workload(trials=3, reports=600), tmp_path / "log.jsonl"))


@pytest.fixture
def probe(redis_url: str) -> StoreProbe:
    """Return a probe of an emptied store."""
    probe = StoreProbe(redis_url)
    probe.flush()
    return probe


def write_rows(url: str, load: Load, *, groups: bool) -> list[str]:
    """Write rows and cursors to the store as a worker does, and return the keys of the rows."""
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
def test_the_worker_is_accepted_if_every_table_is_right(
    load: Load, probe: StoreProbe, groups: bool
):
    """Events, subjects, serious events, versions and person-days agree with the drawn counts."""
    counts = TableCounts(load, groups=groups)
    assert counts.count_folded(probe) == 0

    write_rows(probe.url, load, groups=groups)

    assert (
        counts.count_folded(probe),
        counts.is_complete(probe),
        counts.first_difference(probe),
    ) == (
        600,
        True,
        None,
    )


def test_one_additional_version_is_a_rejection(load: Load, probe: StoreProbe):
    """A cell that differs is named, with the drawn counts."""
    row, *_ = write_rows(probe.url, load, groups=True)
    with Redis.from_url(probe.url) as store:
        store.hset(row, "t|main|drug|any|any", "[1,2,3,0,0,0,0]")

    difference = TableCounts(load).first_difference(probe)

    assert difference is not None and "drug/any/any is [2, 1, 0, 0, 3," in difference


def test_a_missing_row_is_a_rejection(load: Load, probe: StoreProbe):
    """A study without a row has no tables to compare."""
    row, *_ = write_rows(probe.url, load, groups=True)
    with Redis.from_url(probe.url) as store:
        store.delete(row)

    assert "is None, expected" in (TableCounts(load).first_difference(probe) or "")
