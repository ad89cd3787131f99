"""A Kafka partition as a log: read by offset, without a consumer group, read_committed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    KafkaConnectionError,
    KafkaError,
    OffsetOutOfRangeError,
    TopicAuthorizationFailedError,
)

from streams.log import (
    BatchUnreadable,
    LogIdentity,
    LogRecord,
    LogUnreachable,
    OffsetRange,
    RecordsGone,
    after_passed,
)
from streams.log.checked_fetch import check_fetches, restart_fetches
from streams.login import client_options, missing_topic_message
from streams.settings import RECORD_BYTES_MAX

MOCK_CLUSTER_PREFIX = "mockCluster"
"""Prefix of the cluster id of librdkafka's mock broker."""

FETCH_WAIT_MS = 20
"""Kept short because other requests on the connection wait until a fetch returns."""

FETCH_BYTES = 4 * RECORD_BYTES_MAX


@dataclass(slots=True)
class KafkaLog:
    """Reads one partition of *topic* at *bootstrap*; connects on first use.

    Raises LogUnreachable where the broker does not answer within *timeout_seconds*.  The offsets
    in *passed* are read as if they had no records.
    """

    bootstrap: str
    topic: str
    partition: int
    timeout_seconds: float = 10
    consumer: AIOKafkaConsumer | None = field(default=None, repr=False)
    end_offset: int = 0
    passed: Sequence[range] = ()

    async def identity(self) -> LogIdentity:
        """Return the cluster id and the current number of partitions of the topic."""
        async with self._translate_errors():
            return await describe_log(self.bootstrap, self.topic, self.partition)

    async def offset_range(self) -> OffsetRange:
        """Return the first offset and the one after the last committed record or marker."""
        async with self._translate_errors():
            consumer = await self._connect()
            first = await consumer.beginning_offsets([self.topic_partition])
        return OffsetRange(first[self.topic_partition], await self._read_end())

    async def read(self, start: int, max_records: int) -> Sequence[LogRecord]:
        """Return up to *max_records* records from *start* on; the client prefetches more."""
        if start >= self.end_offset and start >= await self._read_end():
            return []
        async with self._translate_errors():
            consumer = await self._connect()
            try:
                if await consumer.position(self.topic_partition) != start:
                    consumer.seek(self.topic_partition, start)
                consumer.resume(self.topic_partition)
                return await self._fetch(consumer, max_records)
            except OffsetOutOfRangeError:
                pass
        return await self._out_of_range(start)

    def leave_out(self, passed: Sequence[range]) -> None:
        """Read from now on as if there were no records at the offsets in *passed*."""
        self.passed = passed

    async def offset_at(self, milliseconds: int) -> int:
        """Return the offset of the first record with this timestamp or a later one.

        *milliseconds* count from 1970-01-01 UTC.  Without such a record it is the next offset.
        Raises LogUnreachable on the embedded broker, which cannot search by time.
        """
        end = (await self.offset_range()).next
        if (await self.identity()).cluster.startswith(MOCK_CLUSTER_PREFIX):
            raise LogUnreachable("the embedded broker cannot find records by time: name an offset")
        async with self._translate_errors():
            consumer = await self._connect()
            found = await consumer.offsets_for_times({self.topic_partition: milliseconds})
            at = found[self.topic_partition]
            return end if at is None else at.offset

    async def close(self) -> None:
        """Disconnect."""
        if self.consumer is not None:
            consumer, self.consumer = self.consumer, None
            await consumer.stop()

    @property
    def topic_partition(self) -> TopicPartition:
        """Topic and partition as the client names them."""
        return TopicPartition(self.topic, self.partition)

    async def _fetch(self, consumer: AIOKafkaConsumer, max_records: int) -> Sequence[LogRecord]:
        """Return the next records, or none if only markers are left before the end."""
        records: Sequence[LogRecord] = []
        while not records and await consumer.position(self.topic_partition) < self.end_offset:
            timeout_ms = 10 * FETCH_WAIT_MS
            restart_fetches(consumer)
            try:
                batches = await consumer.getmany(
                    self.topic_partition, timeout_ms=timeout_ms, max_records=max_records
                )
            except BatchUnreadable as error:
                if (after := after_passed(self.passed, error.batch.first)) is None:
                    raise
                consumer.seek(self.topic_partition, after)
                continue
            fetched = batches.get(self.topic_partition, [])
            records = [each for each in fetched if after_passed(self.passed, each.offset) is None]
        if await consumer.position(self.topic_partition) >= self.end_offset:
            consumer.pause(self.topic_partition)
        return records

    async def _out_of_range(self, start: int) -> Sequence[LogRecord]:
        """Handle an offset that the broker does not have.

        Raises RecordsGone where *start* is below the first offset.  Past the end of a log that
        was truncated, there is nothing to read.
        """
        first = (await self.offset_range()).first
        if start < first:
            raise RecordsGone(
                f"{self.topic}/{self.partition} begins at offset {first}: records from"
                f" {start} on were removed"
            )
        return []

    async def _read_end(self) -> int:
        """Return the offset after the last committed record or marker."""
        async with self._translate_errors():
            consumer = await self._connect()
            end_offsets = await consumer.end_offsets([self.topic_partition])
            self.end_offset = end_offsets[self.topic_partition]
            return self.end_offset

    async def _connect(self) -> AIOKafkaConsumer:
        if self.consumer is None:
            cluster = (await describe_log(self.bootstrap, self.topic, self.partition)).cluster
            consumer = AIOKafkaConsumer(
                bootstrap_servers=self.bootstrap,
                **client_options(self.bootstrap),
                group_id=None,
                enable_auto_commit=False,
                # Removed records must raise an error; a reset would skip them.
                auto_offset_reset="none",
                isolation_level="read_committed",
                fetch_max_wait_ms=FETCH_WAIT_MS,
                max_partition_fetch_bytes=FETCH_BYTES,
            )
            await start_client(consumer)
            # The mock broker writes transaction markers without a checksum.
            check_fetches(consumer, check_crcs=not cluster.startswith(MOCK_CLUSTER_PREFIX))
            consumer.assign([self.topic_partition])
            consumer.seek(self.topic_partition, 0)
            consumer.pause(self.topic_partition)
            self.consumer = consumer
        return self.consumer

    @asynccontextmanager
    async def _translate_errors(self) -> AsyncGenerator[None]:
        """Turn errors of the client and timeouts into LogUnreachable."""
        try:
            async with asyncio.timeout(self.timeout_seconds):
                yield
        except TimeoutError:
            message = f"{self.topic}/{self.partition} at {self.bootstrap} does not answer"
            raise LogUnreachable(f"{message} within {self.timeout_seconds:g} s") from None
        except (KafkaConnectionError, OSError, OverflowError) as error:
            raise LogUnreachable(f"no Kafka broker answers at {self.bootstrap}") from error
        except KafkaError as error:
            raise LogUnreachable(f"the broker at {self.bootstrap} reports {error}") from error


async def describe_log(bootstrap: str, topic: str, partition: int) -> LogIdentity:
    """Return the identity of the log in *topic*.

    Raises LogUnreachable where the topic or *partition* does not exist, or the login may not
    describe it.  Errors of the client are not translated.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, **client_options(bootstrap))
    try:
        await admin.start()
        cluster = (await admin.describe_cluster())["cluster_id"]
        (description,) = await admin.describe_topics([topic])
    finally:
        await admin.close()
    partitions = len(description["partitions"])
    if description["error_code"] == TopicAuthorizationFailedError.errno:
        raise LogUnreachable(
            f"the broker at {bootstrap} reports {missing_topic_message(topic, bootstrap)}"
        )
    if description["error_code"] or partition >= partitions:
        missing = f"topic {topic} with a partition {partition}"
        remedy = "`tocsin topics apply` creates the topics"
        raise LogUnreachable(f"the broker at {bootstrap} has no {missing}: {remedy}")
    return LogIdentity(cluster, partitions)


async def cluster_id_of(bootstrap: str) -> str:
    """Return the id of the cluster at *bootstrap*.  Raises LogUnreachable."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, **client_options(bootstrap))
    try:
        await admin.start()
        return (await admin.describe_cluster())["cluster_id"]
    except (KafkaError, OSError) as error:
        raise LogUnreachable(f"no Kafka broker answers at {bootstrap}") from error
    finally:
        await admin.close()


async def start_client(client: AIOKafkaConsumer | AIOKafkaProducer) -> None:
    """Start *client*, and stop it if that fails, because an unclosed client logs an error."""
    try:
        await client.start()
    except BaseException:
        await client.stop()
        raise
