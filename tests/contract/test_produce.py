"""A file goes into Kafka once, however often it is produced and wherever it was interrupted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from streams.kafka.partitioner import partition_of
from streams.log.kafka import KafkaLog
from streams.records.encode import headers_of
from tests.contract.logs import TopicShelf, shelf_on
from tests.contract.produced import PARTITIONS, belonging, held, line, log_of, produce


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def shelf(request: pytest.FixtureRequest) -> TopicShelf:
    """A new topic of four partitions on each broker."""
    broker = request.getfixturevalue(request.param)
    return shelf_on(broker.bootstrap, made=request.param == "embedded")


async def test_each_record_goes_to_its_studys_partition_in_the_order_of_the_file(
    shelf: TopicShelf, tmp_path: Path
):
    """A study's records lie in one partition, in order: nothing else keeps a follow-up second."""
    lines = [line(number) for number in range(100)]

    assert await produce(shelf, log_of(tmp_path, *lines)) == 100
    assert await held(shelf.bootstrap, shelf.topic) == belonging(lines)


async def test_a_file_that_is_produced_twice_adds_nothing(shelf: TopicShelf, tmp_path: Path):
    """Not even where one line stands in it twice or more."""
    lines = [line(n) for n in (0, 1, 1, 1, 2, 0, 7, 7, 0, 3)]
    path = log_of(tmp_path, *lines)

    assert [await produce(shelf, path) for _ in range(3)] == [len(lines), 0, 0]
    assert await held(shelf.bootstrap, shelf.topic) == belonging(lines)


@pytest.mark.parametrize("most", [1, 37, 99])
async def test_a_run_that_was_interrupted_is_taken_up_where_it_ended(
    shelf: TopicShelf, tmp_path: Path, most: int
):
    """The second run sends the rest, and only the rest."""
    lines = [line(number) for number in range(100)]
    path = log_of(tmp_path, *lines)

    assert await produce(shelf, path, most) == most
    assert await produce(shelf, path) == 100 - most
    assert await held(shelf.bootstrap, shelf.topic) == belonging(lines)


async def test_a_file_that_has_grown_adds_what_is_new(shelf: TopicShelf, tmp_path: Path):
    """A source that appends to its file may produce it every night."""
    lines = [line(number) for number in range(30)]
    await produce(shelf, log_of(tmp_path, *lines[:20]))

    assert await produce(shelf, log_of(tmp_path, *lines)) == 10
    assert await held(shelf.bootstrap, shelf.topic) == belonging(lines)


async def test_what_others_wrote_in_between_is_passed_over(shelf: TopicShelf, tmp_path: Path):
    """Ticks and reviews come from elsewhere; the file is found among them all the same."""
    lines = [line(number, "S") for number in range(9)]
    await produce(shelf, log_of(tmp_path, *lines[:4]))
    other = log_of(tmp_path, *[line(number, "S") for number in (100, 101)])
    assert await produce(shelf, other) == 2

    assert await produce(shelf, log_of(tmp_path, *lines)) == 5
    assert await produce(shelf, log_of(tmp_path, *lines)) == 0


async def test_key_and_headers_say_what_a_record_is(shelf: TopicShelf, tmp_path: Path):
    """The key is the study; a tool that knows CloudEvents knows the rest without the value."""
    await produce(shelf, log_of(tmp_path, line(3, "PRODERM")))

    log = KafkaLog(shelf.bootstrap, shelf.topic, partition_of("PRODERM", PARTITIONS))
    record: Any = (await log.read(0, 10))[0]
    await log.close()

    assert record.key == b"PRODERM"
    assert dict(record.headers) == {
        "content-type": b"application/json",
        "ce_specversion": b"1.0",
        "ce_id": b"r3/1",
        "ce_source": b"/PRODERM/edc",
        "ce_type": b"trial.log.tick",
        "ce_time": b"2020-01-01T00:00:00Z",
    }


@pytest.mark.parametrize("value", [b"", b"null", b"[]", b'{"study":"S"}', b'{"source":1}', b"\xff"])
def test_what_is_no_event_gets_no_headers_of_one(value: bytes):
    """A half-filled envelope would be worse than none."""
    assert headers_of(value) == (("content-type", b"application/json"),)
