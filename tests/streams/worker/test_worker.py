"""After any error the worker folds a fetched record, or fetches it again."""

from __future__ import annotations

import asyncio

import pytest

from streams.worker.batch_handler import FetchedBatch
from tests.streams.processor.processors import (
    PRODERM,
    STUDY,
    UNREADABLE,
    expected_contents,
    log_of,
    store_contents,
)
from tests.streams.worker.workers import WorkerSetup

FIRST_RECORDS = PRODERM[:60]
OTHER_STUDY = "CGD"


def one_partition(*, values: list[bytes] = FIRST_RECORDS) -> WorkerSetup:
    """A worker with one partition, whose log has *values* of ProDERM."""
    return WorkerSetup([log_of(values)])


def two_partitions() -> WorkerSetup:
    """A worker with ProDERM in partition 0, and refused records of CGD in partition 1."""
    first, second = log_of(FIRST_RECORDS, STUDY, 1), log_of([b"{}"] * 3, OTHER_STUDY, 1)
    first.partition, second.partition = 0, 1
    return WorkerSetup([first, second])


async def test_fetched_records_are_folded():
    """The store is that of one pass over the log."""
    setup = one_partition()
    await setup.assign_partitions(0)

    await setup.fetch_and_fold()

    assert setup.position(0) == 60
    assert store_contents(setup.stores[0]) == await expected_contents(setup.logs[0])


async def test_a_batch_of_an_ended_epoch_is_dropped():
    """It was fetched before a rebalance or a seek, so records before it may be missing."""
    setup = one_partition()
    await setup.assign_partitions(0)
    batch = await setup.fetch()
    setup.worker.start_epoch()

    await setup.worker.dispatch(batch)

    assert setup.position(0) == 0
    await setup.fetch_and_fold()
    assert setup.position(0) == 60


async def test_after_a_store_error_the_partition_is_claimed_and_fetched_again():
    """Only the stored cursor shows what the failed apply wrote; the rest is fetched again."""
    setup = one_partition()
    await setup.assign_partitions(0)
    batch = await setup.fetch()
    setup.stores[0].commands_left = 1

    epoch = setup.worker.epoch
    await setup.worker.dispatch(batch)

    assert setup.worker.epoch > epoch
    assert not setup.worker.partitions[0].claimed
    await setup.fetch_and_fold()
    assert store_contents(setup.stores[0]) == await expected_contents(setup.logs[0])


@pytest.mark.parametrize("failures", [1, 2])
async def test_no_exception_leaves_the_agent(failures: int):
    """Faust would drop the batch; a record that raises is folded alone, or stops its partition."""
    setup = one_partition()
    setup.fold_failures[30] = failures
    await setup.assign_partitions(0)

    for _ in range(3):
        await setup.fetch_and_fold()

    stopped = setup.worker.partitions[0].processor.stopped
    assert (stopped is None) == (failures == 1)
    assert setup.worker.partitions[0].processor.position == (60 if failures == 1 else 30)


async def test_a_stopped_partition_does_not_delay_another():
    """Ten unreadable records in a row stop one partition, not the worker."""
    setup = two_partitions()
    for _ in range(10):
        setup.logs[1].append(UNREADABLE)
    await setup.assign_partitions(0, 1)

    for _ in range(2):
        await setup.fetch_and_fold()

    assert setup.position(1) is None
    assert setup.position(0) == 60
    assert not any(owned.status(0).has_work for owned in setup.worker.partitions.values())


async def test_a_released_partition_continues():
    """The next check finds an operator's release, and the partition is claimed again."""
    setup = one_partition(values=[UNREADABLE] * 12)
    await setup.assign_partitions(0)
    await setup.fetch_and_fold()
    assert setup.position(0) is None

    await setup.stores[0].release(11)
    await setup.check()
    await setup.fetch_and_fold()

    assert setup.position(0) == 12


async def test_a_partition_whose_cursor_moved_is_claimed_again():
    """After a rollback or another worker's write the state in memory is invalid."""
    setup = one_partition()
    await setup.assign_partitions(0)
    await setup.fetch_and_fold()
    setup.stores[0].hashes.clear()

    await setup.check()
    await setup.fetch_and_fold()

    assert store_contents(setup.stores[0]) == await expected_contents(setup.logs[0])


async def test_markers_are_skipped_and_a_lost_fetch_is_not():
    """A second read of the log distinguishes transaction markers from a lost fetch."""
    setup = one_partition(values=FIRST_RECORDS[:10])
    setup.logs[0].append_marker()
    for value in FIRST_RECORDS[10:]:
        setup.logs[0].append(value, STUDY.encode())
    await setup.assign_partitions(0)
    batch = await setup.fetch()
    incomplete_batch = FetchedBatch(
        batch.epoch, {0: [*batch.records[0][:5], *batch.records[0][20:]]}
    )

    await setup.worker.dispatch(incomplete_batch)

    assert setup.worker.partitions[0].processor.position == 5
    await setup.fetch_and_fold()
    assert setup.position(0) == 61


async def test_a_lost_fetch_is_fetched_again():
    """Fetched to the end and folded to the middle, with no batch in flight, starts an epoch."""
    setup = one_partition()
    await setup.assign_partitions(0)
    await setup.fetch_and_fold(most=30)
    epoch = setup.worker.epoch

    for _ in range(2):
        await setup.worker.check_cursors({0: 60}, {0: 60})

    assert setup.worker.epoch == epoch + 1
    assert setup.worker.lags == {0: 30}


async def test_drain_waits_for_the_batch_in_flight():
    """Partitions are revoked, and the worker ends, only after that batch is written."""
    setup = one_partition()
    await setup.assign_partitions(0)
    folding = asyncio.create_task(setup.worker.dispatch(await setup.fetch()))
    await asyncio.sleep(0)

    await setup.worker.drain()

    assert setup.position(0) == 60
    await folding


async def test_partitions_wait_for_the_store_together():
    """A slow store delays a batch once, not once per partition."""
    setup = two_partitions()
    await setup.assign_partitions(0, 1)
    barrier = asyncio.Barrier(2)
    for store in setup.stores.values():
        store.barrier = barrier

    async with asyncio.timeout(10):
        await setup.fetch_and_fold()

    assert (setup.position(0), setup.position(1)) == (60, 3)


async def test_a_batch_of_an_unassigned_partition_raises_no_exception():
    """Such a batch is not expected, and must not end the agent."""
    setup = one_partition()
    await setup.assign_partitions(0)

    await setup.worker.dispatch(FetchedBatch(setup.worker.epoch, {7: []}))

    await setup.fetch_and_fold()
    assert setup.position(0) == 60


async def test_after_a_rebalance_only_assigned_partitions_are_owned():
    """Each is claimed again, because another worker may have folded in between."""
    setup = two_partitions()
    await setup.assign_partitions(0, 1)
    await setup.fetch_and_fold()

    await setup.assign_partitions(1)

    assert list(setup.worker.partitions) == [1]
    assert await setup.worker.fetch_positions() == {1: 3}
