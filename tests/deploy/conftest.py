"""Fixtures: one set of secrets for all deployment tests, and a broker with its principals."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.kafka.acls import apply_grants
from streams.kafka.admin import admin_client
from streams.kafka.topics import apply_topics as make_topics
from streams.kafka.topics import required_topics
from streams.local.kafka_server import KafkaServer
from streams.settings import Settings
from tests.deploy.broker import GRANTS, broker
from tests.deploy.vault import Vault, make_vault


@pytest.fixture(scope="session")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Vault:
    """Return every secret, in a folder of its own."""
    return make_vault(tmp_path_factory.mktemp("secrets"))


@pytest.fixture(scope="module")
def secured(
    kafka_libs: Path, vault: Vault, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[KafkaServer]:
    """Run the broker of compose with topics and grants, and one login without a grant."""
    server = broker(kafka_libs, tmp_path_factory.mktemp("secured"), vault)
    (vault.folder / "kafka-sponsor").write_text("password-of-a-blinded-sponsor")
    jaas_setting = "listener.name.clients.plain.sasl.jaas.config"
    sponsor_user = f'user_sponsor="{vault.secret("kafka-sponsor")}";'
    server.settings = {
        **server.settings,
        jaas_setting: server.settings[jaas_setting].removesuffix(";") + f" {sponsor_user}",
    }
    with server, admin_client(server.bootstrap) as admin:
        apply_grants(admin, GRANTS, alter=False)
        make_topics(admin, required_topics(Settings()), alter=False)
        yield server
