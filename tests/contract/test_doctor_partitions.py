"""`tocsin doctor` names each partition that stands still, and the command that goes on."""

from __future__ import annotations

import asyncio
import json

import orjson
import pytest

from streams.kafka.partitioner import partition_of
from streams.kafka.topics import LOG
from streams.processor.stop import Halt
from tests.contract.processes import until
from tests.contract.workers import Site, kept
from tests.faults.raising import TWICE
from tests.scenarios.commands import clot, small
from tests.streams.processor.processors import PRODERM, STUDY, UNREADABLE

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

HOME = partition_of(STUDY, 12)
ELSEWHERE = next(name for n in range(99) if partition_of(name := f"E{n}", 12) != HOME)
THERE = partition_of(ELSEWHERE, 12)

FAULTY = "tests.faults.raising"
"""`tocsin run`, but for a fold that raises at records that are named for it."""


def still(site: Site) -> tuple[int, dict[str, tuple[str, str]]]:
    """How `doctor` ended; of each partition that stands still, why, and what to type."""
    done = site.tocsin("doctor", "--json")
    assert "Traceback" not in done.stderr, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    found = [each for each in told if each["what"].startswith("partition ")]
    assert {each["state"] for each in found} <= {"wrong"}
    return done.returncode, {each["what"]: (each["says"], each["next"]) for each in found}


def test_poison_and_a_fold_that_raises_are_named_and_what_is_typed_goes_on(site: Site):
    """Each of two partitions has its own reason; the command for the poison lets it pass."""
    site.send(PRODERM[:50], STUDY, HOME)
    last = site.send([UNREADABLE] * 10, STUDY, HOME)
    worst = clot("C", "2020-02-11", study=ELSEWHERE)
    worst["source"]["id"] = TWICE
    site.send(map(orjson.dumps, small(ELSEWHERE)), ELSEWHERE, THERE)
    at = site.send([orjson.dumps(worst)], ELSEWHERE, THERE)
    with site.running(FAULTY) as worker:
        until(lambda: len(worker.ready()[1]) == 2, "both findings")
        code, found = still(site)

        assert (code, set(found)) == (2, {f"partition {HOME}", f"partition {THERE}"})
        says, command = found[f"partition {THERE}"]
        assert f"Folding record {at} has raised" in says
        assert command == "tocsin run (of a version that mends it)"
        says, command = found[f"partition {HOME}"]
        assert f"10 records in a row, up to offset {last}, cannot be read" in says

        shown = site.tocsin("quarantine", "show", f"{HOME}", f"{last}").stdout
        assert f"{LOG}:{HOME}:{last}: not_utf8: " in shown and "\N{REPLACEMENT CHARACTER}" in shown
        assert site.tocsin("quarantine", "show", f"{HOME}", "0").returncode == 2

        assert site.tocsin(*command.split()[1:]).returncode == 0
        site.reaches(HOME, last)
        assert set(still(site)[1]) == {f"partition {THERE}"}
        assert worker.end() == 0, worker.words
    with site.running() as mended:
        site.reaches(THERE, at)
        assert mended.end() == 0, mended.words
    assert still(site) == (0, {})


def test_rows_of_an_older_version_of_the_fold_are_named_and_what_is_typed_goes_on(site: Site):
    """Nobody folds them on, worker or none, until they are built anew."""
    last = site.send(PRODERM[:50], STUDY, HOME)
    with site.running() as worker:
        site.reaches(HOME, last)
        assert worker.end() == 0
    asyncio.run(of_an_older_version(site))

    code, found = still(site)
    ((what, (says, command)),) = found.items()
    assert (code, what) == (2, f"partition {HOME}")
    assert "written by another version" in says and says.endswith(Halt.OTHER_CODE.remedy)

    done = site.tocsin(*command.split()[1:], "--quiet")
    assert done.returncode == 0, done.stderr
    assert still(site) == (0, {})


async def of_an_older_version(site: Site) -> None:
    """Have the cursor say that another version of the fold has written the rows."""
    async with kept(site.store, HOME) as store:
        await store.client.hset(store.keys.cursor, "code", "1")
