"""Goes round the studies of a worker beside its folding, and keeps their figures at hand."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from streams.metrics.figures import Figures, figures
from streams.store.rows.load import restore
from streams.worker.owned_partition import Held
from streams.worker.worker import Worker

TURN_SECONDS = 1.0
"""A round begins so long after the last one ended."""

REST = 50
"""After each study it rests this many times as long as it took: folding gives it 2 % at most."""


@dataclass(slots=True)
class Survey:
    """The figures of every study that *worker* holds, by partition and name.

    A study that is not in memory is read from the store, once for each time that it changes.
    *failures* counts the figures that could not be made.
    """

    worker: Worker
    found: dict[int, dict[str, Figures]] = field(default_factory=dict[int, dict[str, Figures]])
    failures: int = 0

    async def run(self) -> None:
        """Go round for as long as the worker runs.  Never raises: Faust would end the worker."""
        while True:
            await self.go_round()
            await asyncio.sleep(TURN_SECONDS)

    async def go_round(self) -> None:
        """Bring the figures up to what is folded."""
        for partition, held in list(self.worker.held.items()):
            for study in list(stale(held, self.found.setdefault(partition, {}))):
                began = time.perf_counter()
                try:
                    made = await self.look(held, study)
                except Exception:
                    self.failures += 1  # It is tried again in the next round.
                else:
                    if self.worker.held.get(partition) is held:
                        self.found[partition][study] = made
                await asyncio.sleep(REST * (time.perf_counter() - began))
        for partition in self.found.keys() - self.worker.held.keys():
            del self.found[partition]

    async def look(self, held: Held, study: str) -> Figures:
        """The figures of *study* now.  Raises what the store raises, or BadRow."""
        work = held.lane.work
        row = None if work is None else work.shelf.rows.get(study)
        if row is None:
            row = restore(study, await held.store.row(study))
        return figures(row.study, row.pos)


def stale(held: Held, found: dict[str, Figures]) -> Iterator[str]:
    """The studies of *held* whose figures are not of their last record."""
    work = held.lane.work
    if work is None or not held.claimed:
        return
    for study, pos in work.cursor.positions.items():
        row, seen = work.shelf.rows.get(study), found.get(study)
        if study in work.shelf.broken:
            continue
        if seen is None or seen.pos != (pos if row is None else row.pos):
            yield study
