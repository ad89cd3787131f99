"""A fault of our own met by `tocsin run`: its partition stands still and says so, no other does."""

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
"""A second study in the same partition: the one at whose record the fold raises."""

OTHER_PARTITION_STUDY = next(
    name for n in range(99) if partition_of(name := f"E{n}", 12) != STUDY_PARTITION
)
OTHER_PARTITION = partition_of(OTHER_PARTITION_STUDY, 12)

FAULTY = "tests.faults.raising"
"""`tocsin run`, but for a fold that raises at records that are named for it."""


def send_two_partitions(site: WorkerSite) -> tuple[int, int]:
    """Two studies at home, one elsewhere; where the fold raises, and where home ends."""
    site.send(PRODERM[:50], STUDY, STUDY_PARTITION)
    site.send(
        map(orjson.dumps, small_log(SAME_PARTITION_STUDY)), SAME_PARTITION_STUDY, STUDY_PARTITION
    )
    worst = clot_record("C", "2020-02-11", study=SAME_PARTITION_STUDY)
    worst["source"]["id"] = RAISES_TWICE
    at = site.send([orjson.dumps(worst)], SAME_PARTITION_STUDY, STUDY_PARTITION)
    return at, site.send(PRODERM[50:100], STUDY, STUDY_PARTITION)


def test_a_fold_that_raises_twice_stops_its_partition_and_no_other(site: WorkerSite):
    """Nothing is acknowledged from that record on, which every view says; a mended version goes on.

    What is said repeats nothing of the record.
    """
    at, end = send_two_partitions(site)
    says = f"Folding record {at} has raised ArithmeticError twice. {StopReason.RAISED.remedy}"
    with site.running(FAULTY) as worker:
        wait_until(
            lambda: bool(worker.readiness()[1]) and site.cursor(STUDY_PARTITION).next == at,
            "the record",
        )
        records = map(orjson.dumps, small_log(OTHER_PARTITION_STUDY))
        site.wait_folded(
            OTHER_PARTITION, site.send(records, OTHER_PARTITION_STUDY, OTHER_PARTITION)
        )
        found = {"what": says, "remedy": "tocsin quarantine list", "partition": STUDY_PARTITION}
        wait_until(lambda: worker.readiness() == (False, [found]), "the finding")

        assert site.cursor(STUDY_PARTITION).next == at
        assert asyncio.run(stop_reason(site)) == says
        listed = site.tocsin("quarantine", "list").stdout
        assert f"partition {STUDY_PARTITION} stopped" in listed and f"record {at}" in listed
        assert worker.stop() == 0, worker.output
    halts = worker.output.count(f"partition {STUDY_PARTITION} stopped at offset {at}: {says}")
    assert (halts, "Traceback" in worker.output) == (1, False), worker.output
    assert site.dead_letters() == {}

    with site.running() as mended:
        site.wait_folded(STUDY_PARTITION, end)
        wait_until(lambda: mended.readiness() == (True, []), "readiness")
        assert mended.stop() == 0, mended.output
    assert asyncio.run(stop_reason(site)) == ""
    studies = [STUDY, SAME_PARTITION_STUDY]
    assert site.rows(STUDY_PARTITION, studies) == rows_expected(
        site.broker, STUDY_PARTITION, studies
    )


async def stop_reason(site: WorkerSite) -> str:
    """Why the partition stands still, as its cursor has it."""
    async with open_store(site.store, STUDY_PARTITION) as store:
        return (await store.cursor()).get("stopped", b"").decode()
