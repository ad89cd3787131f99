"""One seed, one storm: workers, a store and a log through bad weather, and what came of it."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random

from streams.processor import Limits, StopReason
from tests.simulation.chaos import FOLD_RAISED, Chaos, Machine
from tests.simulation.failures import FailureInjector
from tests.simulation.judge import Judge
from tests.simulation.oracle import Oracle, build_oracle
from tests.simulation.random_logs import LogEntry, draw_log
from tests.simulation.remote_log import InMemoryLog, InMemoryTopics
from tests.simulation.rollback_store import RollbackStore
from tests.simulation.simulated_worker import SharedServices, SimulatedWorker
from tests.simulation.virtual_loop import run_virtual

QUIET_SECONDS = 3.0
PATIENCE_SECONDS = 45.0
"""From the last fault on, of the storm's own time.  A worker that gets on only because it is
started anew after a minute does not get on."""


@dataclass(frozen=True, slots=True)
class Variant:
    """Who takes part: the product's own classes, or a mutant's in the place of one."""

    worker: type[SimulatedWorker] = SimulatedWorker
    store: type[RollbackStore] = RollbackStore


@dataclass(frozen=True, slots=True)
class StormReport:
    """What came of a storm: *wrong* is empty where all is as it must be."""

    seed: int
    violation: str
    counts: Counter[str]

    def __str__(self) -> str:
        """What is wrong, and how to see it again."""
        again = f"python -m tests.simulation --seed {self.seed}"
        return f"seed {self.seed}: {self.violation or 'right'}\n  again: {again}"


def run_storm(seed: int, variant: Variant | None = None) -> StormReport:
    """What comes of the storm *seed*."""
    random = Random(seed)
    storm = Storm(random, build_oracle(draw_log(random)), variant or Variant())
    with silenced_worker_log():
        violation = run_virtual(storm.run())
    return StormReport(seed, violation, storm.chaos.counts)


@contextmanager
def silenced_worker_log() -> Iterator[None]:
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
    variant: Variant
    chaos: Chaos = field(init=False)
    judge: Judge = field(init=False)
    store: RollbackStore = field(init=False)
    services: SharedServices = field(init=False)
    workers: list[SimulatedWorker] = field(default_factory=list[SimulatedWorker])
    tasks: list[asyncio.Task[None]] = field(default_factory=list["asyncio.Task[None]"])
    corrupts_rows: bool = field(init=False)
    rewinds: bool = field(init=False)

    def __post_init__(self) -> None:
        self.chaos = Chaos.draw(self.random)
        self.corrupts_rows, self.rewinds = self.random.random() < 0.3, self.random.random() < 0.3
        self.judge = Judge(self.oracle, strict=not (self.corrupts_rows or self.rewinds))
        self.store = self.variant.store(on_change=self.judge.check_state)
        limits = Limits(
            memory_bytes=self.random.choice((1, 100_000, 512 << 20)),
            pairs_max=self.random.choice((60, 700, 3_900)),
            unreadable_max=self.random.choice((2, 3, 10)),
            rebuild_records_max=self.random.choice((5, 20_000)),
        )
        self.services = SharedServices(InMemoryLog(), self.store, InMemoryTopics(), limits)

    async def run(self) -> str:
        """Let it pass over; what is wrong then, or was on the way."""
        entries = self.oracle.entries
        ticks = len(self.oracle.rows)  # The last record of each study.
        for _ in range(self.random.choice((1, 2, 3))):
            self.start_worker()
        producing = asyncio.create_task(
            self.produce(entries[:-ticks] if self.corrupts_rows else entries)
        )
        failing = asyncio.create_task(FailureInjector(self).run())
        self.tasks = [asyncio.create_task(self.supervise()), producing, failing]
        await asyncio.sleep(self.chaos.faults_until)
        await asyncio.wait((producing, failing))
        if self.corrupts_rows:
            # Whoever has a row in memory does not see what was done to it: read all anew.
            for worker in self.workers:
                worker.machine.kill()
            await asyncio.sleep(1)
            self.services.log.entries.extend(entries[-ticks:])
        return await self.wait_for_end()

    async def wait_for_end(self) -> str:
        """Wait until nothing happens any more; what is wrong then."""
        loop = asyncio.get_running_loop()
        deadline, still = loop.time() + PATIENCE_SECONDS, 0.0
        while still < QUIET_SECONDS and not self.judge.violation:
            self.raise_task_errors()
            behind = self.judge.remaining_work(self.store)
            if loop.time() > deadline:
                return f"not at the end in {PATIENCE_SECONDS:.0f} s: {behind or 'still busy'}"
            await asyncio.sleep(0.5)
            still = 0.0 if behind or self.is_busy else still + 0.5
        return self.judge.violation or self.judge.final_violation(self.store, self.services.topics)

    def raise_task_errors(self) -> None:
        """Raise what any task has raised: in a worker it would have ended the process."""
        tasks = [*self.tasks, *(task for worker in self.workers for task in worker.tasks)]
        for task in [task for task in tasks if task.done()]:
            task.result()

    @property
    def is_busy(self) -> bool:
        """Whether any worker has yet to come to the end."""
        processors = [processor for worker in self.workers for processor in worker.processors]
        return any(
            processor.needs_rebuild or processor.position != self.services.log.end
            for processor in processors
        )

    def start_worker(self) -> None:
        """One more worker."""
        worker = self.variant.worker(Machine(self.chaos), self.services)
        self.workers.append(worker)
        worker.start()

    async def produce(self, entries: Sequence[LogEntry]) -> None:
        """Write *entries* to the log, by and by."""
        pace = self.random.choice((0.001, 0.05, 0.2))
        for entry in entries:
            await asyncio.sleep(self.random.expovariate(1 / pace))
            self.services.log.entries.append(entry)

    async def supervise(self) -> None:
        """Replace a machine that died, and do what an operator does where a lane stands still."""
        while True:
            await asyncio.sleep(self.random.choice((0.2, 0.5, 2.0)))
            for worker in [worker for worker in self.workers if worker.machine.dead]:
                self.workers.remove(worker)
                self.start_worker()
            for worker in self.workers:
                for stopped in [
                    processor.stopped for processor in worker.processors if processor.stopped
                ]:
                    await self.act_as_operator(worker, stopped.reason)

    async def act_as_operator(self, worker: SimulatedWorker, reason: StopReason) -> None:
        """Let unreadable records pass; start anew where folding has raised by chance."""
        if reason is StopReason.UNREADABLE:
            self.chaos.counts["released"] += 1
            await self.store.release(self.services.log.end - 1)
        elif reason is StopReason.RAISED and self.chaos.counts[FOLD_RAISED]:
            worker.machine.kill()
        else:
            self.judge.report(f"a partition stands still: {reason}")
