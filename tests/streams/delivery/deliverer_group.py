"""Two deliverers that share the partitions: one dies, one sleeps, and the group moves on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from alerts.notification.audiences import Deployment
from streams.delivery.alert_partition import Desk
from streams.delivery.partition_delivery import Delivery
from streams.metrics import DeliveryMeter
from tests.simulation.chaos import Machine
from tests.streams.delivery.receivers import Receiver, hour
from tests.streams.delivery.remote import Doom, FarSender, FarSink, FarTopic, Host, Topic

SESSION_SECONDS = 10.0
BEAT_SECONDS = 3.0


@dataclass
class World:
    """What outlives every machine; and the product's own classes, or a mutant's."""

    chaos: Doom
    deployment: Deployment
    alerts: Sequence[Topic]
    ledgers: Sequence[Topic]
    receivers: Mapping[str, Receiver]
    delivery: type[Delivery] = Delivery
    desk: type[Desk] = Desk


@dataclass
class Site:
    """One process of ``tocsin deliver``: its machine, and what it believes it owns."""

    world: World
    machine: Machine = field(init=False)
    desks: dict[int, Desk] = field(default_factory=dict[int, Desk])
    deliveries: dict[int, Delivery] = field(default_factory=dict[int, Delivery])

    def __post_init__(self) -> None:
        self.machine = Host(self.world.chaos)

    @property
    def heard(self) -> bool:
        """Whether the group has heard of it within a session."""
        now = asyncio.get_running_loop().time()
        return not self.machine.dead and self.machine.asleep_until < now + SESSION_SECONDS / 2

    def take(self, partition: int) -> None:
        if partition not in self.desks:
            self.desks[partition] = self._desk(partition)
        sinks = {
            name: FarSink(self.machine, name, receiver)
            for name, receiver in self.world.receivers.items()
        }
        world, meter = self.world, DeliveryMeter(sinks, hour)
        delivery = world.delivery(self.desks[partition], world.deployment, sinks, meter, hour)
        self.deliveries[partition] = delivery
        delivery.start()

    async def lose(self, partition: int) -> None:
        if (delivery := self.deliveries.pop(partition, None)) is not None:
            await delivery.stop()

    def _desk(self, partition: int) -> Desk:
        alerts, ledgers = self.world.alerts[partition], self.world.ledgers[partition]
        return self.world.desk(
            partition,
            FarTopic(self.machine, alerts, "alerts", partition),
            FarTopic(self.machine, ledgers, "ledger", partition),
            FarSender(self.machine, self.world.ledgers),
            steady=asyncio.get_running_loop().time,
        )


@dataclass
class Group:
    """Sees to it that every partition has an owner that is heard of."""

    world: World
    sites: list[Site] = field(default_factory=list[Site])
    graves: list[Site] = field(default_factory=list[Site])
    owners: dict[int, Site] = field(default_factory=dict[int, Site])
    partings: list[asyncio.Task[None]] = field(default_factory=list["asyncio.Task[None]"])

    async def coordinate(self) -> None:
        """Look after the members for ever."""
        while True:
            self.world.chaos.counts["beats"] += 1
            self.graves += [site for site in self.sites if site.machine.dead]
            self.sites = [site for site in self.sites if not site.machine.dead]
            while len(self.sites) < 2:
                self.sites.append(Site(self.world))
            for partition in range(len(self.world.alerts)):
                self._see_to(partition)
            await asyncio.sleep(BEAT_SECONDS / 2)

    def rebalance(self) -> None:
        """Give each partition to whoever has it not."""
        for partition, owner in list(self.owners.items()):
            others = [site for site in self.sites if site is not owner and site.heard]
            if others:
                self._move(partition, others[0])

    def _see_to(self, partition: int) -> None:
        owner = self.owners.get(partition)
        if owner is not None and owner in self.sites and owner.heard:
            return
        ready = [site for site in self.sites if site.heard]
        if ready:
            self._move(partition, ready[partition % len(ready)])

    def _move(self, partition: int, to: Site) -> None:
        before = self.owners.get(partition)
        self.owners[partition] = to
        self.partings.append(asyncio.create_task(self._hand_over(partition, before, to)))

    async def _hand_over(self, partition: int, before: Site | None, to: Site) -> None:
        """Who is heard of stops before *to* begins; who is not, learns of it when it wakes up."""
        if before is not None and not before.machine.dead:
            if before.heard:
                await before.lose(partition)
            else:
                self.partings.append(asyncio.create_task(self._late(partition, before)))
        if self.owners.get(partition) is to and partition not in to.deliveries:
            to.take(partition)

    async def _late(self, partition: int, before: Site) -> None:
        now = asyncio.get_running_loop().time()
        unaware = self.world.chaos.random.uniform(0, BEAT_SECONDS)
        await asyncio.sleep(max(0.0, before.machine.asleep_until - now) + unaware)
        if self.owners.get(partition) is not before:
            await before.lose(partition)
