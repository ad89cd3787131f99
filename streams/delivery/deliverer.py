"""Runs a member of the delivery group, which delivers the alert partitions assigned to it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError

from alerts.notification.audiences import RoutingConfig
from alerts.notification.delivered import count_delivered
from streams.delivery.alert_partition import AlertPartition
from streams.delivery.partition_delivery import STOP_SECONDS_MAX, PartitionDelivery
from streams.health.probes import PartitionStatus
from streams.kafka.sender import KafkaSender
from streams.kafka.topics import ALERTS, NOTIFIED
from streams.log import LogUnreachable
from streams.log.kafka import KafkaLog, start_client
from streams.login import client_options
from streams.metrics import DeliveryMeter
from streams.sinks import Sink

CONSUMER_GROUP = "tocsin-deliver"

FETCH_MS = 500
BACKOFF_SECONDS = 1.0
MEASURE_SECONDS = 5.0

log = logging.getLogger("tocsin.deliver")


@dataclass(slots=True)
class Deliverer:
    """Delivers the alert partitions that the consumer group assigns to it.

    The group consumer only assigns partitions and signals new records.  The records are read
    without the group, from the first offset on.  With *log_all_sinks* the log names every failing
    sink, otherwise only sinks of blinded audiences.  *clock* returns seconds since 1970.
    """

    bootstrap: str
    routing: RoutingConfig
    sinks: Mapping[str, Sink]
    clock: Callable[[], float] = time.time
    log_all_sinks: bool = False
    meter: DeliveryMeter = field(init=False)
    measured_at: float = 0.0
    has_joined: bool = False
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    alert_partitions: dict[int, AlertPartition] = field(default_factory=dict[int, AlertPartition])
    deliveries: dict[int, PartitionDelivery] = field(default_factory=dict[int, PartitionDelivery])
    sender: KafkaSender = field(init=False)

    def __post_init__(self) -> None:
        self.sender = KafkaSender(self.bootstrap)
        self.meter = DeliveryMeter(self.sinks, clock=self.clock)

    async def run(self) -> None:
        """Deliver until ``stopping`` is set, then complete what is being sent and leave the group.

        Raises LogUnreachable where no broker responds at the start.
        """
        consumer = self._create_consumer()
        try:
            await self._connect(consumer)
            consumer.subscribe([ALERTS], listener=RebalanceListener(self))
            while not self.stopping.is_set():
                await self._poll_once(consumer)
        finally:
            await self.revoke()
            with suppress(KafkaError, OSError):
                await consumer.stop()
            await self._close()

    async def assign(self, partitions: Iterable[int]) -> None:
        """Start the delivery of the newly assigned *partitions*."""
        self.has_joined = True
        for partition in partitions:
            alert_partition = self.alert_partitions.get(partition) or self._open_alert_partition(
                partition
            )
            self.alert_partitions[partition] = alert_partition
            delivery = PartitionDelivery(
                alert_partition,
                self.routing,
                self.sinks,
                self.meter,
                self.clock,
                self.log_all_sinks,
            )
            self.deliveries[partition] = delivery
            delivery.start()
        self.meter.set_partitions(self.deliveries)

    async def revoke(self) -> None:
        """Stop the delivery of all partitions, after what is being sent is complete."""
        ending, self.deliveries = self.deliveries, {}
        self.meter.set_partitions(())
        await asyncio.gather(*(each.stop() for each in ending.values()))

    def partition_statuses(self) -> Iterator[PartitionStatus]:
        """Yield the status of each assigned partition, for the readiness probe."""
        for partition, each in self.deliveries.items():
            error = each.error
            yield PartitionStatus(partition=partition, claimed=not error, claim_error=error)

    async def _poll_once(self, consumer: AIOKafkaConsumer) -> None:
        """Wake the deliveries of partitions with new records; polling also keeps the membership."""
        try:
            fetched = await consumer.getmany(timeout_ms=FETCH_MS)
        except KafkaError as error:
            log.warning("the consumer group does not respond: %s", type(error).__name__)
            await asyncio.sleep(BACKOFF_SECONDS)
            return
        self._update_delivered_counts()
        for topic_partition in fetched:
            if (delivery := self.deliveries.get(topic_partition.partition)) is not None:
                delivery.wake()

    def _update_delivered_counts(self) -> None:
        now = time.monotonic()
        if now - self.measured_at >= MEASURE_SECONDS:
            self.measured_at = now
            states = [delivery.alert_partition.state for delivery in self.deliveries.values()]
            counts = (count_delivered(each, self.routing) for each in states)
            self.meter.set_delivered_counts(sum(counts, Counter[str]()))

    async def _connect(self, consumer: AIOKafkaConsumer) -> None:
        try:
            await start_client(consumer)
        except (KafkaError, OSError) as error:
            raise LogUnreachable(f"no Kafka broker answers at {self.bootstrap}") from error

    def _create_consumer(self) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap,
            **client_options(self.bootstrap),
            group_id=CONSUMER_GROUP,
            enable_auto_commit=False,
            auto_offset_reset="latest",
            session_timeout_ms=10_000,
            heartbeat_interval_ms=3_000,
            # A member completes what it is sending before it gives up its partitions.
            rebalance_timeout_ms=round(2_000 * STOP_SECONDS_MAX),
            fetch_max_wait_ms=FETCH_MS,
            check_crcs=False,  # Fetched records only signal news; their content is not read.
        )

    def _open_alert_partition(self, partition: int) -> AlertPartition:
        alerts = KafkaLog(self.bootstrap, ALERTS, partition)
        notified = KafkaLog(self.bootstrap, NOTIFIED, partition)
        return AlertPartition(partition, alerts, notified, self.sender)

    async def _close(self) -> None:
        for alert_partition in self.alert_partitions.values():
            await alert_partition.close()
        for sink in self.sinks.values():
            await sink.close()
        await self.sender.close()


class RebalanceListener(ConsumerRebalanceListener):
    """Stops and starts deliveries when the group reassigns partitions."""

    def __init__(self, deliverer: Deliverer) -> None:
        self.deliverer = deliverer

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Stop all deliveries before another member starts them."""
        await self.deliverer.revoke()

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Start the deliveries of the *assigned* partitions."""
        await self.deliverer.assign(sorted(each.partition for each in assigned))
