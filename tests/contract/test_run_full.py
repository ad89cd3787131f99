"""A full store under a running worker: the worker waits, reports it and continues."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis

from streams.kafka.partitioner import partition_of
from tests.contract.expected_results import rows_expected
from tests.contract.processes import wait_until
from tests.contract.workers import WorkerSite
from tests.streams.processor.processors import PRODERM, STUDY

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

STUDY_PARTITION = partition_of(STUDY, 12)

Client: Any = redis.Redis
"""The client's types differ from one version to the next."""


def fill_memory(client: Any, folder: Path) -> None:
    """Leave the store no memory to use."""
    client.config_set("maxmemory", 1)


def free_memory(client: Any, folder: Path) -> None:
    """Remove the memory limit."""
    client.config_set("maxmemory", 0)


def fill_disk(client: Any, folder: Path) -> None:
    """Make saving fail, as on a full disk, so that the store refuses writes."""
    (folder / "dump.rdb").unlink(missing_ok=True)
    (folder / "dump.rdb").mkdir()
    client.config_set("save", "1 1")
    wait_for_save(client, "err")


def free_disk(client: Any, folder: Path) -> None:
    """Make saving succeed again, and save."""
    (folder / "dump.rdb").rmdir()
    wait_for_save(client, "ok")


def wait_for_save(client: Any, status: str) -> None:
    """Save until a save ends with *status*."""

    def has_status() -> bool:
        persistence = client.info("persistence")
        if (
            not persistence["rdb_bgsave_in_progress"]
            and persistence["rdb_last_bgsave_status"] != status
        ):
            client.bgsave()
        return persistence["rdb_last_bgsave_status"] == status

    wait_until(has_status, f"a save with status {status}")


Change = Callable[[Any, Path], None]


@pytest.mark.parametrize(("fill", "clear"), [(fill_memory, free_memory), (fill_disk, free_disk)])
@pytest.mark.campaign
def test_a_worker_waits_for_a_full_store(site: WorkerSite, fill: Change, clear: Change):
    """It is not ready, logs it once and writes nothing; then it folds and publishes everything."""
    with Client.from_url(site.store) as client, site.running(POLL_RECORDS="100") as worker:
        site.wait_folded(STUDY_PARTITION, site.send(PRODERM[:1000], STUDY, STUDY_PARTITION))
        wait_until(lambda: worker.readiness() == (True, []), "readiness")
        fill(client, site.folder / "redis")
        before, last = (
            site.cursor(STUDY_PARTITION),
            site.send(PRODERM[1000:], STUDY, STUDY_PARTITION),
        )
        wait_until(
            lambda: STUDY_PARTITION in [each["partition"] for each in worker.readiness()[1]],
            "the finding",
        )

        for _ in range(20):
            ready, findings = worker.readiness()
            messages = [each["what"] for each in findings if each["partition"] == STUDY_PARTITION]
            assert not ready and "refuses for now" in messages[0], findings
            time.sleep(0.1)
        assert site.cursor(STUDY_PARTITION) == before
        assert worker.output.count(f"partition {STUDY_PARTITION}: The store refuses for now") == 1
        assert doctor_on_writing(site) == ("wrong", "redis-cli INFO memory persistence replication")

        clear(client, site.folder / "redis")
        site.wait_folded(STUDY_PARTITION, last)
        wait_until(lambda: worker.readiness() == (True, []), "readiness")
        wait_until(lambda: site.all_published(STUDY_PARTITION), "the alerts")
        assert worker.stop() == 0, worker.output
    assert site.rows(STUDY_PARTITION, [STUDY]) == rows_expected(
        site.broker, STUDY_PARTITION, [STUDY]
    )
    assert f"partition {STUDY_PARTITION}: the store accepts writes again" in worker.output


def doctor_on_writing(site: WorkerSite) -> tuple[str, str]:
    """Return the state of writing that the doctor finds, and the next command."""
    result = site.tocsin("doctor", "--json")
    assert result.returncode == 2, result.stderr
    (finding,) = [
        each for each in map(json.loads, result.stdout.splitlines()) if each["what"] == "writing"
    ]
    return finding["state"], finding["next"]
