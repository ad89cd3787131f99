"""`tocsin doctor` names each stopped partition and the command that continues it."""

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
"""A module that runs `tocsin run` with a fold that raises at records with certain ids."""


def stopped_partitions(site: WorkerSite) -> tuple[int, dict[str, tuple[str, str]]]:
    """Return the exit code and, by stopped partition, the reason and the next command."""
    result = site.tocsin("doctor", "--json")
    assert "Traceback" not in result.stderr, result.stderr
    findings = [json.loads(line) for line in result.stdout.splitlines()]
    stopped = [each for each in findings if each["what"].startswith("partition ")]
    assert {each["state"] for each in stopped} <= {"wrong"}
    return result.returncode, {each["what"]: (each["says"], each["next"]) for each in stopped}


def test_unreadable_records_and_a_raising_fold_are_named_with_their_remedies(site: WorkerSite):
    """The named command releases the unreadable records; a fixed version folds the other record."""
    site.send(PRODERM[:50], STUDY, STUDY_PARTITION)
    last = site.send([UNREADABLE] * 10, STUDY, STUDY_PARTITION)
    failing_record = clot_record("C", "2020-02-11", study=OTHER_STUDY)
    failing_record["source"]["id"] = RAISES_TWICE
    site.send(map(orjson.dumps, small_log(OTHER_STUDY)), OTHER_STUDY, OTHER_PARTITION)
    failed_offset = site.send([orjson.dumps(failing_record)], OTHER_STUDY, OTHER_PARTITION)
    with site.running(FAULTY) as worker:
        wait_until(lambda: len(worker.readiness()[1]) == 2, "both findings")
        code, stopped = stopped_partitions(site)

        assert (code, set(stopped)) == (
            2,
            {f"partition {STUDY_PARTITION}", f"partition {OTHER_PARTITION}"},
        )
        reason, command = stopped[f"partition {OTHER_PARTITION}"]
        assert f"Folding record {failed_offset} has raised" in reason
        assert command == "tocsin run (with a version that fixes it)"
        reason, command = stopped[f"partition {STUDY_PARTITION}"]
        assert f"10 records in a row, up to offset {last}, cannot be read" in reason

        dead_letter = site.tocsin("quarantine", "show", f"{STUDY_PARTITION}", f"{last}").stdout
        assert (
            f"{LOG}:{STUDY_PARTITION}:{last}: not_utf8: " in dead_letter
            and "\N{REPLACEMENT CHARACTER}" in dead_letter
        )
        assert site.tocsin("quarantine", "show", f"{STUDY_PARTITION}", "0").returncode == 2

        assert site.tocsin(*command.split()[1:]).returncode == 0
        site.wait_folded(STUDY_PARTITION, last)
        assert set(stopped_partitions(site)[1]) == {f"partition {OTHER_PARTITION}"}
        assert worker.stop() == 0, worker.output
    with site.running() as fixed_worker:
        site.wait_folded(OTHER_PARTITION, failed_offset)
        assert fixed_worker.stop() == 0, fixed_worker.output
    assert stopped_partitions(site) == (0, {})


def test_rows_of_an_older_fold_version_are_named_with_their_remedy(site: WorkerSite):
    """Rows of another fold version are not continued until they are rebuilt."""
    last = site.send(PRODERM[:50], STUDY, STUDY_PARTITION)
    with site.running() as worker:
        site.wait_folded(STUDY_PARTITION, last)
        assert worker.stop() == 0
    asyncio.run(set_older_fold_version(site))

    code, stopped = stopped_partitions(site)
    ((name, (reason, command)),) = stopped.items()
    assert (code, name) == (2, f"partition {STUDY_PARTITION}")
    assert "written by another version" in reason and reason.endswith(StopReason.OTHER_CODE.remedy)

    result = site.tocsin(*command.split()[1:], "--quiet")
    assert result.returncode == 0, result.stderr
    assert stopped_partitions(site) == (0, {})


async def set_older_fold_version(site: WorkerSite) -> None:
    """Set the fold version in the cursor to an older one."""
    async with open_store(site.store, STUDY_PARTITION) as store:
        await store.client.hset(store.keys.cursor, "code", "1")
