"""`tocsin doctor` names each partition that stands still, and the command that goes on."""

from __future__ import annotations

import asyncio
import json

import orjson
import pytest

from streams.kafka.partitioner import partition_of
from streams.kafka.topics import LOG
from streams.processor.stop import StopReason
from tests.contract.processes import wait_until
from tests.contract.workers import WorkerSite, open_store
from tests.faults.raising import RAISES_TWICE
from tests.scenarios.commands import clot_record, small_log
from tests.streams.processor.processors import PRODERM, STUDY, UNREADABLE

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

STUDY_PARTITION = partition_of(STUDY, 12)
OTHER_STUDY = next(name for n in range(99) if partition_of(name := f"E{n}", 12) != STUDY_PARTITION)
OTHER_PARTITION = partition_of(OTHER_STUDY, 12)

FAULTY = "tests.faults.raising"
"""`tocsin run`, but for a fold that raises at records that are named for it."""


def stopped_partitions(site: WorkerSite) -> tuple[int, dict[str, tuple[str, str]]]:
    """How `doctor` ended; of each partition that stands still, why, and what to type."""
    done = site.tocsin("doctor", "--json")
    assert "Traceback" not in done.stderr, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    found = [each for each in told if each["what"].startswith("partition ")]
    assert {each["state"] for each in found} <= {"wrong"}
    return done.returncode, {each["what"]: (each["says"], each["next"]) for each in found}


def test_poison_and_a_fold_that_raises_are_named_and_what_is_typed_goes_on(site: WorkerSite):
    """Each of two partitions has its own reason; the command for the poison lets it pass."""
    site.send(PRODERM[:50], STUDY, STUDY_PARTITION)
    last = site.send([UNREADABLE] * 10, STUDY, STUDY_PARTITION)
    worst = clot_record("C", "2020-02-11", study=OTHER_STUDY)
    worst["source"]["id"] = RAISES_TWICE
    site.send(map(orjson.dumps, small_log(OTHER_STUDY)), OTHER_STUDY, OTHER_PARTITION)
    at = site.send([orjson.dumps(worst)], OTHER_STUDY, OTHER_PARTITION)
    with site.running(FAULTY) as worker:
        wait_until(lambda: len(worker.readiness()[1]) == 2, "both findings")
        code, found = stopped_partitions(site)

        assert (code, set(found)) == (
            2,
            {f"partition {STUDY_PARTITION}", f"partition {OTHER_PARTITION}"},
        )
        says, command = found[f"partition {OTHER_PARTITION}"]
        assert f"Folding record {at} has raised" in says
        assert command == "tocsin run (with a version that fixes it)"
        says, command = found[f"partition {STUDY_PARTITION}"]
        assert f"10 records in a row, up to offset {last}, cannot be read" in says

        shown = site.tocsin("quarantine", "show", f"{STUDY_PARTITION}", f"{last}").stdout
        assert (
            f"{LOG}:{STUDY_PARTITION}:{last}: not_utf8: " in shown
            and "\N{REPLACEMENT CHARACTER}" in shown
        )
        assert site.tocsin("quarantine", "show", f"{STUDY_PARTITION}", "0").returncode == 2

        assert site.tocsin(*command.split()[1:]).returncode == 0
        site.wait_folded(STUDY_PARTITION, last)
        assert set(stopped_partitions(site)[1]) == {f"partition {OTHER_PARTITION}"}
        assert worker.stop() == 0, worker.output
    with site.running() as mended:
        site.wait_folded(OTHER_PARTITION, at)
        assert mended.stop() == 0, mended.output
    assert stopped_partitions(site) == (0, {})


def test_rows_of_an_older_version_of_the_fold_are_named_and_what_is_typed_goes_on(site: WorkerSite):
    """Nobody folds them on, worker or none, until they are built anew."""
    last = site.send(PRODERM[:50], STUDY, STUDY_PARTITION)
    with site.running() as worker:
        site.wait_folded(STUDY_PARTITION, last)
        assert worker.stop() == 0
    asyncio.run(set_older_fold_version(site))

    code, found = stopped_partitions(site)
    ((what, (says, command)),) = found.items()
    assert (code, what) == (2, f"partition {STUDY_PARTITION}")
    assert "written by another version" in says and says.endswith(StopReason.OTHER_CODE.remedy)

    done = site.tocsin(*command.split()[1:], "--quiet")
    assert done.returncode == 0, done.stderr
    assert stopped_partitions(site) == (0, {})


async def set_older_fold_version(site: WorkerSite) -> None:
    """Have the cursor say that another version of the fold has written the rows."""
    async with open_store(site.store, STUDY_PARTITION) as store:
        await store.client.hset(store.keys.cursor, "code", "1")
