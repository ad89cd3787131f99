"""A deliverer: shares the partitions of the alerts with its group, and delivers its own."""

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

from alerts.notification.audiences import Deployment
from alerts.notification.due import delivered
from streams.delivery.alert_partition import Desk
from streams.delivery.partition_delivery import PARTING_SECONDS, Delivery
from streams.health.probes import Condition
from streams.kafka.sender import KafkaSender
from streams.kafka.topics import ALERTS, NOTIFIED
from streams.log import LogUnreachable
from streams.log.kafka import KafkaLog, started
from streams.login import options
from streams.metrics import DeliveryMeter
from streams.sinks import Sink

GROUP = "tocsin-deliver"

FETCH_MS = 500
BACKOFF_SECONDS = 1.0
MEASURE_SECONDS = 5.0

log = logging.getLogger("tocsin.deliver")


@dataclass(slots=True)
class Deliverer:
    """Delivers the partitions that the group gives it, until it is told to stop.

    The group says whose a partition is and when something is new in it; what is in it is read
    without the group, from the first record on.  A *candid* one logs which sink fails.
    """

    bootstrap: str
    deployment: Deployment
    sinks: Mapping[str, Sink]
    clock: Callable[[], float] = time.time
    candid: bool = False
    meter: DeliveryMeter = field(init=False)
    measured_at: float = 0.0
    joined: bool = False
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    desks: dict[int, Desk] = field(default_factory=dict[int, Desk])
    deliveries: dict[int, Delivery] = field(default_factory=dict[int, Delivery])
    sender: KafkaSender = field(init=False)

    def __post_init__(self) -> None:
        self.sender = KafkaSender(self.bootstrap)
        self.meter = DeliveryMeter(self.sinks, clock=self.clock)

    async def run(self) -> None:
        """Deliver until ``stopping`` is set; then give the partitions back in good order.

        Raises LogUnreachable where the group cannot be joined.
        """
        consumer = self._consumer()
        try:
            await self._connect(consumer)
            consumer.subscribe([ALERTS], listener=Shares(self))
            while not self.stopping.is_set():
                await self._turn(consumer)
        finally:
            await self.give_up()
            with suppress(KafkaError, OSError):
                await consumer.stop()
            await self._close()

    async def take(self, partitions: Iterable[int]) -> None:
        """These partitions are ours now."""
        self.joined = True
        for partition in partitions:
            desk = self.desks.get(partition) or self._desk(partition)
            self.desks[partition] = desk
            delivery = Delivery(
                desk, self.deployment, self.sinks, self.meter, self.clock, self.candid
            )
            self.deliveries[partition] = delivery
            delivery.start()
        self.meter.hold(self.deliveries)

    async def give_up(self) -> None:
        """All partitions are somebody else's: what is being sent comes to its end first."""
        ending, self.deliveries = self.deliveries, {}
        self.meter.hold(())
        await asyncio.gather(*(each.stop() for each in ending.values()))

    def conditions(self) -> Iterator[Condition]:
        """How the partitions stand."""
        for partition, each in self.deliveries.items():
            told = each.trouble
            yield Condition(partition=partition, claimed=not told, trouble=told)

    async def _turn(self, consumer: AIOKafkaConsumer) -> None:
        """Wait for something new, and say so; that we ask is also how the group knows we live."""
        try:
            told = await consumer.getmany(timeout_ms=FETCH_MS)
        except KafkaError as error:
            log.warning("the group does not answer: %s", type(error).__name__)
            await asyncio.sleep(BACKOFF_SECONDS)
            return
        self._measure()
        for place in told:
            if (delivery := self.deliveries.get(place.partition)) is not None:
                delivery.wake()

    def _measure(self) -> None:
        now = time.monotonic()
        if now - self.measured_at >= MEASURE_SECONDS:
            self.measured_at = now
            owned = [delivery.desk.standing for delivery in self.deliveries.values()]
            counts = (delivered(each, self.deployment) for each in owned)
            self.meter.have(sum(counts, Counter[str]()))

    async def _connect(self, consumer: AIOKafkaConsumer) -> None:
        try:
            await started(consumer)
        except (KafkaError, OSError) as error:
            raise LogUnreachable(f"no Kafka broker answers at {self.bootstrap}") from error

    def _consumer(self) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap,
            **options(self.bootstrap),
            group_id=GROUP,
            enable_auto_commit=False,
            auto_offset_reset="latest",
            session_timeout_ms=10_000,
            heartbeat_interval_ms=3_000,
            # Whoever gives up partitions lets what is being sent come to its end.
            rebalance_timeout_ms=round(2_000 * PARTING_SECONDS),
            fetch_max_wait_ms=FETCH_MS,
            check_crcs=False,  # What it fetches is not read: it only says that there is something.
        )

    def _desk(self, partition: int) -> Desk:
        alerts = KafkaLog(self.bootstrap, ALERTS, partition)
        notified = KafkaLog(self.bootstrap, NOTIFIED, partition)
        return Desk(partition, alerts, notified, self.sender)

    async def _close(self) -> None:
        for desk in self.desks.values():
            await desk.close()
        for sink in self.sinks.values():
            await sink.close()
        await self.sender.close()


class Shares(ConsumerRebalanceListener):
    """What the group calls when partitions change hands."""

    def __init__(self, deliverer: Deliverer) -> None:
        self.deliverer = deliverer

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Stop before somebody else begins."""
        await self.deliverer.give_up()

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Begin with what is ours now."""
        await self.deliverer.take(sorted(place.partition for place in assigned))
