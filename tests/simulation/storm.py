"""One seed, one storm: workers, a store and a log through bad weather, and what came of it."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random

from streams.processor import Halt, Limits
from tests.simulation.chaos import FOLD_RAISED, Chaos, Machine
from tests.simulation.failures import Weather
from tests.simulation.judge import Judge
from tests.simulation.logs import Entry, drawn
from tests.simulation.loop import play
from tests.simulation.oracle import Oracle, asked
from tests.simulation.remote_log import Topics, WholeLog
from tests.simulation.storage import Storage
from tests.simulation.worker import Site, World

QUIET_SECONDS = 3.0
PATIENCE_SECONDS = 45.0
"""From the last fault on, of the storm's own time.  A worker that gets on only because it is
started anew after a minute does not get on."""


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
        """What is wrong, and how to see it again."""
        again = f"python -m tests.simulation --seed {self.seed}"
        return f"seed {self.seed}: {self.wrong or 'right'}\n  again: {again}"


def stormed(seed: int, cast: Cast | None = None) -> Report:
    """What comes of the storm *seed*."""
    random = Random(seed)
    storm = Storm(random, asked(drawn(random)), cast or Cast())
    with silence():
        wrong = play(storm.pass_over())
    return Report(seed, wrong, storm.chaos.counts)


@contextmanager
def silence() -> Iterator[None]:
    """Keep the workers from logging what is done to them."""
    logger = logging.getLogger("tocsin")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


@dataclass(slots=True)
class Storm:
    """Everything of one storm.

    In some, somebody alters rows (it *spoils*); in some, an operator *rewinds* studies while
    workers are at work, which he is told not to do.
    """

    random: Random
    oracle: Oracle
    cast: Cast
    chaos: Chaos = field(init=False)
    judge: Judge = field(init=False)
    storage: Storage = field(init=False)
    world: World = field(init=False)
    sites: list[Site] = field(default_factory=list[Site])
    around: list[asyncio.Task[None]] = field(default_factory=list["asyncio.Task[None]"])
    spoils: bool = field(init=False)
    rewinds: bool = field(init=False)

    def __post_init__(self) -> None:
        self.chaos = Chaos.drawn(self.random)
        self.spoils, self.rewinds = self.random.random() < 0.3, self.random.random() < 0.3
        self.judge = Judge(self.oracle, strict=not (self.spoils or self.rewinds))
        self.storage = self.cast.storage(seen=self.judge.look)
        limits = Limits(
            bytes=self.random.choice((1, 100_000, 512 << 20)),
            pairs=self.random.choice((60, 700, 3_900)),
            unreadable=self.random.choice((2, 3, 10)),
            rebuilt=self.random.choice((5, 20_000)),
        )
        self.world = World(WholeLog(), self.storage, Topics(), limits)

    async def pass_over(self) -> str:
        """Let it pass over; what is wrong then, or was on the way."""
        entries = self.oracle.entries
        ticks = len(self.oracle.rows)  # The last record of each study.
        for _ in range(self.random.choice((1, 2, 3))):
            self.join()
        told = asyncio.create_task(self.produce(entries[:-ticks] if self.spoils else entries))
        rages = asyncio.create_task(Weather(self).rage())
        self.around = [asyncio.create_task(self.supervise()), told, rages]
        await asyncio.sleep(self.chaos.calm)
        await asyncio.wait((told, rages))
        if self.spoils:
            # Whoever has a row in memory does not see what was done to it: read all anew.
            for site in self.sites:
                site.machine.kill()
            await asyncio.sleep(1)
            self.world.log.entries.extend(entries[-ticks:])
        return await self.settled()

    async def settled(self) -> str:
        """Wait until nothing happens any more; what is wrong then."""
        loop = asyncio.get_running_loop()
        deadline, still = loop.time() + PATIENCE_SECONDS, 0.0
        while still < QUIET_SECONDS and not self.judge.wrong:
            self.hear_out()
            behind = self.judge.behind(self.storage)
            if loop.time() > deadline:
                return f"not at the end in {PATIENCE_SECONDS:.0f} s: {behind or 'still busy'}"
            await asyncio.sleep(0.5)
            still = 0.0 if behind or self.busy else still + 0.5
        return self.judge.wrong or self.judge.final(self.storage, self.world.topics)

    def hear_out(self) -> None:
        """Raise what any task has raised: in a worker it would have ended the process."""
        tasks = [*self.around, *(task for site in self.sites for task in site.tasks)]
        for task in [task for task in tasks if task.done()]:
            task.result()

    @property
    def busy(self) -> bool:
        """Whether any worker has yet to come to the end."""
        lanes = [lane for site in self.sites for lane in site.lanes]
        return any(lane.rebuilding or lane.position != self.world.log.end for lane in lanes)

    def join(self) -> None:
        """One more worker."""
        site = self.cast.site(Machine(self.chaos), self.world)
        self.sites.append(site)
        site.start()

    async def produce(self, entries: Sequence[Entry]) -> None:
        """Write *entries* to the log, by and by."""
        pace = self.random.choice((0.001, 0.05, 0.2))
        for entry in entries:
            await asyncio.sleep(self.random.expovariate(1 / pace))
            self.world.log.entries.append(entry)

    async def supervise(self) -> None:
        """Replace a machine that died, and do what an operator does where a lane stands still."""
        while True:
            await asyncio.sleep(self.random.choice((0.2, 0.5, 2.0)))
            for site in [site for site in self.sites if site.machine.dead]:
                self.sites.remove(site)
                self.join()
            for site in self.sites:
                for stopped in [lane.stopped for lane in site.lanes if lane.stopped]:
                    await self.operate(site, stopped.reason)

    async def operate(self, site: Site, reason: Halt) -> None:
        """Let unreadable records pass; start anew where folding has raised by chance."""
        if reason is Halt.UNREADABLE:
            self.chaos.counts["released"] += 1
            await self.storage.release(self.world.log.end - 1)
        elif reason is Halt.RAISED and self.chaos.counts[FOLD_RAISED]:
            site.machine.kill()
        else:
            self.judge.blame(f"a partition stands still: {reason}")
