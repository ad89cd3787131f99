"""A partition that takes long delays nothing else, and counts as work until it is written."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka.errors import KafkaConnectionError

from streams.log.batches import BatchFault, UnreadableBatch
from streams.worker.progress import BUSY_SECONDS_MAX, STALL_SECONDS, Stalled
from tests.streams.worker.test_long_folds import SLOW_SECONDS, CostlyWorkerSetup, costly_setup
from tests.streams.worker.test_worker_aside import OTHER_STUDY, two_logs
from tests.streams.worker.workers import WorkerSetup

RECORDS = 60
WITHIN_SECONDS = RECORDS * SLOW_SECONDS / 2
"""Half the time that the costly records take."""


async def busy_setup() -> CostlyWorkerSetup:
    """A worker whose partition 0 is busy with costly records."""
    setup = await costly_setup(RECORDS)
    await setup.fetch_and_fold()
    assert setup.worker.busy_tasks
    return setup


async def end_busy(setup: CostlyWorkerSetup) -> None:
    """Let the fold that is under way end soon."""
    await setup.assign_partitions()
    if setup.worker.busy_tasks:
        await asyncio.wait(setup.worker.busy_tasks)


async def test_a_lost_broker_makes_no_partition_wait_for_a_busy_one():
    """A claim of the busy partition would hold up the others, and a rebalance, for minutes."""
    setup = await busy_setup()
    setup.worker.invalidate(KafkaConnectionError())
    setup.logs[1].append(b"{}", OTHER_STUDY.encode())

    async with asyncio.timeout(WITHIN_SECONDS):
        await setup.fetch_and_fold()

    assert setup.worker.busy_tasks and setup.position(1) == setup.logs[1].next
    await end_busy(setup)


async def test_an_unreadable_batch_of_a_busy_partition_makes_nothing_wait():
    """It is fetched again once the partition is not busy any more."""
    setup = await busy_setup()
    log = setup.logs[0]
    owned = setup.worker.partitions[0]
    first = owned.processor.position
    log.unreadable = UnreadableBatch(first, first + 1, BatchFault.CHECKSUM)

    async with asyncio.timeout(WITHIN_SECONDS):
        await setup.worker.resolve_fetch(0)

    assert setup.worker.busy_tasks and owned.processor.stopped is None
    await end_busy(setup)


async def test_a_busy_partition_has_lag_until_its_records_are_written():
    """The lag of a moment ago would hide records that wait for minutes."""
    setup = await busy_setup()
    setup.worker.lags[0] = 0

    await setup.check()

    assert setup.worker.lags[0] == RECORDS
    await end_busy(setup)


async def test_a_worker_that_is_busy_for_too_long_ends():
    """A thread that never returns must not look like a worker without work."""
    setup = await busy_setup()
    setup.worker.lags[0] = 0

    for _ in range(BUSY_SECONDS_MAX // 50 + 1):
        setup.now += 50
        await setup.check()

    setup.now += 2 * STALL_SECONDS
    with pytest.raises(Stalled):
        await setup.check()

    await end_busy(setup)


async def test_no_position_is_committed_beyond_the_store():
    """Tools that show lag would say that records are folded which a restart folds again."""
    setup = WorkerSetup(two_logs())
    await setup.assign_partitions(0, 1)
    store = setup.stores[0]
    store.barrier = asyncio.Barrier(2)
    folding = asyncio.create_task(setup.fetch_and_fold())
    await asyncio.sleep(WITHIN_SECONDS / 10)  # Until it waits at the barrier.

    assert setup.worker.partitions[0].processor.position == setup.logs[0].next
    assert setup.worker.commit_positions()[0] == 0
    await store.barrier.wait()
    await folding
    assert setup.worker.commit_positions()[0] == setup.logs[0].next
