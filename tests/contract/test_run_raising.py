"""A fault of our own met by `tocsin run`: its partition stands still and says so, no other does."""

from __future__ import annotations

import asyncio

import orjson
import pytest

from streams.kafka.partitioner import partition_of
from streams.processor.stop import Halt
from tests.contract.credentials import rows_expected
from tests.contract.processes import until
from tests.contract.workers import Site, kept
from tests.faults.raising import TWICE
from tests.scenarios.commands import clot, small
from tests.streams.processor.processors import PRODERM, STUDY

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

HOME = partition_of(STUDY, 12)
NEIGHBOUR = next(name for n in range(99) if partition_of(name := f"N{n}", 12) == HOME)
"""A second study in the same partition: the one at whose record the fold raises."""

ELSEWHERE = next(name for n in range(99) if partition_of(name := f"E{n}", 12) != HOME)
THERE = partition_of(ELSEWHERE, 12)

FAULTY = "tests.faults.raising"
"""`tocsin run`, but for a fold that raises at records that are named for it."""


def fed(site: Site) -> tuple[int, int]:
    """Two studies at home, one elsewhere; where the fold raises, and where home ends."""
    site.send(PRODERM[:50], STUDY, HOME)
    site.send(map(orjson.dumps, small(NEIGHBOUR)), NEIGHBOUR, HOME)
    worst = clot("C", "2020-02-11", study=NEIGHBOUR)
    worst["source"]["id"] = TWICE
    at = site.send([orjson.dumps(worst)], NEIGHBOUR, HOME)
    return at, site.send(PRODERM[50:100], STUDY, HOME)


def test_a_fold_that_raises_twice_stops_its_partition_and_no_other(site: Site):
    """Nothing is acknowledged from that record on, which every view says; a mended version goes on.

    What is said repeats nothing of the record.
    """
    at, end = fed(site)
    says = f"Folding record {at} has raised ArithmeticError twice. {Halt.RAISED.remedy}"
    with site.running(FAULTY) as worker:
        until(lambda: bool(worker.ready()[1]) and site.cursor(HOME).next == at, "the record")
        site.reaches(THERE, site.send(map(orjson.dumps, small(ELSEWHERE)), ELSEWHERE, THERE))
        found = {"what": says, "remedy": "tocsin quarantine list", "partition": HOME}
        until(lambda: worker.ready() == (False, [found]), "the finding")

        assert site.cursor(HOME).next == at
        assert asyncio.run(stopped(site)) == says
        listed = site.tocsin("quarantine", "list").stdout
        assert f"partition {HOME} stands still" in listed and f"record {at}" in listed
        assert worker.end() == 0, worker.words
    halts = worker.words.count(f"partition {HOME} stands still at offset {at}: {says}")
    assert (halts, "Traceback" in worker.words) == (1, False), worker.words
    assert site.letters() == {}

    with site.running() as mended:
        site.reaches(HOME, end)
        until(lambda: mended.ready() == (True, []), "readiness")
        assert mended.end() == 0, mended.words
    assert asyncio.run(stopped(site)) == ""
    studies = [STUDY, NEIGHBOUR]
    assert site.rows(HOME, studies) == rows_expected(site.broker, HOME, studies)


async def stopped(site: Site) -> str:
    """Why the partition stands still, as its cursor has it."""
    async with kept(site.store, HOME) as store:
        return (await store.cursor()).get("stopped", b"").decode()
