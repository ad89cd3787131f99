"""The consumer's turns: seek, fetch, hand over; nothing that was fetched is ever just dropped."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka.errors import KafkaError, NoOffsetForPartitionError, OffsetOutOfRangeError
from faust.types import TP

from streams.kafka.topics import LOG
from streams.worker.batch_handler import FetchedBatch
from streams.worker.consumer import BatchLost
from tests.streams.worker.consumers import ListConsumer, one_record_each


def test_an_epoch_begins_by_seeking_to_where_the_reader_stands():
    """The cursor says where to go on, not what the group remembers."""
    desk = ListConsumer(one_record_each(p0=10), one_record_each(p1=20))

    asyncio.run(desk.run_fetcher())

    assert desk.seeks == [{0: 10, 1: 20}]
    assert [(batch.epoch, list(batch.records)) for batch in desk.enqueued] == [(1, [0]), (1, [1])]


def test_a_partition_that_must_stand_still_is_paused():
    """The others are read on."""
    desk = ListConsumer(one_record_each(p1=20))
    del desk.transport.handler.positions[0]

    asyncio.run(desk.run_fetcher())

    assert desk.seeks == [{1: 20}]
    assert desk.paused == {TP(LOG, 0)}


def test_a_new_epoch_seeks_again():
    """Whoever gave up what was fetched has it fetched again."""
    desk = ListConsumer(one_record_each(p0=10), one_record_each(p0=11), one_record_each(p0=11))

    async def main() -> None:
        await desk._fetch_once()
        desk.transport.handler.end_epoch()
        desk.transport.handler.positions[0] = 11
        await desk._fetch_once()

    asyncio.run(main())

    assert desk.seeks == [{0: 10, 1: 20}, {0: 11, 1: 20}]


@pytest.mark.parametrize("error", [KafkaError("cut"), OffsetOutOfRangeError({TP(LOG, 0): 10})])
def test_a_fetch_that_fails_may_have_lost_records(error: Exception):
    """The client drops what it had of the other partitions: all are doubted, and sought again."""
    desk = ListConsumer(error, one_record_each(p0=10))

    asyncio.run(desk.run_fetcher())

    assert desk.transport.handler.errors == [error]
    assert len(desk.seeks) == 2
    assert [batch.epoch for batch in desk.enqueued] == [2]


def test_a_group_that_remembers_nothing_is_no_fault():
    """The client asks for a committed offset before we come to seek; there is none at first."""
    desk = ListConsumer(NoOffsetForPartitionError(TP(LOG, 0)), one_record_each(p0=10))

    asyncio.run(desk.run_fetcher())

    assert desk.transport.handler.errors == []
    assert len(desk.enqueued) == 1


def test_a_put_that_waits_gives_up_when_its_epoch_ends():
    """Across a rebalance it would wait for ever, or be cancelled and take the worker down."""
    desk = ListConsumer(*[one_record_each(p0=offset) for offset in range(10, 14)])

    async def main() -> None:
        for _ in range(2):
            await desk._fetch_once()
        third = asyncio.create_task(desk._fetch_once())
        await asyncio.sleep(0.01)
        assert not third.done()
        desk.transport.handler.end_epoch()
        await third
        assert len(desk.enqueued) == 2
        await desk._fetch_once()

    asyncio.run(main())

    assert [batch.epoch for batch in desk.enqueued] == [2]
    assert len(desk.seeks) == 2


def test_nothing_is_fetched_ahead_of_what_is_being_folded():
    """What comes in meanwhile is then one batch, with one apply a partition."""
    desk = ListConsumer(one_record_each(p0=10))
    desk.transport.handler.idle.clear()

    async def main() -> None:
        turn = asyncio.create_task(desk._fetch_once())
        await asyncio.sleep(0.01)
        assert desk.enqueued == []
        desk.transport.handler.idle.set()
        await turn

    asyncio.run(main())

    assert len(desk.enqueued) == 1


class ClearedChannel(asyncio.Queue[FetchedBatch]):
    """A channel that Faust clears while somebody waits to put: the put is cancelled."""

    async def put(self, item: FetchedBatch) -> None:
        raise asyncio.CancelledError


def test_a_batch_that_did_not_reach_the_agent_is_fetched_again():
    """Faust clears its channels when it likes: a put that it cancels is a batch lost."""
    desk = ListConsumer(one_record_each(p0=10))
    desk.transport.channel = ClearedChannel()

    asyncio.run(desk.run_fetcher())

    assert [type(doubt) for doubt in desk.transport.handler.errors] == [BatchLost]
