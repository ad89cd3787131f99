"""The consumer's turns: seek, fetch, hand over; nothing that was fetched is ever just dropped."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka.errors import KafkaError, NoOffsetForPartitionError, OffsetOutOfRangeError
from faust.types import TP

from streams.kafka.topics import LOG
from streams.worker.batch_handler import Batch
from streams.worker.consumer import BatchLost
from tests.streams.worker.consumers import Desk, fetched


def test_an_epoch_begins_by_seeking_to_where_the_reader_stands():
    """The cursor says where to go on, not what the group remembers."""
    desk = Desk(fetched(p0=10), fetched(p1=20))

    asyncio.run(desk.drain())

    assert desk.sought_at == [{0: 10, 1: 20}]
    assert [(batch.epoch, list(batch.records)) for batch in desk.handed] == [(1, [0]), (1, [1])]


def test_a_partition_that_must_stand_still_is_paused():
    """The others are read on."""
    desk = Desk(fetched(p1=20))
    del desk.transport.reader.at[0]

    asyncio.run(desk.drain())

    assert desk.sought_at == [{1: 20}]
    assert desk.paused == {TP(LOG, 0)}


def test_a_new_epoch_seeks_again():
    """Whoever gave up what was fetched has it fetched again."""
    desk = Desk(fetched(p0=10), fetched(p0=11), fetched(p0=11))

    async def main() -> None:
        await desk._turn()
        desk.transport.reader.end()
        desk.transport.reader.at[0] = 11
        await desk._turn()

    asyncio.run(main())

    assert desk.sought_at == [{0: 10, 1: 20}, {0: 11, 1: 20}]


@pytest.mark.parametrize("error", [KafkaError("cut"), OffsetOutOfRangeError({TP(LOG, 0): 10})])
def test_a_fetch_that_fails_may_have_lost_records(error: Exception):
    """The client drops what it had of the other partitions: all are doubted, and sought again."""
    desk = Desk(error, fetched(p0=10))

    asyncio.run(desk.drain())

    assert desk.transport.reader.doubts == [error]
    assert len(desk.sought_at) == 2
    assert [batch.epoch for batch in desk.handed] == [2]


def test_a_group_that_remembers_nothing_is_no_fault():
    """The client asks for a committed offset before we come to seek; there is none at first."""
    desk = Desk(NoOffsetForPartitionError(TP(LOG, 0)), fetched(p0=10))

    asyncio.run(desk.drain())

    assert desk.transport.reader.doubts == []
    assert len(desk.handed) == 1


def test_a_put_that_waits_gives_up_when_its_epoch_ends():
    """Across a rebalance it would wait for ever, or be cancelled and take the worker down."""
    desk = Desk(*[fetched(p0=offset) for offset in range(10, 14)])

    async def main() -> None:
        for _ in range(2):
            await desk._turn()
        third = asyncio.create_task(desk._turn())
        await asyncio.sleep(0.01)
        assert not third.done()
        desk.transport.reader.end()
        await third
        assert len(desk.handed) == 2
        await desk._turn()

    asyncio.run(main())

    assert [batch.epoch for batch in desk.handed] == [2]
    assert len(desk.sought_at) == 2


def test_nothing_is_fetched_ahead_of_what_is_being_folded():
    """What comes in meanwhile is then one batch, with one apply a partition."""
    desk = Desk(fetched(p0=10))
    desk.transport.reader.landed.clear()

    async def main() -> None:
        turn = asyncio.create_task(desk._turn())
        await asyncio.sleep(0.01)
        assert desk.handed == []
        desk.transport.reader.landed.set()
        await turn

    asyncio.run(main())

    assert len(desk.handed) == 1


class Cleared(asyncio.Queue[Batch]):
    """A channel that Faust clears while somebody waits to put: the put is cancelled."""

    async def put(self, item: Batch) -> None:
        raise asyncio.CancelledError


def test_a_batch_that_did_not_reach_the_agent_is_fetched_again():
    """Faust clears its channels when it likes: a put that it cancels is a batch lost."""
    desk = Desk(fetched(p0=10))
    desk.transport.channel = Cleared()

    asyncio.run(desk.drain())

    assert [type(doubt) for doubt in desk.transport.reader.doubts] == [BatchLost]
