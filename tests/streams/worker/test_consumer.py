"""The consumer seeks, fetches and enqueues, and fetches every dropped record again."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka.errors import KafkaError, NoOffsetForPartitionError, OffsetOutOfRangeError
from faust.types import TP

from streams.kafka.topics import LOG
from streams.worker.batch_handler import FetchedBatch
from streams.worker.consumer import BatchLost
from tests.streams.worker.consumers import ListConsumer, one_record_each


def test_an_epoch_begins_with_a_seek_to_the_handlers_positions():
    """Fetching begins at the stored cursors, not at the offsets of the group."""
    consumer = ListConsumer(one_record_each(p0=10), one_record_each(p1=20))

    asyncio.run(consumer.run_fetcher())

    assert consumer.seeks == [{0: 10, 1: 20}]
    assert [(batch.epoch, list(batch.records)) for batch in consumer.enqueued] == [
        (1, [0]),
        (1, [1]),
    ]


def test_a_partition_without_a_position_is_paused():
    """The handler has no position for a stopped partition; the others are still fetched."""
    consumer = ListConsumer(one_record_each(p1=20))
    del consumer.transport.handler.positions[0]

    asyncio.run(consumer.run_fetcher())

    assert consumer.seeks == [{1: 20}]
    assert consumer.paused == {TP(LOG, 0)}


def test_a_new_epoch_seeks_again():
    """Records that were dropped with the old epoch are fetched again."""
    consumer = ListConsumer(one_record_each(p0=10), one_record_each(p0=11), one_record_each(p0=11))

    async def main() -> None:
        await consumer._fetch_once()
        consumer.transport.handler.end_epoch()
        consumer.transport.handler.positions[0] = 11
        await consumer._fetch_once()

    asyncio.run(main())

    assert consumer.seeks == [{0: 10, 1: 20}, {0: 11, 1: 20}]


@pytest.mark.parametrize("error", [KafkaError("cut"), OffsetOutOfRangeError({TP(LOG, 0): 10})])
def test_a_fetch_that_fails_may_have_lost_records(error: Exception):
    """The client drops records of other partitions too, so every partition is sought again."""
    consumer = ListConsumer(error, one_record_each(p0=10))

    asyncio.run(consumer.run_fetcher())

    assert consumer.transport.handler.errors == [error]
    assert len(consumer.seeks) == 2
    assert [batch.epoch for batch in consumer.enqueued] == [2]


def test_a_group_without_committed_offsets_is_no_error():
    """The client asks for a committed offset before the first seek, and a new group has none."""
    consumer = ListConsumer(NoOffsetForPartitionError(TP(LOG, 0)), one_record_each(p0=10))

    asyncio.run(consumer.run_fetcher())

    assert consumer.transport.handler.errors == []
    assert len(consumer.enqueued) == 1


def test_a_waiting_put_is_cancelled_when_its_epoch_ends():
    """During a rebalance it would wait for ever, or Faust would cancel it and end the worker."""
    consumer = ListConsumer(*[one_record_each(p0=offset) for offset in range(10, 14)])

    async def main() -> None:
        for _ in range(2):
            await consumer._fetch_once()
        third_fetch = asyncio.create_task(consumer._fetch_once())
        await asyncio.sleep(0.01)
        assert not third_fetch.done()
        consumer.transport.handler.end_epoch()
        await third_fetch
        assert len(consumer.enqueued) == 2
        await consumer._fetch_once()

    asyncio.run(main())

    assert [batch.epoch for batch in consumer.enqueued] == [2]
    assert len(consumer.seeks) == 2


def test_nothing_is_fetched_during_a_fold():
    """Records that arrive during a fold form one batch, with one apply per partition."""
    consumer = ListConsumer(one_record_each(p0=10))
    consumer.transport.handler.idle.clear()

    async def main() -> None:
        fetch = asyncio.create_task(consumer._fetch_once())
        await asyncio.sleep(0.01)
        assert consumer.enqueued == []
        consumer.transport.handler.idle.set()
        await fetch

    asyncio.run(main())

    assert len(consumer.enqueued) == 1


class ClearedChannel(asyncio.Queue[FetchedBatch]):
    """A channel that Faust clears during a put, which cancels the put."""

    async def put(self, item: FetchedBatch) -> None:
        raise asyncio.CancelledError


def test_a_batch_that_did_not_reach_the_agent_is_fetched_again():
    """Faust may clear its channels at any time, and a put that it cancels loses the batch."""
    consumer = ListConsumer(one_record_each(p0=10))
    consumer.transport.channel = ClearedChannel()

    asyncio.run(consumer.run_fetcher())

    assert [type(error) for error in consumer.transport.handler.errors] == [BatchLost]
