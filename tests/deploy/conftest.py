"""One set of secrets for all tests of the deployment, and a broker that knows its principals."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.kafka.acls import apply
from streams.kafka.admin import administer
from streams.kafka.topics import apply as make_topics
from streams.kafka.topics import topics
from streams.local.kafka_server import KafkaServer
from streams.settings import Settings
from tests.deploy.broker import WANTED, broker
from tests.deploy.vault import Vault, filled


@pytest.fixture(scope="session")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Vault:
    """Every secret, in a folder of its own."""
    return filled(tmp_path_factory.mktemp("secrets"))


@pytest.fixture(scope="module")
def secured(
    kafka_libs: Path, vault: Vault, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[KafkaServer]:
    """The broker of compose with topics and grants, and with one login that has no grant."""
    server = broker(kafka_libs, tmp_path_factory.mktemp("secured"), vault)
    (vault.folder / "kafka-sponsor").write_text("told-to-a-blinded-sponsor")
    name = "listener.name.clients.plain.sasl.jaas.config"
    more = f'user_sponsor="{vault.word("kafka-sponsor")}";'
    server.settings = {
        **server.settings,
        name: server.settings[name].removesuffix(";") + f" {more}",
    }
    with server, administer(server.bootstrap) as admin:
        apply(admin, WANTED, alter=False)
        make_topics(admin, topics(Settings()), alter=False)
        yield server
