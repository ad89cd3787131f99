"""Goes round the studies of a worker beside its folding, and keeps their figures at hand."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from streams.metrics.figures import Figures, compute_figures
from streams.store.rows.load import load_row
from streams.worker.owned_partition import OwnedPartition
from streams.worker.worker import Worker

REFRESH_SECONDS = 1.0
"""A round begins so long after the last one ended."""

PAUSE_FACTOR = 50
"""After each study it rests this many times as long as it took: folding gives it 2 % at most."""


@dataclass(slots=True)
class FigureCache:
    """The figures of every study that *worker* holds, by partition and name.

    A study that is not in memory is read from the store, once for each time that it changes.
    *failures* counts the figures that could not be made.
    """

    worker: Worker
    figures_by_partition: dict[int, dict[str, Figures]] = field(
        default_factory=dict[int, dict[str, Figures]]
    )
    failures: int = 0

    async def run(self) -> None:
        """Go round for as long as the worker runs.  Never raises: Faust would end the worker."""
        while True:
            await self.refresh()
            await asyncio.sleep(REFRESH_SECONDS)

    async def refresh(self) -> None:
        """Bring the figures up to what is folded."""
        for partition, owned in list(self.worker.partitions.items()):
            for study in list(
                stale_studies(owned, self.figures_by_partition.setdefault(partition, {}))
            ):
                began = time.perf_counter()
                try:
                    updated = await self.compute_figures(owned, study)
                except Exception:
                    self.failures += 1  # It is tried again in the next round.
                else:
                    if self.worker.partitions.get(partition) is owned:
                        self.figures_by_partition[partition][study] = updated
                await asyncio.sleep(PAUSE_FACTOR * (time.perf_counter() - began))
        for partition in self.figures_by_partition.keys() - self.worker.partitions.keys():
            del self.figures_by_partition[partition]

    async def compute_figures(self, owned: OwnedPartition, study: str) -> Figures:
        """The figures of *study* now.  Raises what the store raises, or BadRow."""
        working_set = owned.processor.working_set
        row = None if working_set is None else working_set.row_cache.rows.get(study)
        if row is None:
            row = load_row(study, await owned.store.row(study))
        return compute_figures(row.study, row.last_offset)


def stale_studies(owned: OwnedPartition, cached: dict[str, Figures]) -> Iterator[str]:
    """The studies of *held* whose figures are not of their last record."""
    working_set = owned.processor.working_set
    if working_set is None or not owned.claimed:
        return
    for study, pos in working_set.cursor.positions.items():
        row, known = working_set.row_cache.rows.get(study), cached.get(study)
        if study in working_set.row_cache.invalid:
            continue
        if known is None or known.pos != (pos if row is None else row.last_offset):
            yield study
