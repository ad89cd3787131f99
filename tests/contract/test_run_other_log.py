"""Another log under a store that folded one: workers stand still, and the remedy shows them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from streams.kafka.partitioner import partition_of
from streams.kafka.topics import apply_topics, required_topics
from streams.processor import StopReason
from streams.settings import Settings
from tests.contract.cluster import delete_topics
from tests.contract.processes import wait_until
from tests.contract.workers import WorkerSite
from tests.streams.processor.processors import PRODERM, STUDY

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

STUDY_PARTITION = partition_of(STUDY, 12)


@pytest.mark.parametrize(
    ("values", "halt"),
    [(PRODERM[1:200], StopReason.OTHER_LOG), (PRODERM[:50], StopReason.SHORTER_LOG)],
)
def test_the_remedy_of_a_stop_found_at_the_claim_names_it(
    site: WorkerSite, admin: Any, values: list[bytes], halt: StopReason
):
    """The store says nothing of it, for nothing is written; `quarantine list` looks for itself."""
    with site.running() as worker:
        site.wait_folded(STUDY_PARTITION, site.send(PRODERM[:100], STUDY, STUDY_PARTITION))
        assert worker.stop() == 0, worker.output
    before = site.cursor(STUDY_PARTITION), site.rows(STUDY_PARTITION, [STUDY])
    delete_topics(admin)
    apply_topics(admin, required_topics(Settings()), alter=False)
    site.send(values, STUDY, STUDY_PARTITION)

    with site.running() as worker:
        wait_until(
            lambda: (
                bool(worker.readiness()[1])
                and worker.readiness()[1][0]["partition"] == STUDY_PARTITION
            ),
            "it",
        )
        (finding,) = worker.readiness()[1]
        assert worker.stop() == 0, worker.output
    assert halt.remedy in finding["what"] and finding["remedy"] == "tocsin quarantine list"
    said = site.tocsin(*finding["remedy"].split()[1:], "--json")
    assert [json.loads(line) for line in said.stdout.splitlines()] == [
        {"partition": STUDY_PARTITION, "stopped": finding["what"]}
    ]
    assert (site.cursor(STUDY_PARTITION), site.rows(STUDY_PARTITION, [STUDY])) == before
