"""A real broker and a real store for the tests that need them: started once, ended at the end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.local.kafka_server import SHORT_LIVED_JVM, KafkaServer, unavailable_reason
from streams.local.redis_server import RedisServer, find_program
from tests.paths import ROOT, skip_or_fail

SESSION_TIMEOUT = {"broker.session.timeout.ms": "60000"}
"""For a broker that nobody kills: a machine that stands still must not fence it off."""

KAFKA_LIBS = ROOT / ".services" / "kafka" / "libs"
"""Where `make jars` puts Kafka's server."""


@pytest.fixture(scope="session")
def kafka(kafka_libs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaServer]:
    """Apache Kafka, shared by all tests; one that needs an empty topic makes its own."""
    with KafkaServer(
        tmp_path_factory.mktemp("kafka"), kafka_libs, SESSION_TIMEOUT, jvm=SHORT_LIVED_JVM
    ) as server:
        yield server


@pytest.fixture(scope="session")
def kafka_libs() -> Path:
    """Kafka's jars, where a broker can be started from them."""
    if reason := unavailable_reason(KAFKA_LIBS):
        skip_or_fail(reason)
    return KAFKA_LIBS


@pytest.fixture(scope="session")
def redis_url(redis_program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Redis or Valkey server, shared by all tests; each keeps to its own keys."""
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server.url


@pytest.fixture(scope="session")
def redis_program() -> str:
    """The server program, where there is one."""
    program, reason = find_program()
    if program is None:
        skip_or_fail(reason)
    return str(program)
