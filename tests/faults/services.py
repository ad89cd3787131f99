"""What a leg of the campaign stands on: a broker, a store, workers, and the log that grows."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from streams.kafka.admin import administer
from streams.kafka.topics import LOG, apply, topics
from streams.local.kafka_server import QUICK, KafkaServer
from streams.local.redis_server import RedisServer
from streams.processor.cursor import Cursor
from streams.settings import Settings
from streams.store import LIVE
from streams.store.client import named
from streams.store.function import load
from streams.store.keys import Keys
from tests.contract.processes import patient
from tests.faults.produced_log import PARTITIONS, Feed, records, ticks
from tests.faults.workers import PLAIN, Crew
from tests.services import LIBS

WORKERS = 3

POLL_RECORDS = "20"
"""So few that a fault falls between two fetches of one burst."""

SETTLES_SECONDS = 240

Client: Any = redis.Redis
"""The client's types differ from one version to the next."""

GONE = redis.ConnectionError, redis.TimeoutError, redis.ResponseError


@dataclass(slots=True)
class Ground:
    """Everything that may break, and where it stands.

    *idle* counts workers killed in the middle of a rebalance, when nobody holds anything; *wrong*
    is what a fault itself found wrong.
    """

    kafka: KafkaServer
    redis: RedisServer
    crew: Crew
    feed: Feed
    random: Random
    folder: Path
    saved: list[Path] = field(default_factory=list[Path])
    idle: int = 0
    wrong: list[str] = field(default_factory=list[str])

    def client(self) -> Any:
        """A client of the store, for the one who breaks it."""
        return Client(
            unix_socket_path=str(self.redis.socket), socket_timeout=5, retry=Retry(NoBackoff(), 0)
        )

    def cursors(self) -> dict[int, Cursor]:
        """How far each partition was folded; nothing where the store does not answer."""
        with self.client() as client:
            asked = client.pipeline(transaction=False)
            for partition in range(PARTITIONS):
                asked.hgetall(Keys(LIVE, LOG, partition).cursor)
            try:
                found = asked.execute()
            except GONE:
                return {}
        return {number: Cursor.of(named(each)) for number, each in enumerate(found)}

    def places(self) -> dict[int, int]:
        """The next offset of each partition."""
        return {number: cursor.next for number, cursor in self.cursors().items()}

    def behind(self) -> int:
        """How many records are yet to be folded."""
        self.feed.producer.poll(0)
        places = self.places()
        return sum(max(0, end - places.get(each, 0)) for each, end in self.feed.ends.items())

    def untold(self) -> int:
        """How many entries wait in the outboxes."""
        with self.client() as client:
            asked = client.pipeline(transaction=False)
            for partition in range(PARTITIONS):
                asked.hlen(Keys(LIVE, LOG, partition).outbox)
            return sum(asked.execute())

    def gets_on(self, patience: float = 25) -> bool:
        """Wait until something more is folded; whether it was."""
        before = self.places()
        return self.until(lambda: self.places() not in ({}, before), patience)

    def until(self, done: Callable[[], bool], patience: float) -> bool:
        """Wait for *done*, and replace workers that ended; whether it came."""
        deadline = time.monotonic() + patience
        while not done():
            if time.monotonic() > deadline:
                return False
            self.crew.tend(WORKERS)
            time.sleep(0.05)
        return True

    def quiet(self) -> bool:
        """Whether all that was sent is folded, and all that is to be told is told."""
        try:
            return self.behind() == 0 and self.untold() == 0
        except GONE:
            return False

    def settle(self) -> str:
        """Send the last records, and wait until all is done; what is not, else nothing."""
        self.feed.send(ticks())
        if not self.feed.flush():
            return "the broker does not take the last records"
        if self.until(self.quiet, SETTLES_SECONDS):
            return ""
        return f"{self.behind()} records behind, {self.untold()} untold; {self.stopped()}"

    def stopped(self) -> dict[int, str]:
        """Which partitions stand still, and why."""
        with self.client() as client:
            asked = {
                number: client.hget(Keys(LIVE, LOG, number).cursor, "stopped")
                for number in range(PARTITIONS)
            }
        return {number: why.decode() for number, why in asked.items() if why}


@contextmanager
def grounded(
    folder: Path, random: Random, redis: Mapping[str, str], words: tuple[str, ...] = PLAIN
) -> Generator[Ground]:
    """Fresh services, three workers, and an empty log."""
    kafka = KafkaServer(folder / "kafka", LIBS, jvm=QUICK)
    with kafka, RedisServer(folder / "redis", redis) as store:
        with administer(kafka.bootstrap) as admin:
            apply(admin, topics(Settings()), alter=False)
        asyncio.run(loaded(store.url))
        told = {"BROKER": kafka.bootstrap, "STORE": store.url, "POLL_RECORDS": POLL_RECORDS}
        crew = Crew(folder, {f"TOCSIN_{name}": value for name, value in told.items()}, words)
        feed = Feed(kafka.bootstrap, records(random))
        ground = Ground(kafka, store, crew, feed, random, folder)
        keep(ground)
        try:
            crew.tend(WORKERS)
            ground.feed.burst(200)
            assert ground.gets_on(90), "no worker folds anything"
            yield ground
        finally:
            crew.end()


async def loaded(url: str) -> None:
    client = patient(url)
    await load(client)
    await client.aclose()


def keep(ground: Ground) -> None:
    """Have the library in the files that are cut short or brought back, and a first dump."""
    with ground.client() as client:
        if ground.redis.settings.get("appendonly") == "yes":
            client.bgrewriteaof()
            while client.info("persistence")["aof_rewrite_in_progress"]:
                time.sleep(0.05)
        if ground.redis.settings.get("save"):
            save(ground, client)


def save(ground: Ground, client: Any) -> None:
    """Put a copy of the store aside."""
    client.save()
    copy = ground.folder / f"dump-{len(ground.saved)}.rdb"
    shutil.copy(ground.redis.folder / "dump.rdb", copy)
    ground.saved.append(copy)
