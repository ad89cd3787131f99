"""Many storms at once: seeds by several processes, and what came of each."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from traceback import format_exc

from tests.simulation.storm import StormReport, Variant, run_storm

SEEDS_PER_CHUNK = 10
"""Seeds that a process takes at a time."""


def run_seeds(seeds: range, processes: int) -> Iterator[StormReport]:
    """What came of *seeds*, in their order, by several processes."""
    with ProcessPoolExecutor(processes, get_context("spawn"), disable_logging) as pool:
        yield from pool.map(run_seed, seeds, chunksize=SEEDS_PER_CHUNK)


def disable_logging() -> None:
    """Say nothing of what the workers meet: in a storm that is everything."""
    logging.disable(logging.CRITICAL)


def run_seed(seed: int, variant: Variant | None = None) -> StormReport:
    """What came of the storm *seed*, even if it broke the simulation itself."""
    try:
        return run_storm(seed, variant)
    except Exception:
        return StormReport(seed, f"the simulation ended early:\n{format_exc()}", Counter())
