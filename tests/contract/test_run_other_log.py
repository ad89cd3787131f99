"""Another log under a used store: the partition is stopped, and its remedy shows it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from streams.kafka.partitioner import partition_of
from streams.kafka.topics import apply_topics, required_topics
from streams.processor.stop import StopReason
from streams.settings import Settings
from tests.contract.cluster import delete_topics
from tests.contract.processes import wait_until
from tests.contract.workers import WorkerSite
from tests.streams.processor.processors import PRODERM, STUDY

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

STUDY_PARTITION = partition_of(STUDY, 12)


@pytest.mark.parametrize(
    ("values", "reason"),
    [(PRODERM[1:200], StopReason.OTHER_LOG), (PRODERM[:50], StopReason.SHORTER_LOG)],
)
def test_the_remedy_of_a_stop_at_the_claim_shows_the_stop(
    site: WorkerSite, admin: Any, values: list[bytes], reason: StopReason
):
    """The stop is not written to the store; `quarantine list` checks the log itself."""
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
                [each["partition"] for each in worker.readiness()[1]] == [STUDY_PARTITION]
                and "claim in progress" not in worker.readiness()[1][0]["what"]
            ),
            "the finding",
        )
        (finding,) = worker.readiness()[1]
        assert worker.stop() == 0, worker.output
    assert reason.remedy in finding["what"] and finding["remedy"] == "tocsin quarantine list"
    result = site.tocsin(*finding["remedy"].split()[1:], "--json")
    assert [json.loads(line) for line in result.stdout.splitlines()] == [
        {"partition": STUDY_PARTITION, "stopped": finding["what"]}
    ]
    assert (site.cursor(STUDY_PARTITION), site.rows(STUDY_PARTITION, [STUDY])) == before
