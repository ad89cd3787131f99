"""Simulates a consumer group of two deliverers, some of which crash or pause."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from alerts.notification.audiences import RoutingConfig
from streams.delivery.alert_partition import AlertPartition
from streams.delivery.partition_delivery import PartitionDelivery
from streams.metrics import DeliveryMeter
from tests.simulation.chaos import Machine
from tests.streams.delivery.receivers import Receiver, wall_clock
from tests.streams.delivery.remote import (
    CrashChaos,
    DelivererMachine,
    RemoteSender,
    RemoteSink,
    RemoteTopic,
    TopicPartition,
)

SESSION_SECONDS = 10.0
HEARTBEAT_SECONDS = 3.0


@dataclass
class World:
    """The topics, receivers and faults that outlive each machine, and the classes under test."""

    chaos: CrashChaos
    config: RoutingConfig
    alerts: Sequence[TopicPartition]
    notification_logs: Sequence[TopicPartition]
    receivers: Mapping[str, Receiver]
    partition_delivery: type[PartitionDelivery] = PartitionDelivery
    alert_partition: type[AlertPartition] = AlertPartition


@dataclass
class SimulatedDeliverer:
    """One process of ``tocsin deliver``, with the partitions that it believes it owns."""

    world: World
    machine: Machine = field(init=False)
    alert_partitions: dict[int, AlertPartition] = field(default_factory=dict[int, AlertPartition])
    deliveries: dict[int, PartitionDelivery] = field(default_factory=dict[int, PartitionDelivery])

    def __post_init__(self) -> None:
        self.machine = DelivererMachine(self.world.chaos)

    @property
    def is_alive(self) -> bool:
        """Whether the group still counts it as a member."""
        now = asyncio.get_running_loop().time()
        return not self.machine.dead and self.machine.asleep_until < now + SESSION_SECONDS / 2

    def assign(self, partition: int) -> None:
        if partition not in self.alert_partitions:
            self.alert_partitions[partition] = self._alert_partition(partition)
        sinks = {
            name: RemoteSink(self.machine, name, receiver)
            for name, receiver in self.world.receivers.items()
        }
        world, meter = self.world, DeliveryMeter(sinks, wall_clock)
        delivery = world.partition_delivery(
            self.alert_partitions[partition], world.config, sinks, meter, wall_clock
        )
        self.deliveries[partition] = delivery
        delivery.start()

    async def revoke(self, partition: int) -> None:
        if (delivery := self.deliveries.pop(partition, None)) is not None:
            await delivery.stop()

    def _alert_partition(self, partition: int) -> AlertPartition:
        alerts, notification_logs = (
            self.world.alerts[partition],
            self.world.notification_logs[partition],
        )
        return self.world.alert_partition(
            partition,
            RemoteTopic(self.machine, alerts, "alerts", partition),
            RemoteTopic(self.machine, notification_logs, "notification log", partition),
            RemoteSender(self.machine, self.world.notification_logs),
            monotonic_clock=asyncio.get_running_loop().time,
        )


@dataclass
class Group:
    """Assigns every partition to a live member, and replaces members that crash."""

    world: World
    deliverers: list[SimulatedDeliverer] = field(default_factory=list[SimulatedDeliverer])
    dead: list[SimulatedDeliverer] = field(default_factory=list[SimulatedDeliverer])
    owners: dict[int, SimulatedDeliverer] = field(default_factory=dict[int, SimulatedDeliverer])
    handovers: list[asyncio.Task[None]] = field(default_factory=list["asyncio.Task[None]"])

    async def coordinate(self) -> None:
        """Replace dead members and assign partitions until cancelled."""
        while True:
            self.world.chaos.counts["heartbeats"] += 1
            self.dead += [each for each in self.deliverers if each.machine.dead]
            self.deliverers = [each for each in self.deliverers if not each.machine.dead]
            while len(self.deliverers) < 2:
                self.deliverers.append(SimulatedDeliverer(self.world))
            for partition in range(len(self.world.alerts)):
                self._ensure_owner(partition)
            await asyncio.sleep(HEARTBEAT_SECONDS / 2)

    def rebalance(self) -> None:
        """Move each partition to another live member."""
        for partition, owner in list(self.owners.items()):
            others = [each for each in self.deliverers if each is not owner and each.is_alive]
            if others:
                self._move(partition, others[0])

    def _ensure_owner(self, partition: int) -> None:
        owner = self.owners.get(partition)
        if owner is not None and owner in self.deliverers and owner.is_alive:
            return
        alive = [each for each in self.deliverers if each.is_alive]
        if alive:
            self._move(partition, alive[partition % len(alive)])

    def _move(self, partition: int, to: SimulatedDeliverer) -> None:
        previous = self.owners.get(partition)
        self.owners[partition] = to
        self.handovers.append(asyncio.create_task(self._hand_over(partition, previous, to)))

    async def _hand_over(
        self, partition: int, previous: SimulatedDeliverer | None, to: SimulatedDeliverer
    ) -> None:
        """Stop a live owner before *to* starts; a paused owner stops when it resumes."""
        if previous is not None and not previous.machine.dead:
            if previous.is_alive:
                await previous.revoke(partition)
            else:
                self.handovers.append(asyncio.create_task(self._revoke_late(partition, previous)))
        if self.owners.get(partition) is to and partition not in to.deliveries:
            to.assign(partition)

    async def _revoke_late(self, partition: int, previous: SimulatedDeliverer) -> None:
        now = asyncio.get_running_loop().time()
        delay = self.world.chaos.random.uniform(0, HEARTBEAT_SECONDS)
        await asyncio.sleep(max(0.0, previous.machine.asleep_until - now) + delay)
        if self.owners.get(partition) is not previous:
            await previous.revoke(partition)
