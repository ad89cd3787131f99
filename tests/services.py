"""A Kafka broker and a Redis store for the tests that need them, started once per session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.local.kafka_server import SHORT_LIVED_JVM, KafkaServer, unavailable_reason
from streams.local.redis_server import RedisServer, find_program
from tests.paths import ROOT, skip_or_fail

SESSION_TIMEOUT = {"broker.session.timeout.ms": "60000"}
"""A long session timeout: a paused machine must not fence a broker that no test kills."""

KAFKA_LIBS = ROOT / ".services" / "kafka" / "libs"
"""The folder into which `make jars` downloads the Kafka server."""


@pytest.fixture(scope="session")
def kafka(kafka_libs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaServer]:
    """Apache Kafka, shared by all tests; a test that needs an empty topic creates its own."""
    with KafkaServer(
        tmp_path_factory.mktemp("kafka"), kafka_libs, SESSION_TIMEOUT, jvm=SHORT_LIVED_JVM
    ) as server:
        yield server


@pytest.fixture(scope="session")
def kafka_libs() -> Path:
    """The folder of Kafka's jars; skips or fails where no broker can be started from it."""
    if reason := unavailable_reason(KAFKA_LIBS):
        skip_or_fail(reason)
    return KAFKA_LIBS


@pytest.fixture(scope="session")
def redis_url(redis_program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a Redis or Valkey server shared by all tests; each test uses its own keys."""
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server.url


@pytest.fixture(scope="session")
def redis_program() -> str:
    """The path of the Redis or Valkey server program; skips or fails where there is none."""
    program, reason = find_program()
    if program is None:
        skip_or_fail(reason)
    return str(program)
