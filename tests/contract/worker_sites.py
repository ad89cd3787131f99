"""A fixture of an empty site for each test of workers: topics and a store of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streams.kafka.topics import apply_topics, required_topics
from streams.local.kafka_server import KafkaServer
from streams.local.redis_server import RedisServer
from streams.settings import Settings
from streams.store.function import load_library
from tests.contract.processes import patient_client
from tests.contract.workers import WorkerSite


@pytest.fixture
def site(
    admin: Any, kafka: KafkaServer, redis_program: str, tmp_path: Path
) -> Iterator[WorkerSite]:
    """Kafka and Redis with empty topics and the functions of the store."""
    apply_topics(admin, required_topics(Settings()), alter=False)
    with RedisServer(tmp_path / "redis") as server:
        asyncio.run(load_functions(server.url))
        yield WorkerSite(kafka.bootstrap, server.url, tmp_path)


async def load_functions(url: str) -> None:
    """Load the functions into the store at *url*."""
    client = patient_client(url)
    await load_library(client)
    await client.aclose()
