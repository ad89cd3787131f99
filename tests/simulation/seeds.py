"""Runs the storms of many seeds in several processes."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from traceback import format_exc

from tests.simulation.storm import StormReport, Variant, run_storm

SEEDS_PER_CHUNK = 10
"""Seeds that a process runs per task."""


def run_seeds(seeds: range, processes: int) -> Iterator[StormReport]:
    """Run the storms of *seeds* in *processes* processes; yield the reports in order."""
    with ProcessPoolExecutor(processes, get_context("spawn"), disable_logging) as pool:
        yield from pool.map(run_seed, seeds, chunksize=SEEDS_PER_CHUNK)


def disable_logging() -> None:
    """Silence the logs of the workers: a storm makes them log without end."""
    logging.disable(logging.CRITICAL)


def run_seed(seed: int, variant: Variant | None = None) -> StormReport:
    """Return the report of the storm *seed*; an exception of the simulation is a violation."""
    try:
        return run_storm(seed, variant)
    except Exception:
        return StormReport(seed, f"the simulation ended early:\n{format_exc()}", Counter())
