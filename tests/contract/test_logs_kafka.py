"""What only a broker's log has: markers, records that were removed, times, and silence."""

from __future__ import annotations

from typing import Any

import pytest

from streams.local.embedded import EmbeddedBroker
from streams.local.kafka_server import KafkaServer
from streams.log import Ends, LogUnreachable, RecordsGone
from streams.log.kafka import KafkaLog
from tests.contract.logs import TopicShelf, all_of, opened, shelf_on, values


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def topics(request: pytest.FixtureRequest) -> TopicShelf:
    """An empty log on each broker."""
    broker = request.getfixturevalue(request.param)
    return shelf_on(broker.bootstrap, made=request.param == "embedded")


@pytest.fixture
def apache(kafka: KafkaServer) -> TopicShelf:
    """An empty log on Apache Kafka."""
    return shelf_on(kafka.bootstrap, made=False)


async def test_a_transaction_marker_is_a_hole_and_not_the_end(topics: TopicShelf):
    """Markers occupy offsets: a reader that took a hole for the end would stand still."""
    async with opened(topics) as log:
        await topics.write(values(0, 2), transactional=True)
        await topics.write(values(2, 4), transactional=True)

        offsets = [offset for offset, _ in await all_of(log)]
        assert offsets == [0, 1, 3, 4]
        assert [offset for offset, _ in await all_of(log, 2)] == [3, 4]
        assert await log.ends() == Ends(0, 6)
        assert list(await log.read(5, 5)) == []


async def test_a_topic_says_its_cluster_and_its_partitions(topics: TopicShelf):
    """Another number of partitions would put studies elsewhere: it is part of the identity."""
    async with opened(topics) as log:
        assert (await log.identity()).partitions == 4


@pytest.mark.kafka
async def test_aborted_records_are_a_hole_too(apache: TopicShelf):
    """What was never committed was never said; the mock broker, though, gives it."""
    async with opened(apache) as log:
        await apache.write(values(0, 1))
        await apache.abandon(values(1, 3))
        await apache.write(values(3, 4))

        assert await all_of(log) == [(0, values(0, 1)[0]), (4, values(3, 4)[0])]


@pytest.mark.kafka
async def test_records_that_were_removed_are_no_hole(apache: TopicShelf):
    """Lost input must stop a worker: it may never be passed as a marker is."""
    async with opened(apache) as log:
        await apache.write(values(0, 6))
        assert len(await all_of(log)) == 6
        await apache.forget(before=4)

        assert await log.ends() == Ends(4, 6)
        assert [offset for offset, _ in await all_of(log, 4)] == [4, 5]
        for start in (0, 3):
            with pytest.raises(RecordsGone, match="begins at offset 4"):
                await log.read(start, 10)


@pytest.mark.kafka
async def test_a_record_is_found_by_its_time(apache: TopicShelf):
    """Records carry the time at which they were produced."""
    await apache.write(values(0, 3))
    log = apache.open()
    second: Any = (await log.read(1, 1))[0]
    assert await log.offset_at(0) == 0
    assert await log.offset_at(second.timestamp) <= 1
    assert await log.offset_at(second.timestamp + 3_600_000) == 3
    await log.close()


async def test_a_broker_that_is_not_there_is_named():
    """Nothing listens on port 1."""
    with pytest.raises(LogUnreachable, match=r"127\.0\.0\.1:1"):
        await KafkaLog("127.0.0.1:1", "trial.log.v1", 0).ends()


@pytest.mark.kafka
async def test_a_topic_that_is_not_there_is_named_with_the_remedy(apache: TopicShelf):
    """A misspelt topic must not read as an empty one; nor a partition that it does not have."""
    for name, partition in (("trial.lgo.v1", 0), (apache.topic, 4)):
        log = KafkaLog(apache.bootstrap, name, partition)
        with pytest.raises(LogUnreachable, match=r"no topic .*topics apply"):
            await log.identity()
        with pytest.raises(LogUnreachable, match=r"no topic .*topics apply"):
            await log.read(0, 1)


async def test_the_mock_broker_says_that_it_knows_no_times(embedded: EmbeddedBroker):
    """It would take every time for the end, and a replay from then on would show nothing."""
    async with opened(shelf_on(embedded.bootstrap, made=True)) as log:
        assert isinstance(log, KafkaLog)
        with pytest.raises(LogUnreachable, match="name an offset"):
            await log.offset_at(0)
