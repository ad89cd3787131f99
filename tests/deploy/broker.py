"""Builds the broker and the store of docker-compose.yml from its files, on loopback ports."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from deploy.make_secrets import KAFKA_ACLS
from streams.kafka.acls import parse_grants
from streams.local.kafka_server import SHORT_LIVED_JVM, KafkaServer
from streams.local.redis_server import RedisServer
from streams.login import Login
from tests.deploy.vault import Vault
from tests.paths import ROOT
from tests.services import SESSION_TIMEOUT

GRANTS = parse_grants(KAFKA_ACLS.read_text())
"""The grants of the deployment."""

PROPERTIES = ROOT / "deploy" / "kafka" / "server.properties"
STORE = ROOT / "deploy" / "redis" / "valkey.conf"

OWN_SETTINGS = {"process.roles", "listeners", "advertised.listeners", "controller.quorum.voters"}
"""Settings that a private server chooses itself because they contain its ports."""


def settings(vault: Vault, data: Path) -> Mapping[str, str]:
    """Return the committed settings, with the secrets of *vault* and the data folder *data*."""
    text = PROPERTIES.read_text().replace("\\\n", "")
    text = text.replace("/run/secrets", str(vault.folder))
    text = text.replace("/var/lib/kafka/data", str(data))
    lines = [line.partition("=") for line in text.splitlines() if line and line[0] != "#"]
    return {name: value for name, _, value in lines if name not in OWN_SETTINGS}


def login(vault: Vault, principal: str) -> Login:
    """Return the login of *principal*."""
    return Login(
        security="sasl_ssl",
        user=principal,
        password_file=vault.path(f"kafka-{principal}"),
        ca_file=vault.path("tls-ca"),
    )


def principal(server: KafkaServer, vault: Vault, name: str) -> dict[str, str]:
    """Return the settings with which a command logs in to Kafka as *name*."""
    return {
        "BROKER": str(server.bootstrap),
        "KAFKA_SECURITY": "sasl_ssl",
        "KAFKA_USER": name,
        "KAFKA_PASSWORD_FILE": vault.path(f"kafka-{name}"),
        "KAFKA_CA_FILE": vault.path("tls-ca"),
    }


def broker(libs: Path, folder: Path, vault: Vault) -> KafkaServer:
    """Return a broker with the settings of compose, not started yet."""
    return KafkaServer(
        folder,
        libs,
        {**settings(vault, folder / "data"), **SESSION_TIMEOUT},
        jvm=SHORT_LIVED_JVM,
        listener="CLIENTS",
        login=login(vault, "admin"),
    )


def store(folder: Path, vault: Vault, port: int) -> RedisServer:
    """Return the store of compose, with its settings file, on the loopback port *port*."""
    text = STORE.read_text().replace("/run/secrets", str(vault.folder))
    lines = [line.partition(" ") for line in text.splitlines() if line and line[0] != "#"]
    options = {name: value for name, _, value in lines if name not in ("dir", "port")}
    login = ("deliver", vault.secret("store-deliver"))
    return RedisServer(folder, {**options, "tls-port": str(port)}, login=login)
