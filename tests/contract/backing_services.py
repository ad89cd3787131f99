"""Real services with a log of three studies, for commands that go from the log to the store."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streams.kafka.partitioner import partition_of
from streams.kafka.topics import ALERTS, LOG, apply, topics
from streams.local.redis_server import RedisServer
from streams.log.kafka import KafkaLog
from streams.processor import Lane
from streams.processor.refold import refold
from streams.settings import Settings
from streams.store import LIVE, Fields
from streams.store.function import load
from streams.store.keys import Keys
from streams.store.redis import RedisStore
from tests.contract.commands import tocsin
from tests.contract.processes import patient
from tests.scenarios.commands import small, written

STUDIES = ("S", "T", "PRODERM")
PLACES = {study: partition_of(study, 12) for study in STUDIES}


@dataclass
class Ground:
    """A broker with our topics, the log at *path* produced, and an empty store with our library."""

    broker: str
    store: str
    path: Path

    def tocsin(self, *words: str) -> Any:
        done = tocsin(*words, BROKER=self.broker, STORE=self.store)
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def kept(self, study: str, space: str = LIVE) -> RedisStore:
        return RedisStore(patient(self.store), Keys(space, LOG, PLACES[study]))

    async def fold(self) -> None:
        """Fold every partition, as workers would have."""
        for study in STUDIES:
            log, store = KafkaLog(self.broker, LOG, PLACES[study]), self.kept(study)
            lane = Lane(log, store, partition=PLACES[study])
            await lane.claim()
            await refold(lane, log)
            await log.close()
            await store.close()

    async def rows(self, space: str = LIVE) -> dict[str, Fields]:
        """What the store holds of each study."""
        found: dict[str, Fields] = {}
        for study in STUDIES:
            store = self.kept(study, space)
            found[study] = await store.row(study)
            await store.close()
        return found

    async def announced(self) -> int:
        """How many alerts are on the topic of alerts."""
        count = 0
        for number in range(4):
            log = KafkaLog(self.broker, ALERTS, number)
            count += (await log.ends()).next
            await log.close()
        return count


@contextmanager
def grounded(admin: Any, broker: str, folder: Path) -> Generator[Ground]:
    """Kafka and Redis, the log produced, nothing folded."""
    apply(admin, topics(Settings()), alter=False)
    path = written(folder, [line for study in STUDIES for line in small(study)])
    with RedisServer(folder / "redis") as server:
        asyncio.run(_loaded(server.url))
        made = Ground(broker, server.url, path)
        assert made.tocsin("produce", str(path)).returncode == 0
        yield made


async def _loaded(url: str) -> None:
    client = patient(url)
    await load(client)
    await client.aclose()
