"""What the world does to workers and store, besides failing their calls."""

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
    """The events of one storm, one after another until the calm."""

    storm: Storm

    async def run(self) -> None:
        """Let things happen at the storm's rate."""
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
                event = chaos.random.choice(kinds)
                chaos.counts[event.__name__] += 1
                event()

    def kill(self) -> None:
        """A worker's memory is gone; what it has sent may still arrive."""
        self.storm.random.choice(self.storm.workers).machine.kill()

    def sleep(self) -> None:
        """A worker stands still and wakes up later with all that it knew."""
        machine = self.storm.random.choice(self.storm.workers).machine
        now = asyncio.get_running_loop().time()
        machine.asleep_until = now + self.storm.random.choice((0.5, 2.0, 5.0))

    def fall(self) -> None:
        """The store falls back to any earlier prefix of its writes."""
        self._roll_back(self.storm.random.randrange(len(self.storm.store.states)))

    def tear(self) -> None:
        """The store loses its last few writes."""
        lost = self.storm.random.randint(1, 4)
        self._roll_back(max(0, len(self.storm.store.states) - 1 - lost))

    def _roll_back(self, writes: int) -> None:
        if self.storm.store.roll_back(writes):
            self.storm.chaos.counts["torn apply"] += 1

    def wipe(self) -> None:
        """The store is empty."""
        self.storm.store.roll_back(0)

    def spoil(self) -> None:
        """A field of a row is altered."""
        store, random = self.storm.store, self.storm.random
        rows = rows_of(store.states[-1])
        if rows:
            study = random.choice(sorted(rows))
            name = random.choice(sorted(rows[study]))
            store.corrupt(study, name, random.choice((b"", b"0", b"[1]")))

    def rebalance(self) -> None:
        """A worker loses its partition and gets it again."""
        worker = self.storm.random.choice(self.storm.workers)

        async def assign() -> None:
            await worker.worker.drain()
            await worker.worker.assign(set())
            await worker.machine.pause()
            await worker.worker.assign({PARTITION})

        worker.tasks.append(asyncio.create_task(assign()))

    def rewind(self) -> None:
        """An operator has a study, or everything, folded anew."""
        random = self.storm.random
        study = random.choice([None, *sorted(self.storm.oracle.rows)])
        worker = self.storm.workers[0]
        worker.tasks.append(asyncio.create_task(self.storm.store.rewind(study)))
