"""Tests that every log reads alike: a file, the mock broker and Apache Kafka."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.log import LogIdentity, OffsetRange
from tests.contract.logs import (
    WritableFile,
    WritableLog,
    new_topic,
    numbered_records,
    open_log,
    read_all,
)


@pytest.fixture(params=["file", "embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def writable(request: pytest.FixtureRequest, tmp_path: Path) -> WritableLog:
    """An empty log of each kind."""
    if request.param == "file":
        (tmp_path / "log.jsonl").touch()
        return WritableFile(tmp_path / "log.jsonl")
    broker = request.getfixturevalue(request.param)
    return new_topic(broker.bootstrap, auto_created=request.param == "embedded")


async def test_an_empty_log_begins_and_ends_at_zero(writable: WritableLog):
    """An empty log is no error: a worker waits at offset 0."""
    async with open_log(writable) as log:
        assert await log.offset_range() == OffsetRange(0, 0)
        assert list(await log.read(0, 10)) == []


async def test_records_come_back_in_order_under_their_offsets(writable: WritableLog):
    """Keys and values are read as they were written."""
    async with open_log(writable) as log:
        await writable.write(numbered_records(0, 10))

        first = (await log.read(0, 1))[0]
        assert (first.offset, first.key, first.value) == (0, b"S", numbered_records(0, 1)[0])
        assert await read_all(log) == list(enumerate(numbered_records(0, 10)))
        assert await log.offset_range() == OffsetRange(0, 10)


async def test_a_log_is_read_from_any_offset_repeatedly(writable: WritableLog):
    """A reader goes back after a store is restored, and forward after a claim."""
    async with open_log(writable) as log:
        await writable.write(numbered_records(0, 9))

        for start in (7, 2, 2, 8, 0):
            assert await read_all(log, start) == list(enumerate(numbered_records(0, 9)))[start:]


async def test_a_read_at_or_after_the_end_is_empty_until_more_is_written(writable: WritableLog):
    """A reader at the end gets the next record without being opened again."""
    async with open_log(writable) as log:
        await writable.write(numbered_records(0, 3))
        assert list(await log.read(3, 5)) == list(await log.read(100, 5)) == []

        await writable.write(numbered_records(3, 5))

        assert await read_all(log, 3) == [
            (3, numbered_records(3, 4)[0]),
            (4, numbered_records(4, 5)[0]),
        ]
        assert await log.offset_range() == OffsetRange(0, 5)


async def test_a_reopened_log_has_the_same_identity_and_records(writable: WritableLog):
    """After a restart the identity must equal the one in the cursor."""
    await writable.write(numbered_records(0, 4))
    results: list[tuple[LogIdentity, list[tuple[int, bytes | None]]]] = []
    for _ in range(2):
        async with open_log(writable) as log:
            results.append((await log.identity(), await read_all(log)))

    (identity, records), second_result = results
    assert (identity, records) == second_result
    assert identity.cluster and len(records) == 4
