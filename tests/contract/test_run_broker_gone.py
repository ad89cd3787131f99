"""`tocsin run` where broker or log go away after the first look: one line, and no Traceback."""

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
"""A supervisor that asks a worker to end gives it about so long before it kills it."""


@pytest.fixture
def own_broker(kafka_libs: Path, tmp_path: Path) -> Iterator[KafkaServer]:
    """A broker of our own, with the topics: nobody else misses it."""
    with KafkaServer(tmp_path / "kafka", kafka_libs, jvm=SHORT_LIVED_JVM) as server:
        with admin_client(server.bootstrap) as admin:
            apply_topics(admin, required_topics(Settings()), alter=False)
        yield server


@pytest.fixture
def store(redis_program: str, tmp_path: Path) -> Iterator[RedisServer]:
    """A store with the library."""
    with RedisServer(tmp_path / "redis") as server:
        asyncio.run(load_functions(server.url))
        yield server


def start_after(
    first: Callable[[], None], broker: str, store: RedisServer, folder: Path
) -> WorkerSite:
    """What a worker says for whom *first* happens between the look at Kafka and that at Redis."""
    with store_proxy(store.socket_path, first) as address:
        site = WorkerSite(broker, address, folder)
        with site.running() as worker:
            worker.process.wait(PATIENCE_SECONDS)
    return site


def test_the_broker_dies_between_our_look_and_fausts_start(
    own_broker: KafkaServer, store: RedisServer, tmp_path: Path
):
    """Exit code 4 and how to start one, as if it had never been there."""
    site = start_after(own_broker.process.kill, own_broker.bootstrap, store, tmp_path)

    (worker,) = site.workers
    assert worker.process.returncode == 4, worker.output
    began, told = worker.output.splitlines()
    assert began.startswith("tocsin: folding")
    assert f"no Kafka broker answers at {own_broker.bootstrap}" in told and "TOCSIN_BROKER" in told


def test_the_log_is_deleted_between_our_look_and_fausts_start(
    admin: Any, kafka: KafkaServer, store: RedisServer, tmp_path: Path
):
    """Exit code 4: which topic, and what makes a new one; nothing of partitions to be set."""
    apply_topics(admin, required_topics(Settings()), alter=False)

    def delete() -> None:
        if LOG in admin.list_topics():
            admin.delete_topics([LOG])
        wait_until(lambda: LOG not in admin.list_topics(), "the topic to be gone")

    site = start_after(delete, kafka.bootstrap, store, tmp_path)

    (worker,) = site.workers
    assert worker.process.returncode == 4, worker.output
    assert_topic_gone(worker.output)


def test_the_log_is_deleted_under_a_worker(admin: Any, site: WorkerSite):
    """It ends by itself, as soon as no broker that is coming up can be meant, and says the same."""
    with site.running() as worker:
        wait_until(lambda: worker.readiness() == (True, []), "readiness")
        admin.delete_topics([LOG])
        assert worker.process.wait(PATIENCE_SECONDS) == 4, worker.output
    assert_topic_gone(worker.output)


def assert_topic_gone(words: str) -> None:
    """They name the topic and the command, and are the words of no library."""
    assert "Traceback" not in words and "Exception in thread" not in words, words
    last = words.splitlines()[-1]
    assert f"no topic {LOG}" in last and "tocsin topics apply" in last


def test_a_worker_whose_broker_is_dead_still_ends_when_it_is_told_to(
    own_broker: KafkaServer, store: RedisServer, tmp_path: Path
):
    """SIGTERM, exit code 0 before a supervisor loses patience: there is nobody to take leave of."""
    site = WorkerSite(own_broker.bootstrap, store.url, tmp_path)
    with site.running() as worker:
        wait_until(lambda: worker.readiness() == (True, []), "readiness")
        own_broker.process.kill()
        wait_until(lambda: not worker.readiness()[0], "the finding")
        worker.process.terminate()
        assert worker.process.wait(STOP_SECONDS) == 0, worker.output
    began, waits = worker.output.splitlines()
    assert began.startswith("tocsin: folding") and waits == "tocsin: the broker does not answer"
