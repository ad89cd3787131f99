"""Worker processes on a real broker and a real store, and the results that they write."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator, Iterable
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kafka import KafkaConsumer, KafkaProducer

from streams.kafka.topics import ALERTS, DEAD_LETTERS, LOG
from streams.local.ports import free_ports
from streams.processor.cursor import Cursor
from streams.store import LIVE_SPACE, Fields
from streams.store.keys import Keys
from streams.store.redis import RedisStore
from tests.contract.commands import tocsin
from tests.contract.expected_results import alerts_expected, non_empty
from tests.contract.processes import CommandProcess, patient_client, wait_until
from tests.paths import ROOT

Consumer: Any = KafkaConsumer
Producer: Any = KafkaProducer


@dataclass
class WorkerSite:
    """A broker with the topics, and a store with the functions."""

    broker: str
    store: str
    folder: Path
    workers: list[CommandProcess] = field(default_factory=list[CommandProcess])

    def tocsin(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run a command on this broker and store."""
        return tocsin(*arguments, BROKER=self.broker, STORE=self.store, **settings)

    def start(self, *arguments: str, **settings: str) -> CommandProcess:
        """Start a worker: `tocsin run`, or the module and options in *arguments*."""
        health = f"127.0.0.1:{free_ports(1)[0]}"
        environment = {
            name: setting for name, setting in os.environ.items() if not name.startswith("TOCSIN_")
        }
        defaults = {
            "BROKER": self.broker,
            "STORE": self.store,
            "HEALTH": health,
            "METRICS_OPEN": "off",
        }
        output_file = self.folder / f"worker-{len(self.workers)}"
        with output_file.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", *(arguments or ("tocsin", "run"))],
                env={
                    **environment,
                    **{f"TOCSIN_{name}": value for name, value in {**defaults, **settings}.items()},
                    # `Traffic.assignments` finds a worker in the group by this client id.
                    "BROKER_CLIENT_ID": health,
                },
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        worker = CommandProcess(process, health, output_file)
        self.workers.append(worker)
        return worker

    @contextmanager
    def running(self, *arguments: str, **settings: str) -> Generator[CommandProcess]:
        """A worker that is killed if it still runs at the end of the block."""
        worker = self.start(*arguments, **settings)
        try:
            yield worker
        finally:
            if worker.process.poll() is None:
                worker.stop(signal.SIGKILL)

    def send(self, values: Iterable[bytes], study: str, partition: int) -> int:
        """Send *values* to the log, and return the offset of the last."""
        producer = Producer(bootstrap_servers=self.broker)
        sent = [producer.send(LOG, v, study.encode(), partition=partition) for v in values]
        producer.flush()
        producer.close()
        return sent[-1].get(timeout=30).offset

    def cursor(self, partition: int) -> Cursor:
        """The stored cursor of *partition*."""
        return Cursor.from_fields(asyncio.run(self._cursor_fields(partition)))

    async def _cursor_fields(self, partition: int) -> Fields:
        async with open_store(self.store, partition) as store:
            return await store.cursor()

    def wait_folded(self, partition: int, offset: int) -> None:
        """Wait until the record at *offset* is folded."""
        wait_until(lambda: self.cursor(partition).next > offset, f"{partition} to pass {offset}")

    def rows(self, partition: int, studies: Iterable[str]) -> dict[str, Fields]:
        """The stored rows of *studies*."""
        return asyncio.run(self._rows(partition, studies))

    async def _rows(self, partition: int, studies: Iterable[str]) -> dict[str, Fields]:
        async with open_store(self.store, partition) as store:
            return {study: non_empty(await store.row(study)) for study in studies}

    def topic_records(self, topic: str = ALERTS) -> list[Any]:
        """All records of *topic*."""
        consumer = Consumer(
            topic,
            bootstrap_servers=self.broker,
            auto_offset_reset="earliest",
            consumer_timeout_ms=1_500,
        )
        try:
            return list(consumer)
        finally:
            consumer.close()

    def all_published(self, partition: int) -> bool:
        """Whether the published alerts equal those of one pass, payloads included."""
        published = {each.key.decode(): json.loads(each.value) for each in self.topic_records()}
        return published == alerts_expected(self.broker, partition)

    def dead_letters(self) -> dict[str, Any]:
        """The published dead letters, by their keys."""
        return {each.key.decode(): each for each in self.topic_records(DEAD_LETTERS)}


@asynccontextmanager
async def open_store(url: str, partition: int) -> AsyncGenerator[RedisStore]:
    """The store of *partition*, closed at the end of the block."""
    store = RedisStore(patient_client(url), Keys(LIVE_SPACE, LOG, partition))
    try:
        yield store
    finally:
        await store.close()
