"""Many storms at once: seeds by several processes, and what came of each."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from traceback import format_exc

from tests.simulation.storm import Cast, Report, stormed

CHUNK = 10
"""Seeds that a process takes at a time."""


def at_once(seeds: range, processes: int) -> Iterator[Report]:
    """What came of *seeds*, in their order, by several processes."""
    with ProcessPoolExecutor(processes, get_context("spawn"), quiet) as pool:
        yield from pool.map(survived, seeds, chunksize=CHUNK)


def quiet() -> None:
    """Say nothing of what the workers meet: in a storm that is everything."""
    logging.disable(logging.CRITICAL)


def survived(seed: int, cast: Cast | None = None) -> Report:
    """What came of the storm *seed*, even if it broke the simulation itself."""
    try:
        return stormed(seed, cast)
    except Exception:
        return Report(seed, f"the simulation ended early:\n{format_exc()}", Counter())
