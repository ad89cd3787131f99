"""What only a broker's log has: markers, records that were removed, times, and silence."""

from __future__ import annotations

from typing import Any

import pytest

from streams.local.embedded import EmbeddedBroker
from streams.local.kafka_server import KafkaServer
from streams.log import LogUnreachable, OffsetRange, RecordsGone
from streams.log.kafka import KafkaLog
from tests.contract.logs import WritableTopic, new_topic, numbered_records, open_log, read_all


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def writable(request: pytest.FixtureRequest) -> WritableTopic:
    """An empty log on each broker."""
    broker = request.getfixturevalue(request.param)
    return new_topic(broker.bootstrap, auto_created=request.param == "embedded")


@pytest.fixture
def apache(kafka: KafkaServer) -> WritableTopic:
    """An empty log on Apache Kafka."""
    return new_topic(kafka.bootstrap, auto_created=False)


async def test_a_transaction_marker_is_a_hole_and_not_the_end(writable: WritableTopic):
    """Markers occupy offsets: a reader that took a hole for the end would stand still."""
    async with open_log(writable) as log:
        await writable.write(numbered_records(0, 2), transactional=True)
        await writable.write(numbered_records(2, 4), transactional=True)

        offsets = [offset for offset, _ in await read_all(log)]
        assert offsets == [0, 1, 3, 4]
        assert [offset for offset, _ in await read_all(log, 2)] == [3, 4]
        assert await log.offset_range() == OffsetRange(0, 6)
        assert list(await log.read(5, 5)) == []


async def test_a_topic_says_its_cluster_and_its_partitions(writable: WritableTopic):
    """Another number of partitions would put studies elsewhere: it is part of the identity."""
    async with open_log(writable) as log:
        assert (await log.identity()).partitions == 4


@pytest.mark.kafka
async def test_aborted_records_are_a_hole_too(apache: WritableTopic):
    """What was never committed was never said; the mock broker, though, gives it."""
    async with open_log(apache) as log:
        await apache.write(numbered_records(0, 1))
        await apache.write_aborted(numbered_records(1, 3))
        await apache.write(numbered_records(3, 4))

        assert await read_all(log) == [
            (0, numbered_records(0, 1)[0]),
            (4, numbered_records(3, 4)[0]),
        ]


@pytest.mark.kafka
async def test_records_that_were_removed_are_no_hole(apache: WritableTopic):
    """Lost input must stop a worker: it may never be passed as a marker is."""
    async with open_log(apache) as log:
        await apache.write(numbered_records(0, 6))
        assert len(await read_all(log)) == 6
        await apache.delete_before(before=4)

        assert await log.offset_range() == OffsetRange(4, 6)
        assert [offset for offset, _ in await read_all(log, 4)] == [4, 5]
        for start in (0, 3):
            with pytest.raises(RecordsGone, match="begins at offset 4"):
                await log.read(start, 10)


@pytest.mark.kafka
async def test_a_record_is_found_by_its_time(apache: WritableTopic):
    """Records carry the time at which they were produced."""
    await apache.write(numbered_records(0, 3))
    log = apache.open()
    second: Any = (await log.read(1, 1))[0]
    assert await log.offset_at(0) == 0
    assert await log.offset_at(second.timestamp) <= 1
    assert await log.offset_at(second.timestamp + 3_600_000) == 3
    await log.close()


async def test_a_broker_that_is_not_there_is_named():
    """Nothing listens on port 1."""
    with pytest.raises(LogUnreachable, match=r"127\.0\.0\.1:1"):
        await KafkaLog("127.0.0.1:1", "trial.log.v1", 0).offset_range()


@pytest.mark.kafka
async def test_a_topic_that_is_not_there_is_named_with_the_remedy(apache: WritableTopic):
    """A misspelt topic must not read as an empty one; nor a partition that it does not have."""
    for name, partition in (("trial.lgo.v1", 0), (apache.topic, 4)):
        log = KafkaLog(apache.bootstrap, name, partition)
        with pytest.raises(LogUnreachable, match=r"no topic .*topics apply"):
            await log.identity()
        with pytest.raises(LogUnreachable, match=r"no topic .*topics apply"):
            await log.read(0, 1)


async def test_the_mock_broker_says_that_it_knows_no_times(embedded: EmbeddedBroker):
    """It would take every time for the end, and a replay from then on would show nothing."""
    async with open_log(new_topic(embedded.bootstrap, auto_created=True)) as log:
        assert isinstance(log, KafkaLog)
        with pytest.raises(LogUnreachable, match="name an offset"):
            await log.offset_at(0)
