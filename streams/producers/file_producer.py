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
from streams.log.kafka import start_client
from streams.login import client_options
from streams.producers.pace import Pace
from streams.records.encode import cloudevents_headers
from streams.settings import HEADROOM_BYTES, RECORD_BYTES_MAX

IN_FLIGHT_MAX = 5_000
"""Lines or records in one read, and the most that are sent and not yet confirmed."""

LINGER_MS = 5
BATCH_BYTES = 256 << 10

KEY_BYTES_MAX = HEADROOM_BYTES // 2
"""Beside the largest value there must be room for headers, too."""

DigestsByPartition = dict[int, "array[int]"]
"""By partition, what the file has for it, each record as a number, in order."""


@dataclass(frozen=True, slots=True)
class UnsendableLine:
    """A line that is not sent, and why."""

    line: int
    reason: str


@dataclass(slots=True)
class Backlog:
    """What of a file is to be sent: all but the first *held* of each partition."""

    digests: DigestsByPartition
    unsendable_lines: list[UnsendableLine] = field(default_factory=list[UnsendableLine])
    already_written: Counter[int] = field(default_factory=Counter[int])

    @property
    def count(self) -> int:
        """How many records are missing."""
        return sum(map(len, self.digests.values())) - self.already_written.total()


async def find_backlog(file: Log, partition_count: int, target: Callable[[int], Log]) -> Backlog:
    """What *target* lacks of *file*; *target* gives the log of each partition."""
    missing = await scan_file(file, partition_count)
    for partition, digests in missing.digests.items():
        log = target(partition)
        try:
            missing.already_written[partition] = await count_already_written(log, digests)
        finally:
            await log.close()
    return missing


async def scan_file(file: Log, partition_count: int) -> Backlog:
    """The records of *file* by partition, and the lines that are none."""
    contents = Backlog(defaultdict(lambda: array("Q")))
    async for record in records_of(file):
        if reason := unsendable_reason(record):
            contents.unsendable_lines.append(UnsendableLine(record.offset + 1, reason))
        else:
            contents.digests[partition_for(record, partition_count)].append(
                record_digest(record.value)
            )
    return contents


async def count_already_written(log: Log, digests: array[int]) -> int:
    """How many of *numbers*, from the first on, the log holds in this order.

    Others may have written in between: ticks, reviews, another file.  A record that is missing
    in the middle is sent with all that follow it: said twice is said once.
    """
    matched = 0
    async for record in records_of(log, (await log.offset_range()).first):
        matched += record_digest(record.value) == digests[matched]
        if matched == len(digests):
            break
    return matched


async def missing_records(
    file: Log, partition_count: int, missing: Backlog
) -> AsyncIterator[tuple[int, LogRecord]]:
    """The records of *file* that are *missing*, each with its partition."""
    skip = Counter(missing.already_written)
    unsendable_lines = {each.line for each in missing.unsendable_lines}
    async for record in records_of(file):
        if record.offset + 1 in unsendable_lines:
            continue
        partition = partition_for(record, partition_count)
        if skip[partition] > 0:
            skip[partition] -= 1
        else:
            yield partition, record


async def send_records(
    records: AsyncIterator[tuple[int, LogRecord]], writer: LogWriter, pace: Pace
) -> AsyncIterator[int]:
    """Send *records* at their *pace*; yields how many are confirmed, again and again.

    Raises LogUnreachable when one is not: the next run sends it, with what came after it.
    """
    in_flight: deque[asyncio.Future[Any]] = deque()
    confirmed = 0
    try:
        async for partition, record in records:
            await pace.wait(record)
            in_flight.append(await writer.send(partition, record))
            while in_flight and (in_flight[0].done() or len(in_flight) > IN_FLIGHT_MAX):
                await in_flight.popleft()
                confirmed += 1
            yield confirmed
        while in_flight:
            await in_flight.popleft()
            confirmed += 1
        yield confirmed
    except (KafkaError, OSError) as error:
        raise LogUnreachable(f"the broker stopped taking records ({error})") from error
    finally:
        await asyncio.gather(*in_flight, return_exceptions=True)


@dataclass(slots=True)
class LogWriter:
    """A topic that takes records, each in the partition that is named, as an async context.

    Every copy has a record before it is confirmed, and none gets in twice or out of turn.
    """

    bootstrap: str
    topic: str
    producer: AIOKafkaProducer = field(init=False, repr=False)

    async def __aenter__(self) -> Self:
        self.producer = AIOKafkaProducer(
            bootstrap_servers=self.bootstrap,
            **client_options(self.bootstrap),
            acks="all",
            enable_idempotence=True,
            linger_ms=LINGER_MS,
            max_batch_size=BATCH_BYTES,
            max_request_size=RECORD_BYTES_MAX + HEADROOM_BYTES,
        )
        try:
            await start_client(self.producer)
        except (KafkaError, OSError) as error:
            raise LogUnreachable(f"no Kafka broker answers at {self.bootstrap}") from error
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.producer.stop()

    async def send(self, partition: int, record: LogRecord) -> asyncio.Future[Any]:
        """Hand *record* over; the future says when it is confirmed."""
        return await self.producer.send(
            self.topic,
            record.value,
            key=record.key,
            partition=partition,
            headers=list(cloudevents_headers(record.value or b"")),
        )


def partition_for(record: LogRecord, partition_count: int) -> int:
    """The partition of a record that names its study."""
    assert record.key is not None
    return partition_of(record.key.decode(), partition_count)


def unsendable_reason(record: LogRecord) -> str:
    """Why a line cannot be a record of the log; empty for one that can."""
    if record.key is None:
        return "it names no study, so it belongs nowhere"
    if len(record.value or b"") > RECORD_BYTES_MAX:
        return "it is over 1 MiB"
    if len(record.key) > KEY_BYTES_MAX:
        return "its study's name is too long"
    return ""


def record_digest(value: bytes | None) -> int:
    """A record as 64 bits: what is compared, and all of the file that is kept in memory."""
    return int.from_bytes(blake2b(value or b"", digest_size=8).digest(), "little")
