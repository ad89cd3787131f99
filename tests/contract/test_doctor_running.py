"""`tocsin doctor` on a cluster on which nobody folds, and then somebody does."""

from __future__ import annotations

import json

import pytest

from streams.kafka.partitioner import partition_of
from tests.contract.workers import WorkerSite
from tests.streams.processor.processors import PRODERM, STUDY

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

STUDY_PARTITION = partition_of(STUDY, 12)


def finding(site: WorkerSite, what: str) -> tuple[str, str]:
    """Return state and text of the finding on *what*."""
    result = site.tocsin("doctor", "--json")
    assert "Traceback" not in result.stderr, result.stderr
    (found,) = (
        each for each in map(json.loads, result.stdout.splitlines()) if each["what"] == what
    )
    return found["state"], found["says"]


def test_records_that_nobody_folds_are_a_fault(site: WorkerSite):
    """With a worker all partitions are owned; no deliverer runs in either case."""
    last = site.send(PRODERM[:50], STUDY, STUDY_PARTITION)
    state, text = finding(site, "workers")
    assert (state, "nobody folds the log, and records wait" in text) == ("wrong", True)

    with site.running() as worker:
        site.wait_folded(STUDY_PARTITION, last)
        assert finding(site, "workers")[0] == "well"
        assert finding(site, "delivery")[0] == "absent"
        assert worker.stop() == 0
