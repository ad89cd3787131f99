"""A log that is given more partitions under a running worker: studies have other places now."""

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
"""The partition that is added."""

MOVED_STUDY = next(name for n in count() if partition_of(name := f"M{n}", 13) == NEW_PARTITION)
"""A study that a producer who knows of it puts there."""


def test_a_worker_ends_when_the_log_gets_another_partition(site: WorkerSite, admin: Any):
    """Exit code 2 and what to set, within a minute; the new partition is not folded by anybody."""
    with site.running() as worker:
        site.wait_folded(STUDY_PARTITION, site.send(PRODERM[:50], STUDY, STUDY_PARTITION))
        before = site.rows(STUDY_PARTITION, [STUDY])
        admin.create_partitions({LOG: 13})
        site.send(
            [orjson.dumps(line) for line in small_log(MOVED_STUDY)], MOVED_STUDY, NEW_PARTITION
        )

        code = worker.process.wait(PATIENCE_SECONDS)
    last = worker.output.splitlines()[-1]
    assert (code, "Traceback" in worker.output) == (2, False), worker.output
    assert f"{LOG} has 13 partitions, and TOCSIN_LOG_PARTITIONS is 12" in last
    assert "set TOCSIN_LOG_PARTITIONS to that of the topic" in last
    assert (site.cursor(NEW_PARTITION).next, site.rows(NEW_PARTITION, [MOVED_STUDY])) == (
        0,
        {MOVED_STUDY: {}},
    )
    assert site.rows(STUDY_PARTITION, [STUDY]) == before
