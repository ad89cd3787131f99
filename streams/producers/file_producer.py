"""Produces a file of records to Kafka, without the records that the topic already holds."""

from __future__ import annotations

import asyncio
from array import array
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any, Self

import orjson
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from monitor.errors import Refusal
from streams.kafka.partitioner import partition_of
from streams.log import Log, LogRecord, LogUnreachable, records_of
from streams.log.kafka import start_client
from streams.login import client_options
from streams.producers.pace import Pace
from streams.records.decode import decode
from streams.records.encode import cloudevents_headers
from streams.settings import HEADROOM_BYTES, RECORD_BYTES_MAX

IN_FLIGHT_MAX = 5_000
"""Most records that are sent and not confirmed yet."""

LINGER_MS = 5
BATCH_BYTES = 256 << 10

KEY_BYTES_MAX = HEADROOM_BYTES // 2
"""Longest key; the rest of the headroom beside the largest value is for headers."""

DigestsByPartition = dict[int, "array[int]"]
"""By partition, the 64-bit digests of the file's records in order."""


@dataclass(frozen=True, slots=True)
class UnsendableLine:
    """A line that cannot be sent (numbered from 1), and the reason."""

    line: int
    reason: str


@dataclass(slots=True)
class Backlog:
    """The records of a file that are not sent yet: all after *already_written* by partition."""

    digests: DigestsByPartition
    unsendable_lines: list[UnsendableLine] = field(default_factory=list[UnsendableLine])
    already_written: Counter[int] = field(default_factory=Counter[int])

    @property
    def count(self) -> int:
        """Number of records to send."""
        return sum(map(len, self.digests.values())) - self.already_written.total()


async def find_backlog(
    file: Log, partition_count: int, target: Callable[[int], Log], *, check: bool = False
) -> Backlog:
    """Find the records of *file* that the topic lacks; *target* opens the log of a partition.

    With *check*, a line that every worker would refuse to decode is not sent.  Raises
    LogUnreachable.
    """
    missing = await scan_file(file, partition_count, check=check)
    for partition, digests in missing.digests.items():
        log = target(partition)
        try:
            missing.already_written[partition] = await count_already_written(log, digests)
        finally:
            await log.close()
    return missing


async def scan_file(file: Log, partition_count: int, *, check: bool = False) -> Backlog:
    """Digest the records of *file* by partition, and collect the lines that cannot be sent."""
    contents = Backlog(defaultdict(lambda: array("Q")))
    async for record in records_of(file):
        reason = unsendable_reason(record, check=check)
        if check and not reason:
            reason = late_reason(record.value)
        if reason:
            contents.unsendable_lines.append(UnsendableLine(record.offset + 1, reason))
        else:
            contents.digests[partition_for(record, partition_count)].append(
                record_digest(record.value)
            )
    return contents


async def count_already_written(log: Log, digests: array[int]) -> int:
    """Count how many of *digests*, from the first on, the log holds in this order.

    Records of other producers may lie between them, such as ticks and reviews.  If one is missing
    in the middle, it and all that follow are sent; records sent twice are folded once.
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
    """Yield the records of *file* that are *missing*, each with its partition."""
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
    """Send *records* at *pace*; yield the number of confirmed records after each one.

    Raises LogUnreachable where the broker does not confirm a record; the next run sends it and all
    that follow.
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
        raise LogUnreachable(f"the broker no longer accepts records ({error})") from error
    finally:
        await asyncio.gather(*in_flight, return_exceptions=True)


@dataclass(slots=True)
class LogWriter:
    """Writes records to named partitions of a topic; an async context manager.

    A record is confirmed once every replica has it.  The producer is idempotent: it neither
    duplicates nor reorders records.
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
        """Queue *record* for sending; the returned future completes once it is confirmed."""
        return await self.producer.send(
            self.topic,
            record.value,
            key=record.key,
            partition=partition,
            headers=list(cloudevents_headers(record.value or b"")),
        )


def partition_for(record: LogRecord, partition_count: int) -> int:
    """Return the partition of a record; its key is the study."""
    assert record.key is not None
    return partition_of(record.key.decode(), partition_count)


def unsendable_reason(record: LogRecord, *, check: bool = False) -> str:
    """Return why a line cannot be a record of the log; empty if it can.

    With *check*, also why it cannot be decoded.
    """
    if record.key is None:
        return "it names no study, so it has no partition"
    if len(record.value or b"") > RECORD_BYTES_MAX:
        return "it is larger than 1 MiB"
    if len(record.key) > KEY_BYTES_MAX:
        return "its study's name is too long"
    decoded = decode(record.value) if check else None
    return decoded.message if isinstance(decoded, Refusal) else ""


def late_reason(value: bytes | None) -> str:
    """Return why the record's `known_at` is wrong by this computer's clock; empty if it is not.

    A clock may be a time zone ahead, so tomorrow is allowed.
    """
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    try:
        known_at = orjson.loads(value or b"")["known_at"]
    except (orjson.JSONDecodeError, LookupError, TypeError):
        known_at = None
    if not isinstance(known_at, str) or known_at[:10] <= tomorrow:
        return ""  # A worker refuses what is no date, with its reason.
    return f"its `known_at` {known_at[:10]} is later than tomorrow"


def record_digest(value: bytes | None) -> int:
    """Return a 64-bit digest of a record, the only part of a file that is kept in memory."""
    return int.from_bytes(blake2b(value or b"", digest_size=8).digest(), "little")
