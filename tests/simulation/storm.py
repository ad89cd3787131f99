"""One seed, one storm: workers, a store and a log through bad weather, and what came of it."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from random import Random

from streams.lane import Halt, Limits
from tests.simulation.chaos import Chaos, Machine
from tests.simulation.far_log import Topics, WholeLog
from tests.simulation.judge import Judge
from tests.simulation.logs import drawn
from tests.simulation.loop import play
from tests.simulation.oracle import Oracle, asked
from tests.simulation.storage import Storage
from tests.simulation.weather import Weather
from tests.simulation.worker import Site, World

QUIET_SECONDS = 3.0
PATIENCE_SECONDS = 45.0
"""Of the time that passes in the storm, after the last fault."""


@dataclass(frozen=True, slots=True)
class Cast:
    """Who takes part: the product's own classes, or a mutant's in the place of one."""

    site: type[Site] = Site
    storage: type[Storage] = Storage


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a storm: *wrong* is empty where all is as it must be."""

    seed: int
    wrong: str
    counts: Counter[str]

    def __str__(self) -> str:
        again = f"python -m tests.simulation --seed {self.seed}"
        return f"seed {self.seed}: {self.wrong or 'right'}\n  again: {again}"


def stormed(seed: int, cast: Cast | None = None) -> Report:
    """What comes of the storm *seed*."""
    random = Random(seed)
    oracle = asked(drawn(random))
    storm = Storm(random, oracle, cast or Cast())
    wrong = play(storm.pass_over())
    return Report(seed, wrong, storm.chaos.counts)


@dataclass(slots=True)
class Storm:
    """Everything of one storm."""

    random: Random
    oracle: Oracle
    cast: Cast
    chaos: Chaos = field(init=False)
    judge: Judge = field(init=False)
    storage: Storage = field(init=False)
    world: World = field(init=False)
    topics: Topics = field(default_factory=Topics)
    sites: list[Site] = field(default_factory=list[Site])
    spoils: bool = field(init=False)
    rewinds: bool = field(init=False)

    def __post_init__(self) -> None:
        self.chaos = Chaos.drawn(self.random)
        self.spoils, self.rewinds = self.random.random() < 0.3, self.random.random() < 0.3
        self.judge = Judge(self.oracle, strict=not (self.spoils or self.rewinds))
        self.storage = self.cast.storage(seen=self.judge.look)
        limits = Limits(
            bytes=self.random.choice((1, 100_000, 512 << 20)),
            pairs=self.random.choice((660, 700, 3_900)),
            unreadable=self.random.choice((2, 3, 10)),
            rebuilt=self.random.choice((5, 20_000)),
        )
        self.world = World(WholeLog(), self.storage, self.topics, limits)

    async def pass_over(self) -> str:
        """Let it pass over; what is wrong then, or was on the way."""
        entries = self.oracle.entries
        held_back = len(self.oracle.rows) if self.spoils else 0
        for _ in range(self.random.choice((1, 2, 3))):
            self.join()
        weather = Weather(self)
        tasks = [
            asyncio.create_task(self.produce(entries[: len(entries) - held_back])),
            asyncio.create_task(weather.rage()),
            asyncio.create_task(self.supervise()),
        ]
        await asyncio.sleep(self.chaos.calm)
        await asyncio.wait(tasks[:2])
        if held_back:
            # Whoever has a row in memory does not see what was done to it: read all anew.
            for site in self.sites:
                site.machine.kill()
            await asyncio.sleep(1)
            self.world.log.entries.extend(entries[len(entries) - held_back :])
        return await self.settle(tasks)

    async def settle(self, tasks) -> str:
        """Wait until nothing happens any more; what is wrong then."""
        loop = asyncio.get_running_loop()
        deadline, still = loop.time() + PATIENCE_SECONDS, 0.0
        while still < QUIET_SECONDS:
            if tasks[-1].done():
                tasks[-1].result()
            if self.judge.wrong:
                return self.judge.wrong
            if loop.time() > deadline:
                return f"not at the end in {PATIENCE_SECONDS:.0f} s: {self.judge.behind(self.storage)}"
            await asyncio.sleep(0.5)
            still = still + 0.5 if self.quiet else 0.0
        return self.judge.wrong or self.judge.final(self.storage, self.topics)

    @property
    def quiet(self) -> bool:
        """Whether all is folded and told, as far as anybody can see from outside."""
        lanes = [lane for site in self.sites for lane in site.lanes]
        busy = any(lane.rebuilding or lane.position != self.world.log.end for lane in lanes)
        return not busy and not self.judge.behind(self.storage)

    def join(self) -> None:
        """One more worker."""
        site = self.cast.site(Machine(self.chaos), self.world)
        self.sites.append(site)
        site.start()

    async def produce(self, entries: list) -> None:
        """Write *entries* to the log, by and by."""
        pace = self.random.choice((0.001, 0.05, 0.2))
        for entry in entries:
            await asyncio.sleep(self.random.expovariate(1 / pace))
            self.world.log.entries.append(entry)

    async def supervise(self) -> None:
        """Replace a machine that died, and let unreadable records pass where they stop a lane."""
        while True:
            await asyncio.sleep(self.random.choice((0.2, 0.5, 2.0)))
            for task in [task for site in self.sites for task in site.tasks if task.done()]:
                task.result()  # What is raised in the worker's own tasks ends the process.
            for site in [site for site in self.sites if site.machine.dead]:
                self.sites.remove(site)
                self.join()
            halts = {lane.stopped.reason for site in self.sites for lane in site.lanes if lane.stopped}
            if Halt.UNREADABLE in halts:
                self.chaos.counts["released"] += 1
                await self.storage.release(self.world.log.end - 1)
            for halt in halts - {Halt.UNREADABLE}:
                self.judge.blame(f"a partition stands still: {halt}")
