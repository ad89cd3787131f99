"""A fold that raises in `tocsin run`: its partition is stopped, and no other."""

from __future__ import annotations

import asyncio

import orjson
import pytest

from streams.kafka.partitioner import partition_of
from streams.processor.stop import StopReason
from tests.contract.expected_results import rows_expected
from tests.contract.processes import wait_until
from tests.contract.workers import WorkerSite, open_store
from tests.faults.raising import RAISES_TWICE
from tests.scenarios.commands import clot_record, small_log
from tests.streams.processor.processors import PRODERM, STUDY

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

STUDY_PARTITION = partition_of(STUDY, 12)
SAME_PARTITION_STUDY = next(
    name for n in range(99) if partition_of(name := f"N{n}", 12) == STUDY_PARTITION
)
"""A second study in the same partition, at whose record the fold raises."""

OTHER_PARTITION_STUDY = next(
    name for n in range(99) if partition_of(name := f"E{n}", 12) != STUDY_PARTITION
)
OTHER_PARTITION = partition_of(OTHER_PARTITION_STUDY, 12)

FAULTY = "tests.faults.raising"
"""A module that runs `tocsin run` with a fold that raises at records with certain ids."""


def send_failing_record(site: WorkerSite) -> tuple[int, int]:
    """Send two studies to one partition; return the failed offset and the last offset."""
    site.send(PRODERM[:50], STUDY, STUDY_PARTITION)
    site.send(
        map(orjson.dumps, small_log(SAME_PARTITION_STUDY)), SAME_PARTITION_STUDY, STUDY_PARTITION
    )
    failing_record = clot_record("C", "2020-02-11", study=SAME_PARTITION_STUDY)
    failing_record["source"]["id"] = RAISES_TWICE
    failed_offset = site.send([orjson.dumps(failing_record)], SAME_PARTITION_STUDY, STUDY_PARTITION)
    return failed_offset, site.send(PRODERM[50:100], STUDY, STUDY_PARTITION)


def test_a_fold_that_raises_twice_stops_its_partition_and_no_other(site: WorkerSite):
    """Nothing is committed from that record on, which every view shows; a fixed version continues.

    The message repeats no value of the record.
    """
    failed_at, end = send_failing_record(site)
    failure = f"Folding record {failed_at} has raised ArithmeticError twice."
    detail = f"{failure} {StopReason.RAISED.remedy}"
    with site.running(FAULTY) as worker:
        wait_until(
            lambda: bool(worker.readiness()[1]) and site.cursor(STUDY_PARTITION).next == failed_at,
            "the record",
        )
        records = map(orjson.dumps, small_log(OTHER_PARTITION_STUDY))
        site.wait_folded(
            OTHER_PARTITION, site.send(records, OTHER_PARTITION_STUDY, OTHER_PARTITION)
        )
        finding = {"what": detail, "remedy": "tocsin quarantine list", "partition": STUDY_PARTITION}
        wait_until(lambda: worker.readiness() == (False, [finding]), "the finding")

        assert site.cursor(STUDY_PARTITION).next == failed_at
        assert asyncio.run(stop_reason(site)) == detail
        listed = site.tocsin("quarantine", "list").stdout
        assert f"partition {STUDY_PARTITION} stopped" in listed and f"record {failed_at}" in listed
        assert worker.stop() == 0, worker.output
    stop_lines = worker.output.count(
        f"partition {STUDY_PARTITION} stopped at offset {failed_at}: {detail}"
    )
    assert (stop_lines, "Traceback" in worker.output) == (1, False), worker.output
    assert site.dead_letters() == {}

    with site.running() as fixed_worker:
        site.wait_folded(STUDY_PARTITION, end)
        wait_until(lambda: fixed_worker.readiness() == (True, []), "readiness")
        assert fixed_worker.stop() == 0, fixed_worker.output
    assert asyncio.run(stop_reason(site)) == ""
    studies = [STUDY, SAME_PARTITION_STUDY]
    assert site.rows(STUDY_PARTITION, studies) == rows_expected(
        site.broker, STUDY_PARTITION, studies
    )


async def stop_reason(site: WorkerSite) -> str:
    """Return why the partition is stopped, from its cursor."""
    async with open_store(site.store, STUDY_PARTITION) as store:
        return (await store.cursor()).get("stopped", b"").decode()
