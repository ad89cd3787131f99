"""What the world does to workers and store, besides failing their calls."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.simulation.logs import PARTITION
from tests.simulation.storage import rows_of

if TYPE_CHECKING:
    from tests.simulation.storm import Storm


@dataclass(slots=True)
class Weather:
    """The events of one storm, one after another until the calm."""

    storm: Storm

    async def rage(self) -> None:
        """Let things happen at the storm's rate."""
        chaos = self.storm.chaos
        kinds: list[Callable[[], None]] = [
            *(self.kill, self.sleep, self.fall, self.tear, self.tear),
            *(self.wipe, self.rebalance),
        ]
        kinds += [self.spoil] * (3 * self.storm.spoils) + [self.rewind] * (2 * self.storm.rewinds)
        while chaos.weather and not chaos.over:
            await asyncio.sleep(chaos.random.expovariate(chaos.weather))
            if not chaos.over:
                event = chaos.random.choice(kinds)
                chaos.counts[event.__name__] += 1
                event()

    def kill(self) -> None:
        """A worker's memory is gone; what it has sent may still arrive."""
        self.storm.random.choice(self.storm.sites).machine.kill()

    def sleep(self) -> None:
        """A worker stands still and wakes up later with all that it knew."""
        machine = self.storm.random.choice(self.storm.sites).machine
        now = asyncio.get_running_loop().time()
        machine.asleep_until = now + self.storm.random.choice((0.5, 2.0, 5.0))

    def fall(self) -> None:
        """The store falls back to any earlier prefix of its writes."""
        self._fall(self.storm.random.randrange(len(self.storm.storage.past)))

    def tear(self) -> None:
        """The store loses its last few writes."""
        lost = self.storm.random.randint(1, 4)
        self._fall(max(0, len(self.storm.storage.past) - 1 - lost))

    def _fall(self, writes: int) -> None:
        if self.storm.storage.fall(writes):
            self.storm.chaos.counts["torn apply"] += 1

    def wipe(self) -> None:
        """The store is empty."""
        self.storm.storage.fall(0)

    def spoil(self) -> None:
        """A field of a row is altered."""
        storage, random = self.storm.storage, self.storm.random
        rows = rows_of(storage.past[-1])
        if rows:
            study = random.choice(sorted(rows))
            name = random.choice(sorted(rows[study]))
            storage.spoil(study, name, random.choice((b"", b"0", b"[1]")))

    def rebalance(self) -> None:
        """A worker loses its partition and gets it again."""
        site = self.storm.random.choice(self.storm.sites)

        async def assign() -> None:
            await site.worker.rest()
            await site.worker.assign(set())
            await site.machine.pause()
            await site.worker.assign({PARTITION})

        site.tasks.append(asyncio.create_task(assign()))

    def rewind(self) -> None:
        """An operator has a study, or everything, folded anew."""
        random = self.storm.random
        study = random.choice([None, *sorted(self.storm.oracle.rows)])
        site = self.storm.sites[0]
        site.tasks.append(asyncio.create_task(self.storm.storage.rewind(study)))
