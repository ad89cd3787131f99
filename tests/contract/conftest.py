"""A cluster for tests of topics, a store for those of stores, sites for workers and deliverers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streams.kafka.admin import administer
from streams.kafka.topics import apply, topics
from streams.local.alertmanager_server import AlertmanagerServer, find
from streams.local.embedded import EmbeddedBroker
from streams.local.kafka_server import KafkaServer
from streams.settings import Settings
from tests.contract import deliverers
from tests.contract.cluster import clear
from tests.contract.http_sites import site
from tests.contract.stores import made
from tests.paths import missing

__all__ = ["admin", "embedded", "made", "site"]


@pytest.fixture
def embedded() -> Iterator[EmbeddedBroker]:
    """The mock broker of librdkafka, empty."""
    broker = EmbeddedBroker()
    yield broker
    broker.close()


@pytest.fixture
def admin(kafka: KafkaServer) -> Iterator[Any]:
    """A client of a cluster without any of our topics."""
    with administer(kafka.bootstrap) as admin:
        clear(admin)
        yield admin
        clear(admin)


@pytest.fixture
def delivery(kafka: KafkaServer, admin: Any, tmp_path: Path) -> Iterator[deliverers.Site]:
    """Kafka with our topics and that of another hospital; its deliverers end with the test."""
    apply(admin, topics(Settings(replication=1)), alter=False)
    admin.create_topics({deliverers.BUS: {"num_partitions": 1, "replication_factor": 1}})
    with deliverers.sited(kafka.bootstrap, tmp_path) as delivery:
        yield delivery
    clear(admin, deliverers.BUS)


@pytest.fixture(scope="session")
def alertmanager_program() -> str:
    """The server program, where there is one."""
    program, reason = find()
    if program is None:
        missing(reason)
    return str(program)


@pytest.fixture
def bell(alertmanager_program: str, tmp_path: Path) -> Iterator[AlertmanagerServer]:
    """An Alertmanager that calls nobody."""
    with AlertmanagerServer(tmp_path / "alertmanager") as bell:
        yield bell
