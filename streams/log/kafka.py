"""A partition of a topic as a log: read by offset, without a group, committed records only."""

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

from streams.log import LogIdentity, LogRecord, LogUnreachable, OffsetRange, RecordsGone
from streams.login import client_options, missing_topic_message
from streams.settings import RECORD_BYTES_MAX

MOCK_CLUSTER_PREFIX = "mockCluster"
"""How librdkafka's mock broker begins its cluster's name."""

FETCH_WAIT_MS = 20
"""Whatever else is asked waits behind a fetch that waits for records."""

FETCH_BYTES = 4 * RECORD_BYTES_MAX


@dataclass(slots=True)
class KafkaLog:
    """Partition *partition* of *topic* at *bootstrap*; it connects when it is first asked.

    A broker that does not answer within *patience* seconds is unreachable.
    """

    bootstrap: str
    topic: str
    partition: int
    timeout_seconds: float = 10
    consumer: AIOKafkaConsumer | None = field(default=None, repr=False)
    end_offset: int = 0

    async def identity(self) -> LogIdentity:
        """The cluster's id, and the partitions that the topic has now."""
        async with self._translate_errors():
            return await describe_log(self.bootstrap, self.topic, self.partition)

    async def offset_range(self) -> OffsetRange:
        """Its first offset, and the one after the last that is committed or a marker."""
        async with self._translate_errors():
            consumer = await self._connect()
            first = await consumer.beginning_offsets([self.topic_partition])
            end_offsets = await consumer.end_offsets([self.topic_partition])
            self.end_offset = end_offsets[self.topic_partition]
            return OffsetRange(first[self.topic_partition], self.end_offset)

    async def read(self, start: int, max_records: int) -> Sequence[LogRecord]:
        """Up to *most* records from *start* on; what follows is fetched ahead."""
        if start >= self.end_offset and start >= (await self.offset_range()).next:
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

    async def offset_at(self, milliseconds: int) -> int:
        """The offset of the first record that is of this time (since 1970) or later."""
        end = (await self.offset_range()).next
        if (await self.identity()).cluster.startswith(MOCK_CLUSTER_PREFIX):
            raise LogUnreachable("the embedded broker finds no record by its time: name an offset")
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
        """The partition, as the client names it."""
        return TopicPartition(self.topic, self.partition)

    async def _fetch(self, consumer: AIOKafkaConsumer, max_records: int) -> Sequence[LogRecord]:
        """The next records, or none if only markers are left before the end."""
        records: Sequence[LogRecord] = []
        while not records and await consumer.position(self.topic_partition) < self.end_offset:
            timeout_ms = 10 * FETCH_WAIT_MS
            batches = await consumer.getmany(
                self.topic_partition, timeout_ms=timeout_ms, max_records=max_records
            )
            records = batches.get(self.topic_partition, [])
        if await consumer.position(self.topic_partition) >= self.end_offset:
            consumer.pause(self.topic_partition)
        return records

    async def _out_of_range(self, start: int) -> Sequence[LogRecord]:
        """Below the start: gone.  Past the end, which was cut off since: nothing to read."""
        first = (await self.offset_range()).first
        if start < first:
            raise RecordsGone(
                f"{self.topic}/{self.partition} begins at offset {first}: records from"
                f" {start} on were removed"
            )
        return []

    async def _connect(self) -> AIOKafkaConsumer:
        if self.consumer is None:
            cluster = (await describe_log(self.bootstrap, self.topic, self.partition)).cluster
            consumer = AIOKafkaConsumer(
                bootstrap_servers=self.bootstrap,
                **client_options(self.bootstrap),
                group_id=None,
                enable_auto_commit=False,
                # A log that begins later than expected must be noticed, never skipped over.
                auto_offset_reset="none",
                isolation_level="read_committed",
                fetch_max_wait_ms=FETCH_WAIT_MS,
                max_partition_fetch_bytes=FETCH_BYTES,
                # The mock broker writes its transaction markers without a checksum.
                check_crcs=not cluster.startswith(MOCK_CLUSTER_PREFIX),
            )
            await start_client(consumer)
            consumer.assign([self.topic_partition])
            consumer.seek(self.topic_partition, 0)
            consumer.pause(self.topic_partition)
            self.consumer = consumer
        return self.consumer

    @asynccontextmanager
    async def _translate_errors(self) -> AsyncGenerator[None]:
        """Whatever goes wrong with the broker, or takes too long, has one name."""
        try:
            async with asyncio.timeout(self.timeout_seconds):
                yield
        except TimeoutError:
            message = f"{self.topic}/{self.partition} at {self.bootstrap} does not answer"
            raise LogUnreachable(f"{message} within {self.timeout_seconds:g} s") from None
        except (KafkaConnectionError, OSError, OverflowError) as error:
            raise LogUnreachable(f"no Kafka broker answers at {self.bootstrap}") from error
        except KafkaError as error:
            raise LogUnreachable(f"the broker at {self.bootstrap} says {error}") from error


async def describe_log(bootstrap: str, topic: str, partition: int) -> LogIdentity:
    """Which log the brokers hold under this name; a topic that is not there is unreachable."""
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
            f"the broker at {bootstrap} shows {missing_topic_message(topic, bootstrap)}"
        )
    if description["error_code"] or partition >= partitions:
        missing = f"topic {topic} with a partition {partition}"
        remedy = "`tocsin topics apply` makes the topics"
        raise LogUnreachable(f"the broker at {bootstrap} has no {missing}: {remedy}")
    return LogIdentity(cluster, partitions)


async def cluster_id_of(bootstrap: str) -> str:
    """The id of the cluster that answers at *bootstrap*."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, **client_options(bootstrap))
    try:
        await admin.start()
        return (await admin.describe_cluster())["cluster_id"]
    except (KafkaError, OSError) as error:
        raise LogUnreachable(f"no Kafka broker answers at {bootstrap}") from error
    finally:
        await admin.close()


async def start_client(client: AIOKafkaConsumer | AIOKafkaProducer) -> None:
    """Start *client*; one that cannot be started is stopped, or it would complain at the end."""
    try:
        await client.start()
    except BaseException:
        await client.stop()
        raise
