"""Simulates two deliverers under faults drawn from a seed, and checks what was delivered."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random

from alerts.notification.audiences import parse_routing_config
from streams.delivery.alert_partition import AlertPartition
from streams.delivery.partition_delivery import PartitionDelivery
from tests.alerts.notification.published_alerts import DELIVERY_FILE
from tests.simulation.chaos import CallOutcome
from tests.simulation.virtual_loop import run_virtual
from tests.streams.delivery.deliverer_group import Group, World
from tests.streams.delivery.judge import find_faults
from tests.streams.delivery.random_alerts import PARTITIONS, RandomAlerts
from tests.streams.delivery.receivers import FakeAlertmanager, Receiver
from tests.streams.delivery.remote import CrashChaos, TopicPartition

CONFIG = parse_routing_config(DELIVERY_FILE.replace('"30m"', '"40s"'))

RECOVERY_SECONDS = 100.0
"""Time after the last fault: enough for a resend, a backoff and an escalation."""

CRASH_CALL_MAX = 150
"""Last call that can be a certain crash; later calls are mostly reads without a record."""


@dataclass(frozen=True)
class Report:
    """The outcome of a seed; *violations* is empty where all guarantees hold."""

    seed: int
    violations: list[str]
    counts: Counter[str]


@dataclass(frozen=True)
class ClassesUnderTest:
    """The delivery classes of the product, or those of a mutant."""

    partition_delivery: type[PartitionDelivery] = PartitionDelivery
    alert_partition: type[AlertPartition] = AlertPartition


@dataclass
class CrashRun:
    """One simulated run, with random faults.

    In a *quiet* run the only events are rebalances.
    """

    random: Random
    quiet: bool = False
    classes: ClassesUnderTest = field(default_factory=lambda: ClassesUnderTest())
    group: Group = field(init=False)
    chaos: CrashChaos = field(init=False)
    world: World = field(init=False)
    random_alerts: RandomAlerts = field(init=False)

    def __post_init__(self) -> None:
        random = self.random
        self.chaos = CrashChaos(
            random,
            faults_until=random.choice((20.0, 40.0)),
            call_failure_rate=0.0 if self.quiet else random.choice((0.0, 0.01, 0.05)),
            failures_per_second=random.choice((0.1, 0.4)),
            crash_share=0.3,
        )
        if not self.quiet:
            crashes = (CallOutcome.CRASH_BEFORE, CallOutcome.CRASH_AFTER)
            for _ in range(random.choice((1, 1, 3))):
                self.chaos.crash_points[random.randint(1, CRASH_CALL_MAX)] = random.choice(crashes)
        self.random_alerts = RandomAlerts(random, seconds=random.choice((5.0, 20.0)))
        self.world = World(
            self.chaos,
            CONFIG,
            alerts=[TopicPartition(partition=each) for each in range(PARTITIONS)],
            notification_logs=[TopicPartition(partition=each) for each in range(PARTITIONS)],
            receivers={"pager": Receiver(), "bell": FakeAlertmanager(), "phone": Receiver()},
            partition_delivery=self.classes.partition_delivery,
            alert_partition=self.classes.alert_partition,
        )
        self.group = Group(self.world)

    async def run(self) -> list[str]:
        """Run the simulation, and return its violations."""
        coordinating = asyncio.create_task(self.group.coordinate())
        publishing = asyncio.create_task(self.random_alerts.publish_all(list(self.world.alerts)))
        injecting = asyncio.create_task(self.inject_faults())
        await asyncio.wait((publishing, injecting))
        await asyncio.sleep(max(0.0, self.chaos.faults_until - now()) + RECOVERY_SECONDS)
        exceptions = [
            task.exception() for task in (publishing, injecting, coordinating) if task.done()
        ]
        return [*(repr(each) for each in exceptions if each), *find_faults(self.world)]

    async def inject_faults(self) -> None:
        """Pause members, take sinks down and rebalance partitions until the faults end."""
        while not self.chaos.has_ended:
            await asyncio.sleep(self.random.expovariate(self.chaos.failures_per_second))
            if self.chaos.has_ended:
                return
            kinds = ("rebalance",) if self.quiet else ("sleep", "down", "rebalance")
            match self.random.choice(kinds):
                case "sleep":
                    self.chaos.counts["sleep"] += 1
                    deliverer = self.random.choice(self.group.deliverers)
                    deliverer.machine.asleep_until = now() + self.random.choice((2.0, 8.0, 25.0))
                case "down":
                    self.chaos.counts["down"] += 1
                    receiver = self.random.choice(list(self.world.receivers.values()))
                    receiver.down_until = now() + self.random.choice((2.0, 15.0))
                case _:
                    self.chaos.counts["rebalance"] += 1
                    self.group.rebalance()


def run_seed(seed: int, *, quiet: bool = False, classes: ClassesUnderTest | None = None) -> Report:
    """Run *seed*, and return its report."""
    crash_run = CrashRun(Random(seed), quiet, classes or ClassesUnderTest())
    with log_disabled():
        violations = run_virtual(crash_run.run())
    return Report(seed, violations, crash_run.chaos.counts + count_deliveries(crash_run.world))


def count_deliveries(world: World) -> Counter[str]:
    """Return the number of accepted and of repeated notifications of each sink."""
    counts: Counter[str] = Counter()
    for name, receiver in world.receivers.items():
        counts[f"accepted: {name}"] += len(receiver.bodies)
        counts[f"repeated: {name}"] += len(receiver.arrived) - len(receiver.bodies)
    return counts


def now() -> float:
    """Return the seconds since the simulation began."""
    return asyncio.get_running_loop().time()


@contextmanager
def log_disabled() -> Iterator[None]:
    """Disable the log of the deliverers, whose errors are intended."""
    logger = logging.getLogger("tocsin.deliver")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


def run_seeds(seeds: range, *, quiet: bool = False) -> Iterator[Report]:
    """Run each of *seeds*, and yield the reports."""
    return (run_seed(seed, quiet=quiet) for seed in seeds)
