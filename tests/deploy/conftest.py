"""Fixtures: one set of secrets for all tests, a broker with its principals, and the services."""

from __future__ import annotations

import shutil
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
from tests.deploy.stack import PROGRAM_BY_IMAGE, Stack
from tests.deploy.vault import Vault, make_vault
from tests.paths import skip_or_fail

MONITORING = ("alertmanager-open", "alertmanager-closed", "prometheus-open", "prometheus-closed")
TOCSIN_SERVICES = ("worker", "deliver", "board-closed", "board-open", "intake")
SETUP_COMMANDS = [("access",), ("init", "topics", "apply"), ("init", "store", "apply")]


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


@pytest.fixture(scope="session")
def stack(
    kafka_libs: Path,
    redis_program: str,
    vault: Vault,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stack]:
    """Run all services of compose, and produce the ProDERM log."""
    for program in PROGRAM_BY_IMAGE.values():
        if shutil.which(program) is None:
            skip_or_fail(
                f"no {program} on PATH: apt-get install prometheus prometheus-alertmanager"
            )
    with Stack(tmp_path_factory.mktemp("stack"), kafka_libs, vault) as stack:
        for name in MONITORING:
            stack.launch(name)
            stack.wait_ready(name)
        stack.kafka.start()
        stack.redis.start()
        for words in SETUP_COMMANDS:
            stack.run_once(*words)
        for name in TOCSIN_SERVICES:
            stack.launch(name)
            stack.wait_ready(name)
        stack.run_once("produce", "produce", "studies/proderm/log.jsonl", "--quiet")
        yield stack
