"""Tests that producing a file to Kafka is idempotent, also after an interruption."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from streams.kafka.partitioner import partition_of
from streams.log.kafka import KafkaLog
from streams.records.encode import cloudevents_headers
from tests.contract.logs import WritableTopic, new_topic
from tests.contract.produced import (
    PARTITIONS,
    expected_values,
    produce,
    record_bytes,
    topic_values,
    write_log,
)


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def writable(request: pytest.FixtureRequest) -> WritableTopic:
    """A new topic of four partitions on each broker."""
    broker = request.getfixturevalue(request.param)
    return new_topic(broker.bootstrap, auto_created=request.param == "embedded")


async def test_each_record_goes_to_its_studys_partition_in_the_order_of_the_file(
    writable: WritableTopic, tmp_path: Path
):
    """A study's records are in one partition, so a follow-up comes after its first report."""
    lines = [record_bytes(number) for number in range(100)]

    assert await produce(writable, write_log(tmp_path, *lines)) == 100
    assert await topic_values(writable.bootstrap, writable.topic) == expected_values(lines)


async def test_a_file_that_is_produced_twice_adds_nothing(writable: WritableTopic, tmp_path: Path):
    """The same holds where the file has a line several times."""
    lines = [record_bytes(n) for n in (0, 1, 1, 1, 2, 0, 7, 7, 0, 3)]
    path = write_log(tmp_path, *lines)

    assert [await produce(writable, path) for _ in range(3)] == [len(lines), 0, 0]
    assert await topic_values(writable.bootstrap, writable.topic) == expected_values(lines)


@pytest.mark.parametrize("record_limit", [1, 37, 99])
async def test_an_interrupted_run_is_continued_where_it_ended(
    writable: WritableTopic, tmp_path: Path, record_limit: int
):
    """The second run sends only the remaining records."""
    lines = [record_bytes(number) for number in range(100)]
    path = write_log(tmp_path, *lines)

    assert await produce(writable, path, record_limit) == record_limit
    assert await produce(writable, path) == 100 - record_limit
    assert await topic_values(writable.bootstrap, writable.topic) == expected_values(lines)


async def test_a_file_that_has_grown_adds_its_new_records(writable: WritableTopic, tmp_path: Path):
    """A source may append to its file and produce it every night."""
    lines = [record_bytes(number) for number in range(30)]
    await produce(writable, write_log(tmp_path, *lines[:20]))

    assert await produce(writable, write_log(tmp_path, *lines)) == 10
    assert await topic_values(writable.bootstrap, writable.topic) == expected_values(lines)


async def test_records_of_other_producers_in_between_are_skipped(
    writable: WritableTopic, tmp_path: Path
):
    """The file's records are found between the ticks and reviews of other producers."""
    lines = [record_bytes(number, "S") for number in range(9)]
    await produce(writable, write_log(tmp_path, *lines[:4]))
    other = write_log(tmp_path, *[record_bytes(number, "S") for number in (100, 101)])
    assert await produce(writable, other) == 2

    assert await produce(writable, write_log(tmp_path, *lines)) == 5
    assert await produce(writable, write_log(tmp_path, *lines)) == 0


async def test_key_and_headers_describe_the_record(writable: WritableTopic, tmp_path: Path):
    """The key is the study, and the headers are CloudEvents 1.0 in binary mode."""
    await produce(writable, write_log(tmp_path, record_bytes(3, "PRODERM")))

    log = KafkaLog(writable.bootstrap, writable.topic, partition_of("PRODERM", PARTITIONS))
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
def test_an_invalid_record_gets_no_cloudevents_headers(value: bytes):
    """Incomplete CloudEvents headers would be worse than none."""
    assert cloudevents_headers(value) == (("content-type", b"application/json"),)
