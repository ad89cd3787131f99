"""Tests of `tocsin tables` on a live store: the worker's tables, with an audit entry."""

from __future__ import annotations

import json

import pytest

from streams.kafka.partitioner import partition_of
from streams.records.encode import encode_record
from streams.replay.replay import Replay
from streams.replay.result import tables_json
from tests.contract.workers import WorkerSite
from tests.scenarios.commands import small_log

pytestmark = [pytest.mark.kafka, pytest.mark.redis]


def test_the_tables_of_the_store_are_those_of_the_log(site: WorkerSite):
    """An unknown study is refused with the names that there are."""
    records = [encode_record(record) for record in small_log()]
    partition = partition_of("S", 12)
    last = site.send(records, "S", partition)
    with site.running():
        site.wait_folded(partition, last)
        printed = site.tocsin("tables", "S", "--json")
        missing = site.tocsin("tables", "X")
    replay = Replay()
    assert list(replay.run(records)) is not None

    assert (printed.returncode, printed.stderr) == (0, "")
    assert json.loads(printed.stdout) == tables_json(replay.studies[0])
    assert missing.returncode == 3 and "no study X; it has S" in missing.stderr
