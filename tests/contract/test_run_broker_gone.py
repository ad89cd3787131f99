"""`tocsin run` ends with one line if broker or log disappear after the first check."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from streams.kafka.admin import admin_client
from streams.kafka.topics import LOG, apply_topics, required_topics
from streams.local.kafka_server import SHORT_LIVED_JVM, KafkaServer
from streams.local.redis_server import RedisServer
from streams.settings import Settings
from tests.contract.processes import PATIENCE_SECONDS, wait_until
from tests.contract.store_proxy import store_proxy
from tests.contract.worker_sites import load_functions
from tests.contract.workers import WorkerSite

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

STOP_SECONDS = 30
"""A supervisor gives a worker about this long to end before it kills it."""


@pytest.fixture
def own_broker(kafka_libs: Path, tmp_path: Path) -> Iterator[KafkaServer]:
    """A broker with the topics that no other test uses."""
    with KafkaServer(tmp_path / "kafka", kafka_libs, jvm=SHORT_LIVED_JVM) as server:
        with admin_client(server.bootstrap) as admin:
            apply_topics(admin, required_topics(Settings()), alter=False)
        yield server


@pytest.fixture
def store(redis_program: str, tmp_path: Path) -> Iterator[RedisServer]:
    """A store with the function library."""
    with RedisServer(tmp_path / "redis") as server:
        asyncio.run(load_functions(server.url))
        yield server


def start_after(
    event: Callable[[], None], broker: str, store: RedisServer, folder: Path
) -> WorkerSite:
    """Run a worker until it ends; *event* happens between its checks of Kafka and of Redis."""
    with store_proxy(store.socket_path, event) as address:
        site = WorkerSite(broker, address, folder)
        with site.running() as worker:
            worker.process.wait(PATIENCE_SECONDS)
    return site


def test_the_broker_dies_between_the_check_and_the_start_of_faust(
    own_broker: KafkaServer, store: RedisServer, tmp_path: Path
):
    """Exit code 4, the address and the setting, as for a broker that never ran."""
    site = start_after(own_broker.process.kill, own_broker.bootstrap, store, tmp_path)

    (worker,) = site.workers
    assert worker.process.returncode == 4, worker.output
    first_line, message = worker.output.splitlines()
    assert first_line.startswith("tocsin: folding")
    assert (
        f"no Kafka broker answers at {own_broker.bootstrap}" in message
        and "TOCSIN_BROKER" in message
    )


def test_the_log_is_deleted_between_the_check_and_the_start_of_faust(
    admin: Any, kafka: KafkaServer, store: RedisServer, tmp_path: Path
):
    """Exit code 4, the topic and the command that creates it."""
    apply_topics(admin, required_topics(Settings()), alter=False)

    def delete() -> None:
        if LOG in admin.list_topics():
            admin.delete_topics([LOG])
        wait_until(lambda: LOG not in admin.list_topics(), "the topic to be gone")

    site = start_after(delete, kafka.bootstrap, store, tmp_path)

    (worker,) = site.workers
    assert worker.process.returncode == 4, worker.output
    assert_topic_gone(worker.output)


@pytest.mark.campaign
def test_a_worker_ends_when_the_log_is_deleted(admin: Any, site: WorkerSite):
    """It ends as soon as a broker that is still starting is ruled out, with the same message."""
    with site.running() as worker:
        wait_until(lambda: worker.readiness() == (True, []), "readiness")
        admin.delete_topics([LOG])
        assert worker.process.wait(PATIENCE_SECONDS) == 4, worker.output
    assert_topic_gone(worker.output)


def assert_topic_gone(output: str) -> None:
    """Check that the output names topic and command, without the traceback of a library."""
    assert "Traceback" not in output and "Exception in thread" not in output, output
    last_line = output.splitlines()[-1]
    assert f"no topic {LOG}" in last_line and "tocsin topics apply" in last_line


@pytest.mark.campaign
def test_a_worker_whose_broker_is_dead_still_ends_at_sigterm(
    own_broker: KafkaServer, store: RedisServer, tmp_path: Path
):
    """Exit code 0 before a supervisor would kill it, although it cannot leave its group."""
    site = WorkerSite(own_broker.bootstrap, store.url, tmp_path)
    with site.running() as worker:
        wait_until(lambda: worker.readiness() == (True, []), "readiness")
        own_broker.process.kill()
        wait_until(lambda: not worker.readiness()[0], "the finding")
        worker.process.terminate()
        assert worker.process.wait(STOP_SECONDS) == 0, worker.output
    first_line, last_line = worker.output.splitlines()
    assert (
        first_line.startswith("tocsin: folding")
        and last_line == "tocsin: the broker does not answer"
    )
