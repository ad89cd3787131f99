"""A worker confines an unreadable batch to its partition, and goes on after it once passed."""

from __future__ import annotations

import asyncio

from streams.log import BatchUnreadable
from streams.log.batches import BatchFault, UnreadableBatch
from streams.processor.stop import StopReason
from streams.worker.owned_partition import RETRY_STEPS
from tests.streams.processor.processors import PRODERM, STUDY, log_of
from tests.streams.worker.consumers import ListConsumer, one_record_each
from tests.streams.worker.workers import WorkerSetup

BATCH = UnreadableBatch(30, 45, BatchFault.CHECKSUM, b"damaged")


async def stopped_setup() -> WorkerSetup:
    """A worker whose partition has stopped at the damaged batch."""
    setup = WorkerSetup([log_of(PRODERM[:60])])
    setup.logs[0].unreadable = BATCH
    await setup.assign_partitions(0)
    await setup.fetch_and_fold()
    await setup.worker.resolve_fetch(0)
    return setup


def test_a_failed_fetch_is_resolved_for_its_partition_alone():
    """The consumer names the partition; the claims of the others stay."""
    consumer = ListConsumer(BatchUnreadable(1, BATCH), one_record_each(p0=10))

    asyncio.run(consumer.run_fetcher())

    handler = consumer.transport.handler
    assert (handler.unreadable, handler.errors) == ([1], [])
    assert len(consumer.enqueued) == 1


async def test_a_batch_that_a_second_client_cannot_read_stops_the_partition():
    """What comes before it is folded, and the stop names its offsets."""
    setup = await stopped_setup()

    stopped = setup.worker.partitions[0].processor.stopped
    assert stopped is not None
    assert (stopped.offset, stopped.reason) == (30, StopReason.UNREADABLE_BATCH)
    assert "offsets 30 to 44" in stopped.detail
    assert setup.position(0) is None and not setup.worker.partitions[0].status(1).has_work
    assert setup.stores[0].hashes["cursor"]["stopped"].decode() == str(stopped)


async def test_a_fetch_that_a_second_client_can_repeat_is_fetched_again():
    """A damaged answer says nothing about the log."""
    setup = WorkerSetup([log_of(PRODERM[:60])])
    await setup.assign_partitions(0)
    await setup.fetch_and_fold(most=30)

    await setup.worker.resolve_fetch(0)
    await setup.fetch_and_fold()

    assert setup.position(0) == 60


async def test_a_passed_batch_is_left_out_and_the_partition_goes_on():
    """The next check finds that it is passed; nothing before or after it is lost."""
    setup = await stopped_setup()

    await setup.stores[0].release(44, batch_from=30)
    await setup.check()
    await setup.fetch_and_fold()

    assert setup.position(0) == 60
    assert setup.worker.partitions[0].processor.stopped is None


async def test_a_batch_that_another_replica_has_undamaged_is_read_without_a_command():
    """The partition tries again every half minute."""
    setup = await stopped_setup()
    setup.logs[0].unreadable = None

    for _ in range(RETRY_STEPS):
        await setup.worker.rebuild_rows()
    await setup.check()
    await setup.fetch_and_fold()

    assert setup.position(0) == 60


async def test_passed_records_are_left_out_though_they_can_be_read():
    """A fold from the first record gives the same tables whatever can be read by then."""
    setup = WorkerSetup([log_of(PRODERM[:60])])
    await setup.stores[0].release(44, batch_from=30)
    await setup.assign_partitions(0)
    await setup.fetch_and_fold()

    processor = setup.worker.partitions[0].processor
    assert processor.working_set is not None
    assert processor.working_set.cursor.marker_count == 15
    assert STUDY in processor.working_set.row_cache.rows
