"""One seed, one bad day for two deliverers; and what was told, to whom, when it was over."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random

from alerts.notification.audiences import deployment
from streams.delivery.alert_partition import Desk
from streams.delivery.partition_delivery import Delivery
from tests.alerts.notification.published_alerts import FILE
from tests.simulation.chaos import Fate
from tests.simulation.loop import play
from tests.streams.delivery.alert_stories import PARTITIONS, Story
from tests.streams.delivery.deliverer_group import Group, World
from tests.streams.delivery.judge import faults
from tests.streams.delivery.receivers import Bell, Receiver
from tests.streams.delivery.remote import Doom, Topic

PLAN = deployment(FILE.replace('"30m"', '"40s"'))

CALM_SECONDS = 100.0
"""After the last fault: a reminder, the rest of a sink that was down, and an escalation."""

FIRST_CALLS = 150
"""Where the certain crashes lie: afterwards most calls are readings that find nothing."""


@dataclass(frozen=True)
class Report:
    """What came of a seed: *wrong* is empty where all is as it must be."""

    seed: int
    wrong: list[str]
    counts: Counter[str]


@dataclass(frozen=True)
class Cast:
    """Who takes part."""

    delivery: type[Delivery] = Delivery
    desk: type[Desk] = Desk


@dataclass
class Day:
    """Everything of one bad day.

    On a *quiet* one nothing goes wrong at all: partitions change hands, and that is all.
    """

    random: Random
    quiet: bool = False
    cast: Cast = field(default_factory=lambda: Cast())
    group: Group = field(init=False)
    chaos: Doom = field(init=False)
    world: World = field(init=False)
    story: Story = field(init=False)

    def __post_init__(self) -> None:
        random = self.random
        self.chaos = Doom(
            random,
            calm=random.choice((20.0, 40.0)),
            rate=0.0 if self.quiet else random.choice((0.0, 0.01, 0.05)),
            weather=random.choice((0.1, 0.4)),
            crash_share=0.3,
        )
        if not self.quiet:
            crash = (Fate.CRASH_BEFORE, Fate.CRASH_AFTER)
            for _ in range(random.choice((1, 1, 3))):
                self.chaos.points[random.randint(1, FIRST_CALLS)] = random.choice(crash)
        self.story = Story(random, seconds=random.choice((5.0, 20.0)))
        self.world = World(
            self.chaos,
            PLAN,
            alerts=[Topic(partition=each) for each in range(PARTITIONS)],
            ledgers=[Topic(partition=each) for each in range(PARTITIONS)],
            receivers={"pager": Receiver(), "bell": Bell(), "phone": Receiver()},
            delivery=self.cast.delivery,
            desk=self.cast.desk,
        )
        self.group = Group(self.world)

    async def pass_over(self) -> list[str]:
        """Let it pass; what is wrong then."""
        around = asyncio.create_task(self.group.coordinate())
        told = asyncio.create_task(self.story.tell(list(self.world.alerts)))
        rages = asyncio.create_task(self.rage())
        await asyncio.wait((told, rages))
        await asyncio.sleep(max(0.0, self.chaos.calm - now()) + CALM_SECONDS)
        ended = [task.exception() for task in (told, rages, around) if task.done()]
        return [*(repr(each) for each in ended if each), *faults(self.world)]

    async def rage(self) -> None:
        """Let members sleep, sinks go down, partitions change hands."""
        while not self.chaos.over:
            await asyncio.sleep(self.random.expovariate(self.chaos.weather))
            if self.chaos.over:
                return
            kinds = ("rebalance",) if self.quiet else ("sleep", "down", "rebalance")
            match self.random.choice(kinds):
                case "sleep":
                    self.chaos.counts["sleep"] += 1
                    site = self.random.choice(self.group.sites)
                    site.machine.asleep_until = now() + self.random.choice((2.0, 8.0, 25.0))
                case "down":
                    self.chaos.counts["down"] += 1
                    receiver = self.random.choice(list(self.world.receivers.values()))
                    receiver.down_until = now() + self.random.choice((2.0, 15.0))
                case _:
                    self.chaos.counts["rebalance"] += 1
                    self.group.rebalance()


def crashed(seed: int, *, quiet: bool = False, cast: Cast | None = None) -> Report:
    """What comes of *seed*."""
    day = Day(Random(seed), quiet, cast or Cast())
    with silence():
        wrong = play(day.pass_over())
    return Report(seed, wrong, day.chaos.counts + tallied(day.world))


def tallied(world: World) -> Counter[str]:
    """How much was told, and how often a notice came to a sink once more."""
    counts: Counter[str] = Counter()
    for name, receiver in world.receivers.items():
        counts[f"taken: {name}"] += len(receiver.taken)
        counts[f"again: {name}"] += len(receiver.got) - len(receiver.taken)
    return counts


def now() -> float:
    """Seconds since the simulation began."""
    return asyncio.get_running_loop().time()


@contextmanager
def silence() -> Iterator[None]:
    """Keep deliverers from logging what is done to them."""
    logger = logging.getLogger("tocsin.deliver")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


def days(seeds: range, *, quiet: bool = False) -> Iterator[Report]:
    """What comes of each of *seeds*."""
    return (crashed(seed, quiet=quiet) for seed in seeds)
