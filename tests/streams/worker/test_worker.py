"""The worker's own part: whatever goes wrong, what was fetched is folded, or fetched again."""

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
    """One partition with the beginning of ProDERM."""
    return WorkerSetup([log_of(values)])


def two_partitions() -> WorkerSetup:
    """Partition 0 with ProDERM, and partition 1 with records that nobody has a plan for."""
    first, second = log_of(FIRST_RECORDS, STUDY, 1), log_of([b"{}"] * 3, OTHER_STUDY, 1)
    first.partition, second.partition = 0, 1
    return WorkerSetup([first, second])


async def test_what_is_fetched_is_folded():
    """The tables are those of one pass over the log."""
    desk = one_partition()
    await desk.assign_partitions(0)

    await desk.fetch_and_fold()

    assert desk.position(0) == 60
    assert store_contents(desk.stores[0]) == await expected_contents(desk.logs[0])


async def test_a_batch_of_an_ended_epoch_is_void():
    """It was fetched before a rebalance or a seek: what it follows on is not known."""
    desk = one_partition()
    await desk.assign_partitions(0)
    batch = await desk.fetch()
    desk.worker.start_epoch()

    await desk.worker.dispatch(batch)

    assert desk.position(0) == 0
    await desk.fetch_and_fold()
    assert desk.position(0) == 60


async def test_a_store_that_did_not_answer_is_asked_anew_and_nothing_is_lost():
    """What the apply did is unknown: the cursor says it, and the rest is fetched again."""
    desk = one_partition()
    await desk.assign_partitions(0)
    batch = await desk.fetch()
    desk.stores[0].commands_left = 1

    epoch = desk.worker.epoch
    await desk.worker.dispatch(batch)

    assert desk.worker.epoch > epoch
    assert not desk.worker.partitions[0].claimed
    await desk.fetch_and_fold()
    assert store_contents(desk.stores[0]) == await expected_contents(desk.logs[0])


@pytest.mark.parametrize("times", [1, 2])
async def test_no_exception_leaves_the_agent(times: int):
    """Faust would drop the batch with it: a record that raises is folded by itself, or stops."""
    desk = one_partition()
    desk.fold_failures[30] = times
    await desk.assign_partitions(0)

    for _ in range(3):
        await desk.fetch_and_fold()

    stopped = desk.worker.partitions[0].processor.stopped
    assert (stopped is None) == (times == 1)
    assert desk.worker.partitions[0].processor.position == (60 if times == 1 else 30)


async def test_a_partition_that_stands_still_does_not_hold_up_another():
    """Ten records that nobody can read silence one partition, not the worker."""
    desk = two_partitions()
    for _ in range(10):
        desk.logs[1].append(UNREADABLE)
    await desk.assign_partitions(0, 1)

    for _ in range(2):
        await desk.fetch_and_fold()

    assert desk.position(1) is None
    assert desk.position(0) == 60
    assert not desk.worker.has_work


async def test_a_released_partition_goes_on():
    """The operator's word is seen within a second, and the partition is claimed anew."""
    desk = one_partition(values=[UNREADABLE] * 12)
    await desk.assign_partitions(0)
    await desk.fetch_and_fold()
    assert desk.position(0) is None

    await desk.stores[0].release(11)
    await desk.check()
    await desk.fetch_and_fold()

    assert desk.position(0) == 12


async def test_a_cursor_that_another_moved_is_claimed_again():
    """A rollback or another worker: what is in memory belongs to another history."""
    desk = one_partition()
    await desk.assign_partitions(0)
    await desk.fetch_and_fold()
    desk.stores[0].hashes.clear()

    await desk.check()
    await desk.fetch_and_fold()

    assert store_contents(desk.stores[0]) == await expected_contents(desk.logs[0])


async def test_markers_are_passed_and_a_lost_fetch_is_not():
    """A second reader tells a hole in the log from a hole in what was fetched."""
    desk = one_partition(values=FIRST_RECORDS[:10])
    desk.logs[0].append_marker()
    for value in FIRST_RECORDS[10:]:
        desk.logs[0].append(value, STUDY.encode())
    await desk.assign_partitions(0)
    batch = await desk.fetch()
    lost = FetchedBatch(batch.epoch, {0: [*batch.records[0][:5], *batch.records[0][20:]]})

    await desk.worker.dispatch(lost)

    assert desk.worker.partitions[0].processor.position == 5
    await desk.fetch_and_fold()
    assert desk.position(0) == 61


async def test_a_fetch_that_vanished_is_fetched_again():
    """Fetched to the end, folded to the middle, nothing under way: the look has it sought."""
    desk = one_partition()
    await desk.assign_partitions(0)
    await desk.fetch_and_fold(most=30)
    epoch = desk.worker.epoch

    for _ in range(2):
        await desk.worker.check_cursors({0: 60}, {0: 60})

    assert desk.worker.epoch == epoch + 1
    assert desk.worker.lags == {0: 30}


async def test_a_rest_waits_for_what_is_being_folded():
    """Partitions are given up, and the worker ends, with the batch in flight applied."""
    desk = one_partition()
    await desk.assign_partitions(0)
    folding = asyncio.create_task(desk.worker.dispatch(await desk.fetch()))
    await asyncio.sleep(0)

    await desk.worker.drain()

    assert desk.position(0) == 60
    await folding


async def test_partitions_wait_for_the_store_together():
    """A store that is slow to answer holds up a batch once, not once a partition."""
    desk = two_partitions()
    await desk.assign_partitions(0, 1)
    waiting = asyncio.Barrier(2)
    for store in desk.stores.values():
        store.barrier = waiting

    async with asyncio.timeout(10):
        await desk.fetch_and_fold()

    assert (desk.position(0), desk.position(1)) == (60, 3)


async def test_a_batch_of_a_partition_that_is_not_ours_is_no_exception():
    """It cannot be; and if it is, it must not take the agent down."""
    desk = one_partition()
    await desk.assign_partitions(0)

    await desk.worker.dispatch(FetchedBatch(desk.worker.epoch, {7: []}))

    await desk.fetch_and_fold()
    assert desk.position(0) == 60


async def test_other_partitions_are_held_after_a_rebalance():
    """Each is claimed anew: another worker may have folded in between."""
    desk = two_partitions()
    await desk.assign_partitions(0, 1)
    await desk.fetch_and_fold()

    await desk.assign_partitions(1)

    assert list(desk.worker.partitions) == [1]
    assert await desk.worker.fetch_positions() == {1: 3}
