"""A log gets more partitions under a running worker, which changes the partition of studies."""

from __future__ import annotations

from itertools import count
from typing import Any

import orjson
import pytest

from streams.kafka.partitioner import partition_of
from streams.kafka.topics import LOG
from tests.contract.processes import PATIENCE_SECONDS
from tests.contract.workers import WorkerSite
from tests.scenarios.commands import small_log
from tests.streams.processor.processors import PRODERM, STUDY

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

STUDY_PARTITION = partition_of(STUDY, 12)
NEW_PARTITION = 12
"""The number of the added partition."""

MOVED_STUDY = next(name for n in count() if partition_of(name := f"M{n}", 13) == NEW_PARTITION)
"""A study that belongs to the added partition."""


def test_a_worker_ends_when_the_log_gets_another_partition(site: WorkerSite, admin: Any):
    """Exit code 2 and the setting to change; the new partition is not folded."""
    with site.running() as worker:
        site.wait_folded(STUDY_PARTITION, site.send(PRODERM[:50], STUDY, STUDY_PARTITION))
        before = site.rows(STUDY_PARTITION, [STUDY])
        admin.create_partitions({LOG: 13})
        site.send(
            [orjson.dumps(line) for line in small_log(MOVED_STUDY)], MOVED_STUDY, NEW_PARTITION
        )

        code = worker.process.wait(PATIENCE_SECONDS)
    last_line = worker.output.splitlines()[-1]
    assert (code, "Traceback" in worker.output) == (2, False), worker.output
    assert f"{LOG} has 13 partitions, and TOCSIN_LOG_PARTITIONS is 12" in last_line
    assert "set TOCSIN_LOG_PARTITIONS to that of the topic" in last_line
    assert (site.cursor(NEW_PARTITION).next, site.rows(NEW_PARTITION, [MOVED_STUDY])) == (
        0,
        {MOVED_STUDY: {}},
    )
    assert site.rows(STUDY_PARTITION, [STUDY]) == before
