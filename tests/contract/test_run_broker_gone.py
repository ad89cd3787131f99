"""`tocsin run` where broker or log go away after the first look: one line, and no Traceback."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from streams.kafka.admin import administer
from streams.kafka.topics import LOG, apply, topics
from streams.local.kafka_server import QUICK, KafkaServer
from streams.local.redis_server import RedisServer
from streams.settings import Settings
from tests.contract.gate import gate
from tests.contract.http_sites import loaded
from tests.contract.processes import PATIENCE_SECONDS, until
from tests.contract.workers import Site

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

STOP_SECONDS = 30
"""A supervisor that asks a worker to end gives it about so long before it kills it."""


@pytest.fixture
def mortal(kafka_libs: Path, tmp_path: Path) -> Iterator[KafkaServer]:
    """A broker of our own, with the topics: nobody else misses it."""
    with KafkaServer(tmp_path / "kafka", kafka_libs, jvm=QUICK) as server:
        with administer(server.bootstrap) as admin:
            apply(admin, topics(Settings()), alter=False)
        yield server


@pytest.fixture
def store(redis_program: str, tmp_path: Path) -> Iterator[RedisServer]:
    """A store with the library."""
    with RedisServer(tmp_path / "redis") as server:
        asyncio.run(loaded(server.url))
        yield server


def begins_after(first: Callable[[], None], broker: str, store: RedisServer, folder: Path) -> Site:
    """What a worker says for whom *first* happens between the look at Kafka and that at Redis."""
    with gate(store.socket, first) as address:
        site = Site(broker, address, folder)
        with site.running() as worker:
            worker.process.wait(PATIENCE_SECONDS)
    return site


def test_the_broker_dies_between_our_look_and_fausts_start(
    mortal: KafkaServer, store: RedisServer, tmp_path: Path
):
    """Exit code 4 and how to start one, as if it had never been there."""
    site = begins_after(mortal.process.kill, mortal.bootstrap, store, tmp_path)

    (worker,) = site.workers
    assert worker.process.returncode == 4, worker.words
    began, told = worker.words.splitlines()
    assert began.startswith("tocsin: watching")
    assert f"no Kafka broker answers at {mortal.bootstrap}" in told and "TOCSIN_BROKER" in told


def test_the_log_is_deleted_between_our_look_and_fausts_start(
    admin: Any, kafka: KafkaServer, store: RedisServer, tmp_path: Path
):
    """Exit code 4: which topic, and what makes a new one; nothing of partitions to be set."""
    apply(admin, topics(Settings()), alter=False)

    def delete() -> None:
        if LOG in admin.list_topics():
            admin.delete_topics([LOG])
        until(lambda: LOG not in admin.list_topics(), "the topic to be gone")

    site = begins_after(delete, kafka.bootstrap, store, tmp_path)

    (worker,) = site.workers
    assert worker.process.returncode == 4, worker.words
    assert_gone(worker.words)


def test_the_log_is_deleted_under_a_worker(admin: Any, site: Site):
    """It ends by itself, as soon as no broker that is coming up can be meant, and says the same."""
    with site.running() as worker:
        until(lambda: worker.ready() == (True, []), "readiness")
        admin.delete_topics([LOG])
        assert worker.process.wait(PATIENCE_SECONDS) == 4, worker.words
    assert_gone(worker.words)


def assert_gone(words: str) -> None:
    """They name the topic and the command, and are the words of no library."""
    assert "Traceback" not in words and "Exception in thread" not in words, words
    last = words.splitlines()[-1]
    assert f"no topic {LOG}" in last and "tocsin topics apply" in last


def test_a_worker_whose_broker_is_dead_still_ends_when_it_is_told_to(
    mortal: KafkaServer, store: RedisServer, tmp_path: Path
):
    """SIGTERM, exit code 0 before a supervisor loses patience: there is nobody to take leave of."""
    site = Site(mortal.bootstrap, store.url, tmp_path)
    with site.running() as worker:
        until(lambda: worker.ready() == (True, []), "readiness")
        mortal.process.kill()
        until(lambda: not worker.ready()[0], "the finding")
        worker.process.terminate()
        assert worker.process.wait(STOP_SECONDS) == 0, worker.words
    began, waits = worker.words.splitlines()
    assert began.startswith("tocsin: watching") and waits == "tocsin: the broker does not answer"
