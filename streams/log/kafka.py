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

from streams.log import Ends, Identity, LogRecord, LogUnreachable, RecordsGone
from streams.login import options, unseen
from streams.settings import RECORD_BYTES_MAX

MOCK = "mockCluster"
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
    patience: float = 10
    consumer: AIOKafkaConsumer | None = field(default=None, repr=False)
    end: int = 0

    async def identity(self) -> Identity:
        """The cluster's id, and the partitions that the topic has now."""
        async with self._asking():
            return await described(self.bootstrap, self.topic, self.partition)

    async def ends(self) -> Ends:
        """Its first offset, and the one after the last that is committed or a marker."""
        async with self._asking():
            consumer = await self._connected()
            first = await consumer.beginning_offsets([self.place])
            after = await consumer.end_offsets([self.place])
            self.end = after[self.place]
            return Ends(first[self.place], self.end)

    async def read(self, start: int, most: int) -> Sequence[LogRecord]:
        """Up to *most* records from *start* on; what follows is fetched ahead."""
        if start >= self.end and start >= (await self.ends()).next:
            return []
        async with self._asking():
            consumer = await self._connected()
            try:
                if await consumer.position(self.place) != start:
                    consumer.seek(self.place, start)
                consumer.resume(self.place)
                return await self._fetched(consumer, most)
            except OffsetOutOfRangeError:
                pass
        return await self._out_of_range(start)

    async def offset_at(self, milliseconds: int) -> int:
        """The offset of the first record that is of this time (since 1970) or later."""
        end = (await self.ends()).next
        if (await self.identity()).cluster.startswith(MOCK):
            raise LogUnreachable("the embedded broker finds no record by its time: name an offset")
        async with self._asking():
            consumer = await self._connected()
            found = await consumer.offsets_for_times({self.place: milliseconds})
            at = found[self.place]
            return end if at is None else at.offset

    async def close(self) -> None:
        """Disconnect."""
        if self.consumer is not None:
            consumer, self.consumer = self.consumer, None
            await consumer.stop()

    @property
    def place(self) -> TopicPartition:
        """The partition, as the client names it."""
        return TopicPartition(self.topic, self.partition)

    async def _fetched(self, consumer: AIOKafkaConsumer, most: int) -> Sequence[LogRecord]:
        """The next records, or none if only markers are left before the end."""
        found: Sequence[LogRecord] = []
        while not found and await consumer.position(self.place) < self.end:
            wait = 10 * FETCH_WAIT_MS
            told = await consumer.getmany(self.place, timeout_ms=wait, max_records=most)
            found = told.get(self.place, [])
        if await consumer.position(self.place) >= self.end:
            consumer.pause(self.place)
        return found

    async def _out_of_range(self, start: int) -> Sequence[LogRecord]:
        """Below the start: gone.  Past the end, which was cut off since: nothing to read."""
        first = (await self.ends()).first
        if start < first:
            raise RecordsGone(
                f"{self.topic}/{self.partition} begins at offset {first}: records from"
                f" {start} on were removed"
            )
        return []

    async def _connected(self) -> AIOKafkaConsumer:
        if self.consumer is None:
            cluster = (await described(self.bootstrap, self.topic, self.partition)).cluster
            consumer = AIOKafkaConsumer(
                bootstrap_servers=self.bootstrap,
                **options(self.bootstrap),
                group_id=None,
                enable_auto_commit=False,
                # A log that begins later than expected must be noticed, never skipped over.
                auto_offset_reset="none",
                isolation_level="read_committed",
                fetch_max_wait_ms=FETCH_WAIT_MS,
                max_partition_fetch_bytes=FETCH_BYTES,
                # The mock broker writes its transaction markers without a checksum.
                check_crcs=not cluster.startswith(MOCK),
            )
            await started(consumer)
            consumer.assign([self.place])
            consumer.seek(self.place, 0)
            consumer.pause(self.place)
            self.consumer = consumer
        return self.consumer

    @asynccontextmanager
    async def _asking(self) -> AsyncGenerator[None]:
        """Whatever goes wrong with the broker, or takes too long, has one name."""
        try:
            async with asyncio.timeout(self.patience):
                yield
        except TimeoutError:
            says = f"{self.topic}/{self.partition} at {self.bootstrap} does not answer"
            raise LogUnreachable(f"{says} within {self.patience:g} s") from None
        except (KafkaConnectionError, OSError, OverflowError) as error:
            raise LogUnreachable(f"no Kafka broker answers at {self.bootstrap}") from error
        except KafkaError as error:
            raise LogUnreachable(f"the broker at {self.bootstrap} says {error}") from error


async def described(bootstrap: str, topic: str, partition: int) -> Identity:
    """Which log the brokers hold under this name; a topic that is not there is unreachable."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, **options(bootstrap))
    try:
        await admin.start()
        cluster = (await admin.describe_cluster())["cluster_id"]
        (told,) = await admin.describe_topics([topic])
    finally:
        await admin.close()
    partitions = len(told["partitions"])
    if told["error_code"] == TopicAuthorizationFailedError.errno:
        raise LogUnreachable(f"the broker at {bootstrap} shows {unseen(topic, bootstrap)}")
    if told["error_code"] or partition >= partitions:
        what = f"topic {topic} with a partition {partition}"
        remedy = "`tocsin topics apply` makes the topics"
        raise LogUnreachable(f"the broker at {bootstrap} has no {what}: {remedy}")
    return Identity(cluster, partitions)


async def cluster_at(bootstrap: str) -> str:
    """The id of the cluster that answers at *bootstrap*."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, **options(bootstrap))
    try:
        await admin.start()
        return (await admin.describe_cluster())["cluster_id"]
    except (KafkaError, OSError) as error:
        raise LogUnreachable(f"no Kafka broker answers at {bootstrap}") from error
    finally:
        await admin.close()


async def started(client: AIOKafkaConsumer | AIOKafkaProducer) -> None:
    """Start *client*; one that cannot be started is stopped, or it would complain at the end."""
    try:
        await client.start()
    except BaseException:
        await client.stop()
        raise
