"""Tests of the Kafka log: transaction markers, deleted records, timestamps, no broker."""

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


async def test_a_transaction_marker_is_a_gap_and_not_the_end(writable: WritableTopic):
    """Markers occupy offsets: a reader that took a gap for the end would never continue."""
    async with open_log(writable) as log:
        await writable.write(numbered_records(0, 2), transactional=True)
        await writable.write(numbered_records(2, 4), transactional=True)

        offsets = [offset for offset, _ in await read_all(log)]
        assert offsets == [0, 1, 3, 4]
        assert [offset for offset, _ in await read_all(log, 2)] == [3, 4]
        assert await log.offset_range() == OffsetRange(0, 6)
        assert list(await log.read(5, 5)) == []


async def test_the_identity_of_a_topic_has_its_partition_count(writable: WritableTopic):
    """The partition of a study depends on the count, so the count is part of the identity."""
    async with open_log(writable) as log:
        assert (await log.identity()).partitions == 4


@pytest.mark.kafka
async def test_aborted_records_are_a_gap(apache: WritableTopic):
    """Kafka does not return aborted records; the mock broker would."""
    async with open_log(apache) as log:
        await apache.write(numbered_records(0, 1))
        await apache.write_aborted(numbered_records(1, 3))
        await apache.write(numbered_records(3, 4))

        assert await read_all(log) == [
            (0, numbered_records(0, 1)[0]),
            (4, numbered_records(3, 4)[0]),
        ]


@pytest.mark.kafka
async def test_deleted_records_are_an_error_and_not_a_gap(apache: WritableTopic):
    """Lost input must stop a worker: it must not be skipped like a marker."""
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
async def test_the_offset_of_a_time_is_found(apache: WritableTopic):
    """The timestamp of a record is the time at which it was produced."""
    await apache.write(numbered_records(0, 3))
    log = apache.open()
    second: Any = (await log.read(1, 1))[0]
    assert await log.offset_at(0) == 0
    assert await log.offset_at(second.timestamp) <= 1
    assert await log.offset_at(second.timestamp + 3_600_000) == 3
    await log.close()


async def test_an_unreachable_broker_is_named():
    """Nothing listens on port 1."""
    with pytest.raises(LogUnreachable, match=r"127\.0\.0\.1:1"):
        await KafkaLog("127.0.0.1:1", "trial.log.v1", 0).offset_range()


@pytest.mark.kafka
async def test_a_missing_topic_or_partition_is_named_with_the_remedy(apache: WritableTopic):
    """A misspelt topic or a missing partition must not be read as an empty one."""
    for name, partition in (("trial.lgo.v1", 0), (apache.topic, 4)):
        log = KafkaLog(apache.bootstrap, name, partition)
        with pytest.raises(LogUnreachable, match=r"no topic .*topics apply"):
            await log.identity()
        with pytest.raises(LogUnreachable, match=r"no topic .*topics apply"):
            await log.read(0, 1)


async def test_the_mock_broker_refuses_to_find_offsets_of_times(embedded: EmbeddedBroker):
    """It resolves every time to the end of the log, so a replay from a time would be empty."""
    async with open_log(new_topic(embedded.bootstrap, auto_created=True)) as log:
        assert isinstance(log, KafkaLog)
        with pytest.raises(LogUnreachable, match="name an offset"):
            await log.offset_at(0)
