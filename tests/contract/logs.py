"""The logs that one suite is run on: a file, the mock broker, Apache Kafka; each begins empty."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Protocol

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from streams.kafka.admin import admin_client
from streams.log import Log
from streams.log.file import FileLog
from streams.log.kafka import KafkaLog

Admin: Any = AIOKafkaAdminClient
Producer: Any = AIOKafkaProducer

NEXT_NUMBER = count()
PARTITION = 1


class WritableLog(Protocol):
    """A place where a log lies, to be written from outside and opened again and again."""

    def open(self) -> Log:
        """A log that reads it."""
        ...

    async def write(self, values: Sequence[bytes]) -> None:
        """Add records of study S to its end."""
        ...


@dataclass(slots=True)
class WritableFile:
    """A file in a folder of the test."""

    path: Path

    def open(self) -> Log:
        return FileLog(self.path)

    async def write(self, values: Sequence[bytes]) -> None:
        with self.path.open("ab") as file:
            file.writelines(value + b"\n" for value in values)


@dataclass(slots=True)
class WritableTopic:
    """One partition of a topic, by default partition 1 of a topic of its own, in four."""

    bootstrap: str
    topic: str = field(default_factory=lambda: f"suite.{next(NEXT_NUMBER)}")
    partition: int = PARTITION

    def open(self) -> KafkaLog:
        return KafkaLog(self.bootstrap, self.topic, self.partition)

    async def write(self, values: Sequence[bytes], *, transactional: bool = False) -> None:
        if transactional:
            async with self._transaction(values) as producer:
                await producer.commit_transaction()
        else:
            async with Producer(bootstrap_servers=self.bootstrap) as producer:
                await self._send(producer, values)

    async def write_aborted(self, values: Sequence[bytes]) -> None:
        """Write records in a transaction that is then aborted."""
        async with self._transaction(values) as producer:
            await producer.abort_transaction()

    async def delete_before(self, before: int) -> None:
        """Remove the records below an offset, as retention would."""
        admin = Admin(bootstrap_servers=self.bootstrap)
        await admin.start()
        target = TopicPartition(self.topic, self.partition)
        await admin.delete_records({target: RecordsToDelete(before_offset=before)})
        await admin.close()

    @asynccontextmanager
    async def _transaction(self, values: Sequence[bytes]) -> AsyncGenerator[Any]:
        name = f"suite-{next(NEXT_NUMBER)}"
        async with open_log(self) as log:
            end = (await log.offset_range()).next + len(values)
            async with Producer(
                bootstrap_servers=self.bootstrap, transactional_id=name
            ) as producer:
                await producer.begin_transaction()
                await self._send(producer, values)
                yield producer
            await wait_for_end(log, end + 1)

    async def _send(self, producer: Any, values: Sequence[bytes]) -> None:
        for value in values:
            await producer.send_and_wait(self.topic, value, key=b"S", partition=self.partition)


async def wait_for_end(log: Log, end: int) -> None:
    """Wait until *log* ends there: a broker writes a marker after it has said that all is well."""
    for _ in range(3_000):
        if (await log.offset_range()).next >= end:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"no marker before offset {end}")


def new_topic(bootstrap: str, *, auto_created: bool) -> WritableTopic:
    """A new topic; the mock broker's is *made* by being asked for, Apache Kafka is told to."""
    writable = WritableTopic(bootstrap)
    if not auto_created:
        with admin_client(bootstrap) as admin:
            admin.create_topics({writable.topic: {"num_partitions": 4}}, wait_for_metadata=True)
    return writable


@asynccontextmanager
async def open_log(writable: WritableLog) -> AsyncGenerator[Log]:
    """The log that *shelf* holds."""
    log = writable.open()
    try:
        yield log
    finally:
        await log.close()


def numbered_records(first: int, after: int) -> list[bytes]:
    """Records of study S, told apart by a number."""
    return [b'{"study":"S","n":%d}' % number for number in range(first, after)]


async def read_all(log: Log, start: int = 0, most: int = 3) -> list[tuple[int, bytes | None]]:
    """Everything from *start* to the end, a few at a time."""
    found: list[tuple[int, bytes | None]] = []
    while records := await log.read(start, most):
        assert len(records) <= most
        found += [(record.offset, record.value) for record in records]
        start = records[-1].offset + 1
    return found
