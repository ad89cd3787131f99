"""Fixtures of brokers, stores, worker sites, deliverer sites and Alertmanagers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streams.kafka.admin import admin_client
from streams.kafka.topics import apply_topics, required_topics
from streams.local.alertmanager_server import AlertmanagerServer, find_program
from streams.local.embedded import EmbeddedBroker
from streams.local.kafka_server import KafkaServer
from streams.settings import Settings
from tests.contract import deliverers
from tests.contract.cluster import delete_topics
from tests.contract.stores import store_factory
from tests.contract.worker_sites import site
from tests.paths import skip_or_fail

__all__ = ["admin", "embedded", "site", "store_factory"]


@pytest.fixture
def embedded() -> Iterator[EmbeddedBroker]:
    """An empty mock broker of librdkafka."""
    broker = EmbeddedBroker()
    yield broker
    broker.close()


@pytest.fixture
def admin(kafka: KafkaServer) -> Iterator[Any]:
    """An admin client of a cluster that has none of Tocsin's topics."""
    with admin_client(kafka.bootstrap) as admin:
        delete_topics(admin)
        yield admin
        delete_topics(admin)


@pytest.fixture
def delivery(kafka: KafkaServer, admin: Any, tmp_path: Path) -> Iterator[deliverers.DelivererSite]:
    """Kafka with Tocsin's topics and that of another hospital; deliverers end with the test."""
    apply_topics(admin, required_topics(Settings(replication=1)), alter=False)
    admin.create_topics({deliverers.BUS_TOPIC: {"num_partitions": 1, "replication_factor": 1}})
    with deliverers.running_site(kafka.bootstrap, tmp_path) as delivery:
        yield delivery
    delete_topics(admin, deliverers.BUS_TOPIC)


@pytest.fixture(scope="session")
def alertmanager_program() -> str:
    """The path of the Alertmanager program; the test is skipped or fails without it."""
    program, reason = find_program()
    if program is None:
        skip_or_fail(reason)
    return str(program)


@pytest.fixture
def alertmanager(alertmanager_program: str, tmp_path: Path) -> Iterator[AlertmanagerServer]:
    """An Alertmanager whose receiver sends no notification."""
    with AlertmanagerServer(tmp_path / "alertmanager") as server:
        yield server
