"""While a large study is recounted, the loop turns, and the other partitions are folded."""

from __future__ import annotations

import asyncio
import time
from hashlib import sha256
from itertools import pairwise

import orjson

from monitor.records import PlanRecord, Record
from monitor.state.study import Study
from streams.processor.limits import Limits
from streams.processor.pipeline import RecordResult, apply_record
from streams.processor.processor import PartitionProcessor
from streams.worker.owned_partition import OwnedPartition
from tests.streams.list_log import ListLog
from tests.streams.processor.processors import (
    PRODERM,
    STUDY,
    expected_contents,
    log_of,
    store_contents,
)
from tests.streams.worker.workers import WorkerSetup

SLOW_SECONDS = 1.5
OTHER_STUDY = "CGD"


class SlowWorkerSetup(WorkerSetup):
    """A worker whose amendments take long, as with a hundred thousand cases."""

    def open_partition(self, partition: int, of: int) -> OwnedPartition:
        (log,) = (each for each in self.logs if each.partition == partition)
        processor = PartitionProcessor(
            log,
            self.stores[partition],
            partition=partition,
            limits=Limits(large_entities=10),
            fold=slow_amendments,
        )
        return OwnedPartition(processor, log, self.stores[partition])


def slow_amendments(
    study: Study | None, record: Record, position: int
) -> tuple[Study | None, RecordResult]:
    """Fold a record; an amendment computes for SLOW_SECONDS."""
    if study is not None and isinstance(record.body, PlanRecord):
        until = time.monotonic() + SLOW_SECONDS
        while time.monotonic() < until:
            pass
    return apply_record(study, record, position)


def amendment() -> bytes:
    """The plan of the log again, as its next version with a comment."""
    fields = orjson.loads(PRODERM[0])
    toml = fields["toml"] + "\n# Amended.\n"
    fields |= {"toml": toml, "sha256": sha256(toml.encode()).hexdigest()}
    fields["source"] |= {"version": 2}
    return orjson.dumps(fields)


def two_logs() -> list[ListLog]:
    """A study in partition 0, and refused records of another in partition 1."""
    first, second = log_of(PRODERM[:60], STUDY, 1), log_of([b"{}"] * 3, OTHER_STUDY, 1)
    first.partition, second.partition = 0, 1
    return [first, second]


async def record_beats(beats: list[float]) -> None:
    """Append the time to *beats* again and again, for as long as the loop turns."""
    while True:
        beats.append(time.monotonic())
        await asyncio.sleep(0.02)


async def test_the_loop_turns_and_other_partitions_go_on_while_a_study_is_amended():
    """The probes are answered, and another partition is folded before the amendment is."""
    setup, beats = SlowWorkerSetup(two_logs()), list[float]()
    await setup.assign_partitions(0, 1)
    await setup.fetch_and_fold()
    setup.logs[0].append(amendment(), STUDY.encode())
    beating = asyncio.create_task(record_beats(beats))

    await setup.fetch_and_fold()  # The amendment, which goes on in a thread.
    setup.logs[1].append(b"{}", OTHER_STUDY.encode())
    await setup.fetch_and_fold()

    assert setup.worker.busy_tasks and setup.position(0) is None
    assert setup.position(1) == 4
    await setup.worker.drain()
    beating.cancel()
    assert max(later - earlier for earlier, later in pairwise(beats)) < SLOW_SECONDS / 2
    assert setup.position(0) == 61
    assert store_contents(setup.stores[0]) == await expected_contents(setup.logs[0])


async def test_a_rebalance_waits_for_a_study_that_is_amended():
    """What was folded is in the store before another worker continues."""
    setup = SlowWorkerSetup(two_logs())
    await setup.assign_partitions(0, 1)
    await setup.fetch_and_fold()
    setup.logs[0].append(amendment(), STUDY.encode())
    await setup.fetch_and_fold()

    await setup.worker.drain()

    assert not setup.worker.busy_tasks
    assert store_contents(setup.stores[0]) == await expected_contents(setup.logs[0])
