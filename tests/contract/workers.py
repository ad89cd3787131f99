"""Worker processes on a real broker and a real store, and what they leave behind."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncGenerator, Callable, Generator, Iterable
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from kafka import KafkaConsumer, KafkaProducer

from streams.lane.cursor import Cursor
from streams.log_kafka import KafkaLog
from streams.pipeline import Pipeline
from streams.services.ports import free_ports
from streams.store import LIVE, Fields
from streams.store.keys import Keys
from streams.store.memory import MemoryStore
from streams.store.redis import RedisStore, connect
from streams.topics import ALERTS, DEAD_LETTERS, LOG
from tests.contract.commands import tocsin
from tests.places import ROOT
from tests.streams.kept import KeptLog
from tests.streams.lanes import caught_up

PATIENCE_SECONDS = 60

Reader: Any = KafkaConsumer
Writer: Any = KafkaProducer


@dataclass
class Worker:
    """A process that runs ``tocsin run``."""

    process: subprocess.Popen[bytes]
    health: str
    says: Path

    def ready(self) -> tuple[bool, list[dict[str, Any]]]:
        """What its probe answers."""
        try:
            with urllib.request.urlopen(f"http://{self.health}/readyz", timeout=5) as answer:
                body = json.load(answer)
        except urllib.error.HTTPError as error:
            body = json.load(error)
        except OSError:
            return False, []
        return body["ready"], body["findings"]

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send *how*, and wait; how it ended."""
        self.process.send_signal(how)
        return self.process.wait(PATIENCE_SECONDS)

    @property
    def words(self) -> str:
        """What it printed."""
        return self.says.read_text()


@dataclass
class Site:
    """A broker with the topics, and a store with the library."""

    broker: str
    store: str
    folder: Path
    workers: list[Worker] = field(default_factory=list[Worker])

    def tocsin(self, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """A command."""
        return tocsin(*words, BROKER=self.broker, STORE=self.store, **settings)

    def start(self, **settings: str) -> Worker:
        """A worker, started."""
        health = f"127.0.0.1:{free_ports(1)[0]}"
        clean = {name: told for name, told in os.environ.items() if not name.startswith("TOCSIN_")}
        ours = {"BROKER": self.broker, "STORE": self.store, "HEALTH": health, **settings}
        says = self.folder / f"worker-{len(self.workers)}"
        with says.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "tocsin", "run"],
                env={**clean, **{f"TOCSIN_{name}": value for name, value in ours.items()}},
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        worker = Worker(process, health, says)
        self.workers.append(worker)
        return worker

    @contextmanager
    def running(self, **settings: str) -> Generator[Worker]:
        """A worker, ended on SIGKILL if it still runs then."""
        worker = self.start(**settings)
        try:
            yield worker
        finally:
            if worker.process.poll() is None:
                worker.end(signal.SIGKILL)

    def send(self, values: Iterable[bytes], study: str, partition: int) -> int:
        """Put *values* into the log; the offset of the last."""
        producer = Writer(bootstrap_servers=self.broker)
        sent = [producer.send(LOG, v, study.encode(), partition=partition) for v in values]
        producer.flush()
        producer.close()
        return sent[-1].get(timeout=30).offset

    def cursor(self, partition: int) -> Cursor:
        """How far the store says that *partition* was folded."""
        return Cursor.of(asyncio.run(self._fields(partition)))

    async def _fields(self, partition: int) -> Fields:
        async with kept(self.store, partition) as store:
            return await store.cursor()

    def reaches(self, partition: int, offset: int) -> None:
        """Wait until the record at *offset* is folded."""
        until(lambda: self.cursor(partition).next > offset, f"{partition} to pass {offset}")

    def rows(self, partition: int, studies: Iterable[str]) -> dict[str, Fields]:
        """What the store holds of *studies*."""
        return asyncio.run(self._rows(partition, studies))

    async def _rows(self, partition: int, studies: Iterable[str]) -> dict[str, Fields]:
        async with kept(self.store, partition) as store:
            return {study: full(await store.row(study)) for study in studies}

    def expected(self, partition: int, studies: Iterable[str]) -> dict[str, Fields]:
        """What one pass over the log makes of *studies*."""
        return asyncio.run(self._expected(partition, studies))

    async def _expected(self, partition: int, studies: Iterable[str]) -> dict[str, Fields]:
        store = MemoryStore()
        await caught_up(await self.copied(partition), store)
        return {study: full(await store.row(study)) for study in studies}

    def alerts_expected(self, partition: int) -> dict[str, dict[str, Any]]:
        """The alerts that one pass over the log rings, by the keys they are told under."""
        log, pipeline = asyncio.run(self.copied(partition)), Pipeline()
        rung = [
            alert
            for each in log.records.values()
            for alert in pipeline.advance(each.value or b"", each.offset).alerts
        ]
        return {
            f"{each.id}:{each.revision}": asdict(each) | {"hypothetical": False} for each in rung
        }

    async def copied(self, partition: int) -> KeptLog:
        """The log of *partition* as a list."""
        log, copy = KafkaLog(self.broker, LOG, partition), KeptLog(partition, partitions=12)
        try:
            while found := await log.read(copy.next, 5_000):
                for each in found:
                    copy.append(each.value, each.key)
        finally:
            await log.close()
        return copy

    def told(self, topic: str = ALERTS) -> list[Any]:
        """The records of *topic*."""
        reader = Reader(
            topic,
            bootstrap_servers=self.broker,
            auto_offset_reset="earliest",
            consumer_timeout_ms=1_500,
        )
        try:
            return list(reader)
        finally:
            reader.close()

    def letters(self) -> dict[str, Any]:
        """The dead letters by their keys."""
        return {each.key.decode(): each for each in self.told(DEAD_LETTERS)}


@asynccontextmanager
async def kept(url: str, partition: int) -> AsyncGenerator[RedisStore]:
    """A store of *partition*, for as long as it is used."""
    store = RedisStore(connect(url), Keys(LIVE, LOG, partition))
    try:
        yield store
    finally:
        await store.close()


def full(fields: Fields) -> Fields:
    """*fields* without the emptied ones: equal for equal rows."""
    return {name: value for name, value in fields.items() if value}


def until(done: Callable[[], bool], what: str) -> None:
    """Wait for *done*, and fail with *what* was waited for."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not done():
        assert time.monotonic() < deadline, f"waited {PATIENCE_SECONDS} s for {what}"
        time.sleep(0.1)
