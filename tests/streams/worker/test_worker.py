"""The worker's own part: whatever goes wrong, what was fetched is folded, or fetched again."""

from __future__ import annotations

import asyncio

import pytest

from streams.worker.batch_handler import Batch
from tests.streams.processor.processors import (
    PRODERM,
    STUDY,
    UNREADABLE,
    log_of,
    projection,
    settled,
)
from tests.streams.worker.workers import Bench

FEW = PRODERM[:60]
OTHER = "CGD"


def bench(*, values: list[bytes] = FEW) -> Bench:
    """One partition with the beginning of ProDERM."""
    return Bench([log_of(values)])


def pair() -> Bench:
    """Partition 0 with ProDERM, and partition 1 with records that nobody has a plan for."""
    first, second = log_of(FEW, STUDY, 1), log_of([b"{}"] * 3, OTHER, 1)
    first.partition, second.partition = 0, 1
    return Bench([first, second])


async def test_what_is_fetched_is_folded():
    """The tables are those of one pass over the log."""
    desk = bench()
    await desk.assign(0)

    await desk.turn()

    assert desk.place(0) == 60
    assert settled(desk.stores[0]) == await projection(desk.logs[0])


async def test_a_batch_of_an_ended_epoch_is_void():
    """It was fetched before a rebalance or a seek: what it follows on is not known."""
    desk = bench()
    await desk.assign(0)
    batch = await desk.fetch()
    desk.worker.begin_anew()

    await desk.worker.fold(batch)

    assert desk.place(0) == 0
    await desk.turn()
    assert desk.place(0) == 60


async def test_a_store_that_did_not_answer_is_asked_anew_and_nothing_is_lost():
    """What the apply did is unknown: the cursor says it, and the rest is fetched again."""
    desk = bench()
    await desk.assign(0)
    batch = await desk.fetch()
    desk.stores[0].left = 1

    epoch = desk.worker.epoch
    await desk.worker.fold(batch)

    assert desk.worker.epoch > epoch
    assert not desk.worker.held[0].claimed
    await desk.turn()
    assert settled(desk.stores[0]) == await projection(desk.logs[0])


@pytest.mark.parametrize("times", [1, 2])
async def test_no_exception_leaves_the_agent(times: int):
    """Faust would drop the batch with it: a record that raises is folded by itself, or stops."""
    desk = bench()
    desk.raising[30] = times
    await desk.assign(0)

    for _ in range(3):
        await desk.turn()

    stopped = desk.worker.held[0].lane.stopped
    assert (stopped is None) == (times == 1)
    assert desk.worker.held[0].lane.position == (60 if times == 1 else 30)


async def test_a_partition_that_stands_still_does_not_hold_up_another():
    """Ten records that nobody can read silence one partition, not the worker."""
    desk = pair()
    for _ in range(10):
        desk.logs[1].append(UNREADABLE)
    await desk.assign(0, 1)

    for _ in range(2):
        await desk.turn()

    assert desk.place(1) is None
    assert desk.place(0) == 60
    assert not desk.worker.waiting


async def test_a_released_partition_goes_on():
    """The operator's word is seen within a second, and the partition is claimed anew."""
    desk = bench(values=[UNREADABLE] * 12)
    await desk.assign(0)
    await desk.turn()
    assert desk.place(0) is None

    await desk.stores[0].release(11)
    await desk.look()
    await desk.turn()

    assert desk.place(0) == 12


async def test_a_cursor_that_another_moved_is_claimed_again():
    """A rollback or another worker: what is in memory belongs to another history."""
    desk = bench()
    await desk.assign(0)
    await desk.turn()
    desk.stores[0].held.clear()

    await desk.look()
    await desk.turn()

    assert settled(desk.stores[0]) == await projection(desk.logs[0])


async def test_markers_are_passed_and_a_lost_fetch_is_not():
    """A second reader tells a hole in the log from a hole in what was fetched."""
    desk = bench(values=FEW[:10])
    desk.logs[0].mark()
    for value in FEW[10:]:
        desk.logs[0].append(value, STUDY.encode())
    await desk.assign(0)
    batch = await desk.fetch()
    lost = Batch(batch.epoch, {0: [*batch.records[0][:5], *batch.records[0][20:]]})

    await desk.worker.fold(lost)

    assert desk.worker.held[0].lane.position == 5
    await desk.turn()
    assert desk.place(0) == 61


async def test_a_fetch_that_vanished_is_fetched_again():
    """Fetched to the end, folded to the middle, nothing under way: the look has it sought."""
    desk = bench()
    await desk.assign(0)
    await desk.turn(most=30)
    epoch = desk.worker.epoch

    for _ in range(2):
        await desk.worker.look({0: 60}, {0: 60})

    assert desk.worker.epoch == epoch + 1
    assert desk.worker.lags == {0: 30}


async def test_a_rest_waits_for_what_is_being_folded():
    """Partitions are given up, and the worker ends, with the batch in flight applied."""
    desk = bench()
    await desk.assign(0)
    folding = asyncio.create_task(desk.worker.fold(await desk.fetch()))
    await asyncio.sleep(0)

    await desk.worker.rest()

    assert desk.place(0) == 60
    await folding


async def test_partitions_wait_for_the_store_together():
    """A store that is slow to answer holds up a batch once, not once a partition."""
    desk = pair()
    await desk.assign(0, 1)
    waiting = asyncio.Barrier(2)
    for store in desk.stores.values():
        store.waiting = waiting

    async with asyncio.timeout(10):
        await desk.turn()

    assert (desk.place(0), desk.place(1)) == (60, 3)


async def test_a_batch_of_a_partition_that_is_not_ours_is_no_exception():
    """It cannot be; and if it is, it must not take the agent down."""
    desk = bench()
    await desk.assign(0)

    await desk.worker.fold(Batch(desk.worker.epoch, {7: []}))

    await desk.turn()
    assert desk.place(0) == 60


async def test_other_partitions_are_held_after_a_rebalance():
    """Each is claimed anew: another worker may have folded in between."""
    desk = pair()
    await desk.assign(0, 1)
    await desk.turn()

    await desk.assign(1)

    assert list(desk.worker.held) == [1]
    assert await desk.worker.places() == {1: 3}
