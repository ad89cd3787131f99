"""Simulates workers, store and log with random faults: one seed is one storm."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import inf
from random import Random

from streams.processor.limits import Limits
from streams.processor.stop import StopReason
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
RECOVERY_SECONDS = 45.0
"""Simulated time from the last fault to the end.  It is less than STALL_SECONDS: a worker that
continues only because a supervisor restarts it has not recovered."""


@dataclass(frozen=True, slots=True)
class Variant:
    """The worker and store classes of a storm: the product's, or a mutant in place of one."""

    worker: type[SimulatedWorker] = SimulatedWorker
    store: type[RollbackStore] = RollbackStore


@dataclass(frozen=True, slots=True)
class StormReport:
    """Result of a storm: the first *violation*, empty if there is none, and the fault counts."""

    seed: int
    violation: str
    counts: Counter[str]

    def __str__(self) -> str:
        """Return the violation, and the command that reproduces the storm."""
        command = f"python -m tests.simulation --seed {self.seed}"
        return f"seed {self.seed}: {self.violation or 'passed'}\n  reproduce: {command}"


def run_storm(seed: int, variant: Variant | None = None) -> StormReport:
    """Draw and run the storm *seed*; a *variant* replaces classes of the product."""
    random = Random(seed)
    storm = Storm(random, build_oracle(draw_log(random)), variant or Variant())
    with silenced_worker_log():
        violation = run_virtual(storm.run())
    return StormReport(seed, violation, storm.chaos.counts)


@contextmanager
def silenced_worker_log() -> Iterator[None]:
    """Disable the log of the workers: every fault would add lines to it."""
    logger = logging.getLogger("tocsin")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


@dataclass(slots=True)
class Storm:
    """The workers, store, log and faults of one storm.

    If it *corrupts_rows*, fields of rows are changed behind the workers.  If it *rewinds*, an
    operator rewinds studies while workers run, although the documentation forbids it.
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
            # The time of the machine must decide nothing, and threads have no virtual clock.
            large_write=1 << 30,
            loop_seconds=inf,
            write_seconds=inf,
            rebuild_seconds=inf,
        )
        self.services = SharedServices(InMemoryLog(), self.store, InMemoryTopics(), limits)

    async def run(self) -> str:
        """Run until the workers have recovered; return the first violation, empty if none."""
        entries = self.oracle.entries
        ticks = len(self.oracle.rows)  # The log ends with one tick per study.
        for _ in range(self.random.choice((1, 2, 3))):
            self.start_worker()
        producer = asyncio.create_task(
            self.produce(entries[:-ticks] if self.corrupts_rows else entries)
        )
        injector = asyncio.create_task(FailureInjector(self).run())
        self.tasks = [asyncio.create_task(self.supervise()), producer, injector]
        await asyncio.sleep(self.chaos.faults_until)
        await asyncio.wait((producer, injector))
        if self.corrupts_rows:
            # A worker does not see that a row in its memory is corrupted in the store: reload.
            for worker in self.workers:
                worker.machine.kill()
            await asyncio.sleep(1)
            self.services.log.entries.extend(entries[-ticks:])
        return await self.wait_for_end()

    async def wait_for_end(self) -> str:
        """Wait until all work is done for QUIET_SECONDS; return the first violation."""
        loop = asyncio.get_running_loop()
        deadline, quiet = loop.time() + RECOVERY_SECONDS, 0.0
        while quiet < QUIET_SECONDS and not self.judge.violation:
            self.raise_task_errors()
            remaining = self.judge.remaining_work(self.store)
            if loop.time() > deadline:
                reason = remaining or "a worker is busy"
                return f"not finished {RECOVERY_SECONDS:.0f} s after the last fault: {reason}"
            await asyncio.sleep(0.5)
            quiet = 0.0 if remaining or self.is_busy else quiet + 0.5
        return self.judge.violation or self.judge.final_violation(self.store, self.services.topics)

    def raise_task_errors(self) -> None:
        """Raise the exception of a failed task: in a real worker it would end the process."""
        tasks = [*self.tasks, *(task for worker in self.workers for task in worker.tasks)]
        for task in [task for task in tasks if task.done()]:
            task.result()

    @property
    def is_busy(self) -> bool:
        """Return whether any processor is before the end of the log, or has rows to rebuild."""
        processors = [processor for worker in self.workers for processor in worker.processors]
        return any(
            processor.needs_rebuild or processor.position != self.services.log.end
            for processor in processors
        )

    def start_worker(self) -> None:
        """Start one more worker on its own machine."""
        worker = self.variant.worker(Machine(self.chaos), self.services)
        self.workers.append(worker)
        worker.start()

    async def produce(self, entries: Sequence[LogEntry]) -> None:
        """Append *entries* to the log, with random pauses."""
        mean_seconds = self.random.choice((0.001, 0.05, 0.2))
        for entry in entries:
            await asyncio.sleep(self.random.expovariate(1 / mean_seconds))
            self.services.log.entries.append(entry)

    async def supervise(self) -> None:
        """Replace dead machines, and act as an operator where a partition is stopped."""
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
        """Release unreadable records; restart a worker whose fold raised by an injected fault."""
        if reason is StopReason.UNREADABLE:
            self.chaos.counts["released"] += 1
            await self.store.release(self.services.log.end - 1)
        elif reason is StopReason.RAISED and self.chaos.counts[FOLD_RAISED]:
            worker.machine.kill()
        else:
            self.judge.report(f"a partition stopped: {reason}")
