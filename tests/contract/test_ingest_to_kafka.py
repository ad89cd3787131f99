"""`tocsin ingest --to kafka` sends what the topic does not have yet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from streams.local.embedded import EmbeddedBroker
from streams.replay.replay import Replay
from tests.contract.commands import tocsin
from tests.contract.produced import topic_values
from tests.streams.sources.sdtm.sdtm_folder import AE, DS, EX, Row, write_sdtm


def send(folder: Path, broker: EmbeddedBroker, **domains: list[Row]) -> str:
    """Ingest *domains* to the topic, and return what the command prints."""
    write_sdtm(folder, **domains)
    settings = {"BROKER": broker.bootstrap, "LOG_PARTITIONS": "4"}
    result = tocsin("ingest", "sdtm", str(folder), "--study", "S", "--to", "kafka", **settings)
    assert result.returncode == 0, result.stderr
    return result.stdout


async def values(broker: EmbeddedBroker) -> list[bytes]:
    """The records of the topic, in their order."""
    by_partition = await topic_values(broker.bootstrap, "trial.log.v1")
    return [one for each in by_partition.values() for one in each if one is not None]


async def test_a_snapshot_that_is_taken_again_sends_only_what_changed(
    embedded: EmbeddedBroker, tmp_path: Path
):
    """The topic is the earlier log: what became serious is the next version of its case."""
    first = send(tmp_path, embedded, ex=[EX])
    again = send(tmp_path, embedded, ex=[EX])
    changed = send(tmp_path, embedded, ex=[EX], ds=[DS], ae=[{**AE, "AESER": "Y"}])

    log = await values(embedded)
    records: list[Any] = [json.loads(one) for one in log]
    versions = [
        (one["source"]["version"], one["serious"])
        for one in records
        if one["type"] == "adverse_event"
    ]
    assert first == f"{len(log) - 2} records sent, 0 already in the topic.\n"
    assert again == "0 records sent, 0 already in the topic.\n"
    assert changed == "2 records sent, 0 already in the topic.\n"
    assert versions == [(1, False), (2, True)]
    replay = Replay()
    list(replay.run(log))
    assert replay.outcomes == {"folded": len(log)}
