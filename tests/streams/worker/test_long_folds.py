"""While a partition folds costly records, the loop turns and the other partitions are folded."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise

from monitor.records import AdverseEvent, Record
from monitor.state.study import Study
from streams.processor.limits import Limits
from streams.processor.pipeline import RecordResult, apply_record
from streams.processor.processor import PartitionProcessor
from streams.store.memory import MemoryStore
from streams.worker.owned_partition import OwnedPartition
from tests.streams.processor.processors import (
    PRODERM,
    STUDY,
    claimed_processor,
    expected_contents,
    log_of,
    store_contents,
)
from tests.streams.worker.test_worker_aside import OTHER_STUDY, record_beats, two_logs
from tests.streams.worker.workers import WorkerSetup

SLOW_SECONDS = 0.05
"""Time that each adverse event takes: more than a run may fold in the loop."""


class CostlyWorkerSetup(WorkerSetup):
    """A worker whose adverse events take long."""

    def open_partition(self, partition: int, of: int) -> OwnedPartition:
        (log,) = (each for each in self.logs if each.partition == partition)
        store = self.stores[partition]
        processor = PartitionProcessor(log, store, partition=partition, fold=slow_events)
        return OwnedPartition(processor, log, store)


def slow_events(
    study: Study | None, record: Record, position: int
) -> tuple[Study | None, RecordResult]:
    """Fold a record; an adverse event computes for SLOW_SECONDS."""
    if isinstance(record.body, AdverseEvent):
        until = time.monotonic() + SLOW_SECONDS
        while time.monotonic() < until:
            pass
    return apply_record(study, record, position)


async def costly_setup(records: int) -> CostlyWorkerSetup:
    """A worker that has folded the first records of two studies, and has *records* before it."""
    setup = CostlyWorkerSetup(two_logs())
    await setup.assign_partitions(0, 1)
    await setup.fetch_and_fold()
    while setup.worker.busy_tasks:
        await asyncio.wait(setup.worker.busy_tasks)
    events = [each for each in PRODERM[60:] if b'"type":"adverse_event"' in each]
    for value in events[:records]:
        setup.logs[0].append(value, STUDY.encode())
    return setup


async def test_the_loop_turns_and_other_partitions_go_on_while_a_run_is_costly():
    """Records whose cost nobody can foresee block neither the probes nor another partition."""
    setup, beats = await costly_setup(60), list[float]()
    beating = asyncio.create_task(record_beats(beats))

    await setup.fetch_and_fold()
    setup.logs[1].append(b"{}", OTHER_STUDY.encode())
    await setup.fetch_and_fold()

    assert setup.worker.busy_tasks and setup.position(0) is None
    assert setup.position(1) == 4
    await asyncio.wait(setup.worker.busy_tasks)
    beating.cancel()
    assert max(later - earlier for earlier, later in pairwise(beats)) < 60 * SLOW_SECONDS / 2
    assert store_contents(setup.stores[0]) == await expected_contents(setup.logs[0])


async def test_the_cursors_are_checked_while_a_batch_is_folded():
    """A check that waited for the fold would look like a blocked loop, and end the worker."""
    setup = await costly_setup(60)
    await setup.fetch_and_fold()
    assert setup.worker.busy_tasks

    async with asyncio.timeout(60 * SLOW_SECONDS / 2):
        await setup.worker.check_cursors({}, {})

    await asyncio.wait(setup.worker.busy_tasks)


async def test_a_busy_worker_does_not_stand_still():
    """Its clock stops for as long as a record may take, so that it does not end by itself."""
    setup = await costly_setup(60)
    await setup.check()
    await setup.fetch_and_fold()
    for _ in range(3):
        setup.now += 50
        await setup.check()

    assert setup.worker.progress.held_seconds == 150
    await asyncio.wait(setup.worker.busy_tasks)


async def test_costly_records_are_written_while_more_of_the_batch_are_folded():
    """The position in the store shows progress, and a restart repeats little."""
    log, store = log_of(PRODERM[:400]), MemoryStore()
    processor = await claimed_processor(log, store, limits=Limits(write_seconds=0))

    counts = await processor.fold_batch(await log.read(0, 400))

    assert counts.applies > 2 and processor.stored_position == 400
    assert store_contents(store) == await expected_contents(log)


async def test_a_partition_that_is_assigned_anew_stops_folding():
    """The fold of the last assignment would use the CPU for records that nobody needs."""
    setup = await costly_setup(60)
    await setup.fetch_and_fold()
    (task,) = setup.worker.busy_tasks
    began = time.monotonic()

    await setup.assign_partitions(0, 1)
    await asyncio.wait([task])

    assert time.monotonic() - began < 60 * SLOW_SECONDS / 2
    while setup.position(0) != setup.logs[0].next:
        await setup.fetch_and_fold()
        await asyncio.sleep(SLOW_SECONDS)
    assert store_contents(setup.stores[0]) == await expected_contents(setup.logs[0])
