"""Checks that the open page tells nothing of how long a backlog took to fold."""

from __future__ import annotations

import asyncio
import re
from random import Random
from time import process_time

import pytest

from streams.metrics.catalogue import APPLY_DURATION, LAST_PROCESSED
from streams.metrics.meter import Meter
from tests.streams.metrics.exported import NOON, MeteredWorker, log_of
from tests.streams.metrics.permuted_trial import (
    STUDY,
    in_turns,
    random_names,
    redraw_subjects,
    trial_log,
)

PERMUTATIONS = 20

SLOWNESS = 10_000
"""Seconds on the worker's clocks for a second of its CPU: any trace of a duration is visible."""

OF_THE_CLOCK = re.compile(
    rb"^(safety_(?:last_caught_up_timestamp|as_of_age)_seconds\S*) .*$", re.MULTILINE
)
"""The time of the last check, renewed each second, and the age of the as-of date at the scrape."""


@pytest.fixture(scope="module")
def workers() -> list[MeteredWorker]:
    """Return workers that have rebuilt a lopsided log, and twenty permutations of its arms."""
    chance, treatments = Random(13), random_names()
    allocations = [in_turns(), *(redraw_subjects(chance) for _ in range(PERMUTATIONS))]
    return [asyncio.run(rebuilt(trial_log(treatments, each))) for each in allocations]


async def rebuilt(values: list[bytes]) -> MeteredWorker:
    """Return a worker with slow clocks that folds *values*, and folds them again from empty."""
    worker, start = MeteredWorker([log_of(values, STUDY)]), process_time()

    def elapsed() -> float:
        return (process_time() - start) * SLOWNESS

    worker.setup.worker.meter = Meter(clock=lambda: NOON + elapsed(), stopwatch=elapsed)
    await worker.assign_and_fold(0)
    await worker.setup.stores[0].rewind(None)
    await worker.assign_and_fold(0)
    return worker


def test_the_open_page_is_the_same_however_long_the_rebuild_took(workers: list[MeteredWorker]):
    """Twenty permutations of a lopsided backlog give the bytes of the true one."""
    pages = {OF_THE_CLOCK.sub(rb"\1", each.open_page()) for each in workers}

    assert len(workers) == PERMUTATIONS + 1
    assert len(pages) == 1


def test_the_closed_page_shows_the_durations(workers: list[MeteredWorker]):
    """The comparison above would detect a duration: on the closed pages every one differs."""
    pages = [each.closed_page().decode() for each in workers]
    for metric in (APPLY_DURATION.name + "_sum", LAST_PROCESSED.name):
        lines = {line for page in pages for line in page.splitlines() if line.startswith(metric)}
        assert len(lines) > PERMUTATIONS // 2, metric
