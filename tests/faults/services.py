"""The services of one phase of a campaign: a broker, a store, workers and a log producer."""

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

from streams.kafka.admin import admin_client
from streams.kafka.topics import LOG, apply_topics, required_topics
from streams.local.kafka_server import SHORT_LIVED_JVM, KafkaServer
from streams.local.redis_server import RedisServer
from streams.processor.cursor import Cursor
from streams.settings import Settings
from streams.store import LIVE_SPACE
from streams.store.client import decode_names
from streams.store.function import load_library
from streams.store.keys import Keys
from tests.contract.processes import patient_client
from tests.faults.produced_log import PARTITIONS, LogProducer, endless_records, last_ticks
from tests.faults.workers import RUN_COMMAND, WorkerProcesses
from tests.services import KAFKA_LIBS

WORKER_COUNT = 3

POLL_RECORDS = "20"
"""Few records, so that a fault can occur between two fetches of one burst."""

FINISH_SECONDS = 240

Client: Any = redis.Redis
"""The types of the client differ between its versions."""

STORE_ERRORS = redis.ConnectionError, redis.TimeoutError, redis.ResponseError


@dataclass(slots=True)
class FaultServices:
    """Services and workers of one phase, with the folder of their data.

    *idle_kills* counts workers killed during a rebalance, while no worker had a partition; *errors*
    are those that a fault found itself.
    """

    kafka: KafkaServer
    redis: RedisServer
    workers: WorkerProcesses
    producer: LogProducer
    random: Random
    folder: Path
    dumps: list[Path] = field(default_factory=list[Path])
    idle_kills: int = 0
    errors: list[str] = field(default_factory=list[str])

    def client(self) -> Any:
        """Return a client of the store without retries, for the fault functions."""
        return Client(
            unix_socket_path=str(self.redis.socket_path),
            socket_timeout=5,
            retry=Retry(NoBackoff(), 0),
        )

    def cursors(self) -> dict[int, Cursor]:
        """Return the cursor of each partition; empty where the store does not respond."""
        with self.client() as client:
            pipeline = client.pipeline(transaction=False)
            for partition in range(PARTITIONS):
                pipeline.hgetall(Keys(LIVE_SPACE, LOG, partition).cursor)
            try:
                responses = pipeline.execute()
            except STORE_ERRORS:
                return {}
        fields_by_partition = map(decode_names, responses)
        return {
            number: Cursor.from_fields(fields) for number, fields in enumerate(fields_by_partition)
        }

    def positions(self) -> dict[int, int]:
        """Return the next offset of each partition; empty where the store does not respond."""
        return {number: cursor.next for number, cursor in self.cursors().items()}

    def records_behind(self) -> int:
        """Return how many confirmed records are not folded yet."""
        self.producer.client.poll(0)
        positions = self.positions()
        return sum(max(0, end - positions.get(each, 0)) for each, end in self.producer.ends.items())

    def unpublished(self) -> int:
        """Return the number of entries in all outboxes."""
        with self.client() as client:
            pipeline = client.pipeline(transaction=False)
            for partition in range(PARTITIONS):
                pipeline.hlen(Keys(LIVE_SPACE, LOG, partition).outbox)
            return sum(pipeline.execute())

    def makes_progress(self, timeout: float = 25) -> bool:
        """Wait up to *timeout* seconds until a position changes; return whether one did."""
        before = self.positions()
        return self.wait_until(lambda: self.positions() not in ({}, before), timeout)

    def wait_until(self, condition: Callable[[], bool], timeout: float) -> bool:
        """Replace ended workers until *condition* or *timeout*; return whether it came true."""
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > deadline:
                return False
            self.workers.replace_dead(WORKER_COUNT)
            time.sleep(0.05)
        return True

    def is_idle(self) -> bool:
        """Return whether every record is folded and the outboxes are empty."""
        try:
            return self.records_behind() == 0 and self.unpublished() == 0
        except STORE_ERRORS:
            return False

    def finish(self) -> str:
        """Send the last records, and wait until all are folded; return an error, empty if none."""
        self.producer.send(last_ticks())
        if not self.producer.flush():
            return "the broker does not confirm the last records"
        if self.wait_until(self.is_idle, FINISH_SECONDS):
            return ""
        return (
            f"{self.records_behind()} records behind, {self.unpublished()} unpublished; "
            f"{self.stopped_partitions()}"
        )

    def stopped_partitions(self) -> dict[int, str]:
        """Return the stop message of each stopped partition."""
        with self.client() as client:
            reasons = {
                number: client.hget(Keys(LIVE_SPACE, LOG, number).cursor, "stopped")
                for number in range(PARTITIONS)
            }
        return {number: reason.decode() for number, reason in reasons.items() if reason}


@contextmanager
def running_services(
    folder: Path, random: Random, redis: Mapping[str, str], command: tuple[str, ...] = RUN_COMMAND
) -> Generator[FaultServices]:
    """Start new services, three workers and an empty log; stop them at the end."""
    kafka = KafkaServer(folder / "kafka", KAFKA_LIBS, jvm=SHORT_LIVED_JVM)
    with kafka, RedisServer(folder / "redis", redis) as store:
        with admin_client(kafka.bootstrap) as admin:
            apply_topics(admin, required_topics(Settings()), alter=False)
        asyncio.run(load_functions(store.url))
        settings = {"BROKER": kafka.bootstrap, "STORE": store.url, "POLL_RECORDS": POLL_RECORDS}
        workers = WorkerProcesses(
            folder, {f"TOCSIN_{name}": value for name, value in settings.items()}, command
        )
        producer = LogProducer(kafka.bootstrap, endless_records(random))
        services = FaultServices(kafka, store, workers, producer, random, folder)
        save_first_dump(services)
        try:
            workers.replace_dead(WORKER_COUNT)
            services.producer.burst(200)
            assert services.makes_progress(90), "no worker folds anything"
            yield services
        finally:
            workers.stop_all()


async def load_functions(url: str) -> None:
    client = patient_client(url)
    await load_library(client)
    await client.aclose()


def save_first_dump(services: FaultServices) -> None:
    """Write the function library to the files that faults truncate or restore."""
    with services.client() as client:
        if services.redis.settings.get("appendonly") == "yes":
            client.bgrewriteaof()
            while client.info("persistence")["aof_rewrite_in_progress"]:
                time.sleep(0.05)
        if services.redis.settings.get("save"):
            save_dump(services, client)


def save_dump(services: FaultServices, client: Any) -> None:
    """Save the store, and copy the dump for a later restore."""
    client.save()
    copy = services.folder / f"dump-{len(services.dumps)}.rdb"
    shutil.copy(services.redis.folder / "dump.rdb", copy)
    services.dumps.append(copy)
