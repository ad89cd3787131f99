"""Keeps the exported figures of each study of a worker, recomputed beside the folding."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from streams.metrics.figures import Figures, compute_figures
from streams.store import Fields
from streams.store.rows.load import InvalidRow, load_row
from streams.worker.owned_partition import OwnedPartition
from streams.worker.worker import Worker

REFRESH_SECONDS = 1.0
"""Pause between two refreshes."""

LARGE_FIELDS = 1_000
"""Fields from which on a stored row is loaded in a thread: about 40 us a field."""

PAUSE_FACTOR = 100
"""Pause after each study, in multiples of its computing time: at most 1 % of the time is used."""


@dataclass(slots=True)
class FigureCache:
    """The figures of every study in the partitions of *worker*, by partition and study.

    A study that is not in the row cache is read from the store, once after each change.
    *failures* counts the figures that could not be computed.  Without a page that shows them,
    where *is_served* is False, none are computed.
    """

    worker: Worker
    figures_by_partition: dict[int, dict[str, Figures]] = field(
        default_factory=dict[int, dict[str, Figures]]
    )
    failures: int = 0
    is_served: bool = True

    async def run(self) -> None:
        """Refresh for as long as the worker runs.  Never raises: Faust would end the worker."""
        while True:
            if self.is_served:
                await self.refresh()
            await asyncio.sleep(REFRESH_SECONDS)

    async def refresh(self) -> None:
        """Recompute the stale figures of owned partitions, and drop those of other partitions."""
        for partition, owned in list(self.worker.partitions.items()):
            for study in list(
                stale_studies(owned, self.figures_by_partition.setdefault(partition, {}))
            ):
                began = time.perf_counter()
                try:
                    updated = await self.compute_figures(owned, study)
                except Exception:
                    self.failures += 1  # The next refresh tries again.
                else:
                    if self.worker.partitions.get(partition) is owned:
                        self.figures_by_partition[partition][study] = updated
                await asyncio.sleep(PAUSE_FACTOR * (time.perf_counter() - began))
        for partition in self.figures_by_partition.keys() - self.worker.partitions.keys():
            del self.figures_by_partition[partition]

    async def compute_figures(self, owned: OwnedPartition, study: str) -> Figures:
        """Return the figures of *study* now, from its cached or its stored row.

        Raises InvalidRow where the stored row is invalid, and what the store raises.
        """
        working_set = owned.processor.working_set
        if owned.is_in_thread:
            raise InvalidRow(f"The row of {study} is in use.")
        row = None if working_set is None else working_set.row_cache.rows.get(study)
        if row is None:
            fields = await owned.store.row(study)
            if len(fields) >= LARGE_FIELDS:
                return await asyncio.to_thread(figures_of_fields, study, fields)
            return figures_of_fields(study, fields)
        return compute_figures(row.study, row.last_offset)


def figures_of_fields(study: str, fields: Fields) -> Figures:
    """Return the figures of a stored row.  Raises InvalidRow where it is invalid."""
    row = load_row(study, fields)
    return compute_figures(row.study, row.last_offset)


def stale_studies(owned: OwnedPartition, cached: dict[str, Figures]) -> Iterator[str]:
    """Yield the studies of *owned* whose *cached* figures are older than their last record."""
    working_set = owned.processor.working_set
    if working_set is None or not owned.claimed or owned.is_in_thread:
        return
    for study, pos in working_set.cursor.positions.items():
        row, known = working_set.row_cache.rows.get(study), cached.get(study)
        if study in working_set.row_cache.invalid:
            continue
        if known is None or known.pos != (pos if row is None else row.last_offset):
            yield study
