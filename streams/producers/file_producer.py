"""Puts a file of records into Kafka: what is there already is found out, and not sent again."""

from __future__ import annotations

import asyncio
from array import array
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Self

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from streams.kafka.partitioner import partition_of
from streams.log import Log, LogRecord, LogUnreachable, records_of
from streams.log.kafka import started
from streams.login import options
from streams.producers.pace import Pace
from streams.records.encode import headers_of
from streams.settings import HEADROOM_BYTES, RECORD_BYTES_MAX

AT_ONCE = 5_000
"""Lines or records in one read, and the most that are sent and not yet confirmed."""

LINGER_MS = 5
BATCH_BYTES = 256 << 10

KEY_BYTES_MAX = HEADROOM_BYTES // 2
"""Beside the largest value there must be room for headers, too."""

Order = dict[int, "array[int]"]
"""By partition, what the file has for it, each record as a number, in order."""


@dataclass(frozen=True, slots=True)
class Unsendable:
    """A line that is not sent, and why."""

    line: int
    why: str


@dataclass(slots=True)
class Backlog:
    """What of a file is to be sent: all but the first *held* of each partition."""

    order: Order
    unsendable: list[Unsendable] = field(default_factory=list[Unsendable])
    held: Counter[int] = field(default_factory=Counter[int])

    @property
    def count(self) -> int:
        """How many records are missing."""
        return sum(map(len, self.order.values())) - self.held.total()


async def backlog(file: Log, partitions: int, target: Callable[[int], Log]) -> Backlog:
    """What *target* lacks of *file*; *target* gives the log of each partition."""
    found = await ordered(file, partitions)
    for partition, numbers in found.order.items():
        log = target(partition)
        try:
            found.held[partition] = await already_there(log, numbers)
        finally:
            await log.close()
    return found


async def ordered(file: Log, partitions: int) -> Backlog:
    """The records of *file* by partition, and the lines that are none."""
    found = Backlog(defaultdict(lambda: array("Q")))
    async for record in records_of(file):
        if why := unsendable(record):
            found.unsendable.append(Unsendable(record.offset + 1, why))
        else:
            found.order[place_of(record, partitions)].append(number_of(record.value))
    return found


async def already_there(log: Log, numbers: array[int]) -> int:
    """How many of *numbers*, from the first on, the log holds in this order.

    Others may have written in between: ticks, reviews, another file.  A record that is missing
    in the middle is sent with all that follow it: said twice is said once.
    """
    held = 0
    async for record in records_of(log, (await log.ends()).first):
        held += number_of(record.value) == numbers[held]
        if held == len(numbers):
            break
    return held


async def lacking(
    file: Log, partitions: int, missing: Backlog
) -> AsyncIterator[tuple[int, LogRecord]]:
    """The records of *file* that are *missing*, each with its partition."""
    skip = Counter(missing.held)
    bad = {each.line for each in missing.unsendable}
    async for record in records_of(file):
        if record.offset + 1 in bad:
            continue
        partition = place_of(record, partitions)
        if skip[partition] > 0:
            skip[partition] -= 1
        else:
            yield partition, record


async def deliver(
    records: AsyncIterator[tuple[int, LogRecord]], sink: Sink, pace: Pace
) -> AsyncIterator[int]:
    """Send *records* at their *pace*; yields how many are confirmed, again and again.

    Raises LogUnreachable when one is not: the next run sends it, with what came after it.
    """
    waiting: deque[asyncio.Future[Any]] = deque()
    confirmed = 0
    try:
        async for partition, record in records:
            await pace.wait(record)
            waiting.append(await sink.send(partition, record))
            while waiting and (waiting[0].done() or len(waiting) > AT_ONCE):
                await waiting.popleft()
                confirmed += 1
            yield confirmed
        while waiting:
            await waiting.popleft()
            confirmed += 1
        yield confirmed
    except (KafkaError, OSError) as error:
        raise LogUnreachable(f"the broker stopped taking records ({error})") from error
    finally:
        await asyncio.gather(*waiting, return_exceptions=True)


@dataclass(slots=True)
class Sink:
    """A topic that takes records, each in the partition that is named, as an async context.

    Every copy has a record before it is confirmed, and none gets in twice or out of turn.
    """

    bootstrap: str
    topic: str
    producer: AIOKafkaProducer = field(init=False, repr=False)

    async def __aenter__(self) -> Self:
        self.producer = AIOKafkaProducer(
            bootstrap_servers=self.bootstrap,
            **options(self.bootstrap),
            acks="all",
            enable_idempotence=True,
            linger_ms=LINGER_MS,
            max_batch_size=BATCH_BYTES,
            max_request_size=RECORD_BYTES_MAX + HEADROOM_BYTES,
        )
        try:
            await started(self.producer)
        except (KafkaError, OSError) as error:
            raise LogUnreachable(f"no Kafka broker answers at {self.bootstrap}") from error
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.producer.stop()

    async def send(self, partition: int, record: LogRecord) -> asyncio.Future[Any]:
        """Hand *record* over; the future says when it is confirmed."""
        return await self.producer.send(
            self.topic,
            record.value,
            key=record.key,
            partition=partition,
            headers=list(headers_of(record.value or b"")),
        )


def place_of(record: LogRecord, partitions: int) -> int:
    """The partition of a record that names its study."""
    assert record.key is not None
    return partition_of(record.key.decode(), partitions)


def unsendable(record: LogRecord) -> str:
    """Why a line cannot be a record of the log; empty for one that can."""
    if record.key is None:
        return "it names no study, so it belongs nowhere"
    if len(record.value or b"") > RECORD_BYTES_MAX:
        return "it is over 1 MiB"
    if len(record.key) > KEY_BYTES_MAX:
        return "its study's name is too long"
    return ""


def number_of(value: bytes | None) -> int:
    """A record as 64 bits: what is compared, and all of the file that is kept in memory."""
    return int.from_bytes(blake2b(value or b"", digest_size=8).digest(), "little")
