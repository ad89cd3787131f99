"""One suite for every log: a reader cannot tell a file from the mock broker from Apache Kafka."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from streams.broker import administer
from streams.embedded import EmbeddedBroker
from streams.log import Ends, Identity, Log, LogUnreachable, RecordsGone
from streams.log_file import FileLog
from streams.log_kafka import KafkaLog
from tests.contract.logs import FileShelf, Shelf, TopicShelf, all_of, values

KINDS = ["file", "embedded", pytest.param("kafka", marks=pytest.mark.kafka)]


@pytest.fixture(scope="module")
def embedded() -> Iterator[EmbeddedBroker]:
    """The mock broker of librdkafka."""
    broker = EmbeddedBroker()
    yield broker
    broker.close()


@pytest.fixture(params=KINDS)
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Shelf:
    """An empty log of each kind."""
    if request.param == "file":
        (tmp_path / "log.jsonl").touch()
        return FileShelf(tmp_path / "log.jsonl")
    return topic(request, request.param)


@pytest.fixture(params=KINDS[1:])
def topics(request: pytest.FixtureRequest) -> TopicShelf:
    """An empty log on each broker."""
    return topic(request, request.param)


@pytest.fixture
def apache(request: pytest.FixtureRequest) -> TopicShelf:
    """An empty log on Apache Kafka."""
    return topic(request, "kafka")


def topic(request: pytest.FixtureRequest, broker: str) -> TopicShelf:
    """A new topic; Apache Kafka makes none that it is not told to."""
    made = TopicShelf(request.getfixturevalue(broker).bootstrap)
    if broker == "kafka":
        with administer(made.bootstrap) as admin:
            admin.create_topics({made.topic: {"num_partitions": 4}}, wait_for_metadata=True)
    return made


def run(shelf: Shelf, play: Callable[[Log], Coroutine[Any, Any, None]]) -> None:
    """Play a test on the log that *shelf* holds."""

    async def played() -> None:
        log = shelf.open()
        try:
            await play(log)
        finally:
            await log.close()

    asyncio.run(played())


def test_an_empty_log_begins_and_ends_at_zero(shelf: Shelf):
    """A worker that finds nothing waits at offset 0; it is not an error."""

    async def play(log: Log) -> None:
        assert await log.ends() == Ends(0, 0)
        assert list(await log.read(0, 10)) == []

    run(shelf, play)


def test_records_come_back_in_order_under_their_offsets(shelf: Shelf):
    """Key and bytes are those that were written."""

    async def play(log: Log) -> None:
        await shelf.write(values(0, 10))

        first = (await log.read(0, 1))[0]
        assert (first.offset, first.key, first.value) == (0, b"S", values(0, 1)[0])
        assert await all_of(log) == list(enumerate(values(0, 10)))
        assert await log.ends() == Ends(0, 10)

    run(shelf, play)


def test_a_log_is_read_from_any_offset_again_and_again(shelf: Shelf):
    """A rolled back store sends its reader back; a claim goes forward."""

    async def play(log: Log) -> None:
        await shelf.write(values(0, 9))

        for start in (7, 2, 2, 8, 0):
            assert await all_of(log, start) == list(enumerate(values(0, 9)))[start:]

    run(shelf, play)


def test_at_the_end_and_past_it_there_is_nothing_until_more_is_written(shelf: Shelf):
    """A reader at the end hears of the next record without being opened again."""

    async def play(log: Log) -> None:
        await shelf.write(values(0, 3))
        assert list(await log.read(3, 5)) == list(await log.read(100, 5)) == []

        await shelf.write(values(3, 5))

        assert await all_of(log, 3) == [(3, values(3, 4)[0]), (4, values(4, 5)[0])]
        assert await log.ends() == Ends(0, 5)

    run(shelf, play)


def test_a_log_that_is_opened_again_is_the_same_log(shelf: Shelf):
    """A restart must find the identity that the cursor holds, and the records."""

    async def identity_and_records() -> tuple[Identity, list[tuple[int, bytes | None]]]:
        log = shelf.open()
        try:
            return await log.identity(), await all_of(log)
        finally:
            await log.close()

    asyncio.run(shelf.write(values(0, 4)))
    before, after = asyncio.run(identity_and_records()), asyncio.run(identity_and_records())
    assert before == after and before[0].cluster
    assert len(before[1]) == 4


def test_a_transaction_marker_is_a_hole_and_not_the_end(topics: TopicShelf):
    """Markers occupy offsets: a reader that took a hole for the end would stand still."""

    async def play(log: Log) -> None:
        await topics.write(values(0, 2), transactional=True)
        await topics.write(values(2, 4), transactional=True)

        offsets = [offset for offset, _ in await all_of(log)]
        assert offsets == [0, 1, 3, 4]
        assert [offset for offset, _ in await all_of(log, 2)] == [3, 4]
        assert await log.ends() == Ends(0, 6)
        assert list(await log.read(5, 5)) == []

    run(topics, play)


def test_a_topic_says_its_cluster_and_its_partitions(topics: TopicShelf):
    """Another number of partitions would put studies elsewhere: it is part of the identity."""

    async def play(log: Log) -> None:
        assert (await log.identity()).partitions == 4

    run(topics, play)


@pytest.mark.kafka
def test_aborted_records_are_a_hole_too(apache: TopicShelf):
    """What was never committed was never said; the mock broker, though, gives it."""

    async def play(log: Log) -> None:
        await apache.write(values(0, 1))
        await apache.abandon(values(1, 3))
        await apache.write(values(3, 4))

        assert await all_of(log) == [(0, values(0, 1)[0]), (4, values(3, 4)[0])]

    run(apache, play)


@pytest.mark.kafka
def test_records_that_were_removed_are_no_hole(apache: TopicShelf):
    """Lost input must stop a worker: it may never be passed as a marker is."""

    async def play(log: Log) -> None:
        await apache.write(values(0, 6))
        assert len(await all_of(log)) == 6
        await apache.forget(before=4)

        assert await log.ends() == Ends(4, 6)
        assert [offset for offset, _ in await all_of(log, 4)] == [4, 5]
        for start in (0, 3):
            with pytest.raises(RecordsGone, match="begins at offset 4"):
                await log.read(start, 10)

    run(apache, play)


@pytest.mark.kafka
def test_a_record_is_found_by_its_time(apache: TopicShelf):
    """Records carry the time at which they were produced."""

    async def play() -> None:
        await apache.write(values(0, 3))
        log = apache.open()
        second: Any = (await log.read(1, 1))[0]
        assert await log.offset_at(0) == 0
        assert await log.offset_at(second.timestamp) <= 1
        assert await log.offset_at(second.timestamp + 3_600_000) == 3
        await log.close()

    asyncio.run(play())


def test_a_broker_that_is_not_there_is_named():
    """Nothing listens on port 1."""

    async def play() -> None:
        with pytest.raises(LogUnreachable, match=r"127\.0\.0\.1:1"):
            await KafkaLog("127.0.0.1:1", "trial.log.v1", 0).ends()

    asyncio.run(play())


@pytest.mark.kafka
def test_a_topic_that_is_not_there_is_named_with_the_remedy(apache: TopicShelf):
    """A misspelt topic must not read as an empty one; nor a partition that it does not have."""

    async def play() -> None:
        for name, partition in (("trial.lgo.v1", 0), (apache.topic, 4)):
            log = KafkaLog(apache.bootstrap, name, partition)
            with pytest.raises(LogUnreachable, match=r"no topic .*topics apply"):
                await log.identity()
            with pytest.raises(LogUnreachable, match=r"no topic .*topics apply"):
                await log.read(0, 1)

    asyncio.run(play())


def test_a_file_that_is_not_there_is_named(tmp_path: Path):
    """As a broker that is not there."""

    async def play() -> None:
        with pytest.raises(LogUnreachable, match=r"log\.jsonl cannot be read: No such file"):
            await FileLog(tmp_path / "log.jsonl").ends()

    asyncio.run(play())


def test_a_last_line_that_is_not_all_there_yet_is_read_again(tmp_path: Path):
    """A file may be read while somebody writes it: half a line is a record of its own for now."""
    path = tmp_path / "log.jsonl"
    path.write_bytes(b'{"study":"S"}\r\n{"stu')

    async def play() -> None:
        log = FileLog(path)
        half = (await log.read(1, 9))[0]
        assert (half.key, half.value) == (None, b'{"stu')
        with path.open("ab") as file:
            file.write(b'dy":"T"}\n')
        whole = (await log.read(1, 9))[0]
        assert (whole.offset, whole.key, whole.value) == (1, b"T", b'{"study":"T"}')
        assert await log.ends() == Ends(0, 2)
        await log.close()

    asyncio.run(play())
