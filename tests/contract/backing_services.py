"""Real services with a log of three studies, for commands that fold the log into the store."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streams.kafka.partitioner import partition_of
from streams.kafka.topics import ALERTS, LOG, apply_topics, required_topics
from streams.local.redis_server import RedisServer
from streams.log.kafka import KafkaLog
from streams.processor.processor import PartitionProcessor
from streams.processor.refold import refold
from streams.settings import Settings
from streams.store import LIVE_SPACE, Fields
from streams.store.function import load_library
from streams.store.keys import Keys
from streams.store.redis import RedisStore
from tests.contract.commands import tocsin
from tests.contract.processes import patient_client
from tests.scenarios.commands import small_log, write_log

STUDIES = ("S", "T", "PRODERM")
STUDY_PARTITIONS = {study: partition_of(study, 12) for study in STUDIES}


@dataclass
class Services:
    """A broker with the topics and the log at *path*, and an empty store with the functions."""

    broker: str
    store: str
    path: Path

    def tocsin(self, *arguments: str) -> Any:
        """Run a command against these services; it must end without a traceback."""
        result = tocsin(*arguments, BROKER=self.broker, STORE=self.store)
        assert "Traceback" not in result.stderr, result.stderr
        return result

    def open_store(self, study: str, space: str = LIVE_SPACE) -> RedisStore:
        """Open the store of the partition of *study* in *space*."""
        return RedisStore(patient_client(self.store), Keys(space, LOG, STUDY_PARTITIONS[study]))

    async def fold_all(self) -> None:
        """Fold the partition of every study, as workers do."""
        for study in STUDIES:
            log, store = KafkaLog(self.broker, LOG, STUDY_PARTITIONS[study]), self.open_store(study)
            processor = PartitionProcessor(log, store, partition=STUDY_PARTITIONS[study])
            await processor.claim()
            await refold(processor, log)
            await log.close()
            await store.close()

    async def rows(self, space: str = LIVE_SPACE) -> dict[str, Fields]:
        """The stored row of each study, by study."""
        rows: dict[str, Fields] = {}
        for study in STUDIES:
            store = self.open_store(study, space)
            rows[study] = await store.row(study)
            await store.close()
        return rows

    async def published_count(self) -> int:
        """The number of records on the alert topic."""
        count = 0
        for partition in range(4):
            log = KafkaLog(self.broker, ALERTS, partition)
            count += (await log.offset_range()).next
            await log.close()
        return count


@contextmanager
def running_services(admin: Any, broker: str, folder: Path) -> Generator[Services]:
    """Kafka and Redis with a produced log of which nothing is folded."""
    apply_topics(admin, required_topics(Settings()), alter=False)
    path = write_log(folder, [line for study in STUDIES for line in small_log(study)])
    with RedisServer(folder / "redis") as server:
        asyncio.run(_load_functions(server.url))
        services = Services(broker, server.url, path)
        assert services.tocsin("produce", str(path)).returncode == 0
        yield services


async def _load_functions(url: str) -> None:
    """Load the functions into the store at *url*."""
    client = patient_client(url)
    await load_library(client)
    await client.aclose()
