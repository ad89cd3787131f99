"""Injects faults into workers and store, other than failed calls."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.simulation.random_logs import PARTITION
from tests.simulation.rollback_store import rows_of

if TYPE_CHECKING:
    from tests.simulation.storm import Storm


@dataclass(slots=True)
class FailureInjector:
    """Injects the faults of one storm at random times; their names are counted."""

    storm: Storm

    async def run(self) -> None:
        """Inject faults at the rate of the storm, until its faults end."""
        chaos = self.storm.chaos
        kinds: list[Callable[[], None]] = [
            *(self.kill, self.sleep, self.fall, self.tear, self.tear),
            *(self.wipe, self.rebalance),
        ]
        kinds += [self.spoil] * (3 * self.storm.corrupts_rows) + [self.rewind] * (
            2 * self.storm.rewinds
        )
        while chaos.failures_per_second and not chaos.has_ended:
            await asyncio.sleep(chaos.random.expovariate(chaos.failures_per_second))
            if not chaos.has_ended:
                fault = chaos.random.choice(kinds)
                chaos.counts[fault.__name__] += 1
                fault()

    def kill(self) -> None:
        """Kill a worker: its memory is lost, and requests that it sent may still arrive."""
        self.storm.random.choice(self.storm.workers).machine.kill()

    def sleep(self) -> None:
        """Pause a worker; it continues later with its memory unchanged."""
        machine = self.storm.random.choice(self.storm.workers).machine
        now = asyncio.get_running_loop().time()
        machine.asleep_until = now + self.storm.random.choice((0.5, 2.0, 5.0))

    def fall(self) -> None:
        """Roll the store back to any earlier prefix of its writes."""
        self._roll_back(self.storm.random.randrange(len(self.storm.store.states)))

    def tear(self) -> None:
        """Remove the last 1 to 4 writes of the store, as a truncated file would."""
        lost = self.storm.random.randint(1, 4)
        self._roll_back(max(0, len(self.storm.store.states) - 1 - lost))

    def _roll_back(self, writes: int) -> None:
        if self.storm.store.roll_back(writes):
            self.storm.chaos.counts["torn apply"] += 1

    def wipe(self) -> None:
        """Empty the store."""
        self.storm.store.roll_back(0)

    def spoil(self) -> None:
        """Corrupt one field of a row."""
        store, random = self.storm.store, self.storm.random
        rows = rows_of(store.states[-1])
        if rows:
            study = random.choice(sorted(rows))
            name = random.choice(sorted(rows[study]))
            store.corrupt(study, name, random.choice((b"", b"0", b"[1]")))

    def rebalance(self) -> None:
        """Revoke the partition of a worker, and assign it again."""
        worker = self.storm.random.choice(self.storm.workers)

        async def assign() -> None:
            await worker.worker.drain()
            await worker.worker.assign(set())
            await worker.machine.pause()
            await worker.worker.assign({PARTITION})

        worker.tasks.append(asyncio.create_task(assign()))

    def rewind(self) -> None:
        """Rewind one study or the whole partition, as an operator does."""
        random = self.storm.random
        study = random.choice([None, *sorted(self.storm.oracle.rows)])
        worker = self.storm.workers[0]
        worker.tasks.append(asyncio.create_task(self.storm.store.rewind(study)))
