"""A site for each test that is about workers: topics, a store of its own, and nothing in them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streams.kafka.topics import apply, topics
from streams.local.kafka_server import KafkaServer
from streams.local.redis_server import RedisServer
from streams.settings import Settings
from streams.store.function import load
from tests.contract.processes import patient
from tests.contract.workers import Site


@pytest.fixture
def site(admin: Any, kafka: KafkaServer, redis_program: str, tmp_path: Path) -> Iterator[Site]:
    """Kafka and Redis, with nothing in them but topics and library."""
    apply(admin, topics(Settings()), alter=False)
    with RedisServer(tmp_path / "redis") as server:
        asyncio.run(loaded(server.url))
        yield Site(kafka.bootstrap, server.url, tmp_path)


async def loaded(url: str) -> None:
    client = patient(url)
    await load(client)
    await client.aclose()
