"""A worker whose event loop is blocked ends, so that its supervisor starts another."""

from __future__ import annotations

import pytest

from streams.kafka.partitioner import partition_of
from tests.contract.processes import PATIENCE_SECONDS
from tests.contract.workers import WorkerSite
from tests.streams.processor.processors import PRODERM, STUDY

pytestmark = [pytest.mark.kafka, pytest.mark.redis]


def test_a_worker_whose_loop_is_blocked_ends_with_code_1(site: WorkerSite):
    """A thread ends it: the loop can neither fold, nor answer a probe, nor stop in order."""
    site.send(PRODERM[:10], STUDY, partition_of(STUDY, 12))
    with site.running("tests.contract.blocked_worker") as worker:
        assert worker.process.wait(2 * PATIENCE_SECONDS) == 1, worker.output
    assert "the event loop has completed no check for 5 s" in worker.output
    assert "Traceback" not in worker.output
