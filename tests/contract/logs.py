"""The kinds of log for one suite: a file, the mock broker and Apache Kafka, each empty."""

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
    """The storage of a log, which a test writes to and opens any number of times."""

    def open(self) -> Log:
        """Open a log that reads this storage."""
        ...

    async def write(self, values: Sequence[bytes]) -> None:
        """Append records of study S."""
        ...


@dataclass(slots=True)
class WritableFile:
    """A log file in a folder of the test."""

    path: Path

    def open(self) -> Log:
        return FileLog(self.path)

    async def write(self, values: Sequence[bytes]) -> None:
        with self.path.open("ab") as file:
            file.writelines(value + b"\n" for value in values)


@dataclass(slots=True)
class WritableTopic:
    """One partition of a topic, by default partition 1 of a new topic of four."""

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
        """Append records in a transaction, and abort it."""
        async with self._transaction(values) as producer:
            await producer.abort_transaction()

    async def delete_before(self, before: int) -> None:
        """Delete the records below an offset, as retention does."""
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
    """Wait until *log* ends at offset *end*.

    A broker writes a transaction's marker after it has acknowledged the commit or the abort.
    """
    for _ in range(3_000):
        if (await log.offset_range()).next >= end:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"no marker before offset {end}")


def new_topic(bootstrap: str, *, auto_created: bool) -> WritableTopic:
    """A new topic, created here unless the broker is one on which it is *auto_created*."""
    writable = WritableTopic(bootstrap)
    if not auto_created:
        with admin_client(bootstrap) as admin:
            admin.create_topics({writable.topic: {"num_partitions": 4}}, wait_for_metadata=True)
    return writable


@asynccontextmanager
async def open_log(writable: WritableLog) -> AsyncGenerator[Log]:
    """The log of *writable*, closed at the end of the block."""
    log = writable.open()
    try:
        yield log
    finally:
        await log.close()


def numbered_records(first: int, after: int) -> list[bytes]:
    """Records of study S, each with a number of the range."""
    return [b'{"study":"S","n":%d}' % number for number in range(first, after)]


async def read_all(log: Log, start: int = 0, limit: int = 3) -> list[tuple[int, bytes | None]]:
    """Read all offsets and values from *start* in reads of at most *limit* records."""
    values: list[tuple[int, bytes | None]] = []
    while records := await log.read(start, limit):
        assert len(records) <= limit
        values += [(record.offset, record.value) for record in records]
        start = records[-1].offset + 1
    return values
