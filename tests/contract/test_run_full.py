"""A store without room, under a running worker: it waits, says so, and goes on by itself."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis

from streams.kafka.partitioner import partition_of
from tests.contract.credentials import rows_expected
from tests.contract.processes import until
from tests.contract.workers import Site
from tests.streams.processor.processors import PRODERM, STUDY

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

HOME = partition_of(STUDY, 12)

Client: Any = redis.Redis
"""The client's types differ from one version to the next."""


def no_memory(client: Any, folder: Path) -> None:
    """All of the memory that it may use is used."""
    client.config_set("maxmemory", 1)


def memory(client: Any, folder: Path) -> None:
    """It may use more."""
    client.config_set("maxmemory", 0)


def no_disk(client: Any, folder: Path) -> None:
    """It cannot write its file, as on a full disk, and refuses what it could not save."""
    (folder / "dump.rdb").unlink(missing_ok=True)
    (folder / "dump.rdb").mkdir()
    client.config_set("save", "1 1")
    saved(client, "err")


def disk(client: Any, folder: Path) -> None:
    """It can write its file again, and tries."""
    (folder / "dump.rdb").rmdir()
    saved(client, "ok")


def saved(client: Any, how: str) -> None:
    """Have it save itself until that ends as it must."""

    def ended() -> bool:
        told = client.info("persistence")
        if not told["rdb_bgsave_in_progress"] and told["rdb_last_bgsave_status"] != how:
            client.bgsave()
        return told["rdb_last_bgsave_status"] == how

    until(ended, f"a save that is {how}")


Change = Callable[[Any, Path], None]


@pytest.mark.parametrize(("fill", "clear"), [(no_memory, memory), (no_disk, disk)])
def test_a_full_store_is_waited_for(site: Site, fill: Change, clear: Change):
    """Not ready, said once, nothing written; with room again all is folded and told, by itself."""
    with Client.from_url(site.store) as client, site.running(POLL_RECORDS="100") as worker:
        site.reaches(HOME, site.send(PRODERM[:1000], STUDY, HOME))
        until(lambda: worker.ready() == (True, []), "readiness")
        fill(client, site.folder / "redis")
        before, last = site.cursor(HOME), site.send(PRODERM[1000:], STUDY, HOME)
        until(lambda: HOME in [each["partition"] for each in worker.ready()[1]], "the finding")

        for _ in range(20):
            ready, findings = worker.ready()
            mine = [each["what"] for each in findings if each["partition"] == HOME]
            assert not ready and "refuses for now" in mine[0], findings
            time.sleep(0.1)
        assert site.cursor(HOME) == before
        assert worker.words.count(f"partition {HOME}: The store refuses for now") == 1
        assert doctored(site) == ("wrong", "redis-cli INFO memory persistence replication")

        clear(client, site.folder / "redis")
        site.reaches(HOME, last)
        until(lambda: worker.ready() == (True, []), "readiness")
        until(lambda: site.all_is_told(HOME), "the alerts")
        assert worker.end() == 0, worker.words
    assert site.rows(HOME, [STUDY]) == rows_expected(site.broker, HOME, [STUDY])
    assert f"partition {HOME}: the store takes it again" in worker.words


def doctored(site: Site) -> tuple[str, str]:
    """What the doctor finds of writing, and the command it names."""
    said = site.tocsin("doctor", "--json")
    assert said.returncode == 2, said.stderr
    (found,) = [
        each for each in map(json.loads, said.stdout.splitlines()) if each["what"] == "writing"
    ]
    return found["state"], found["next"]
