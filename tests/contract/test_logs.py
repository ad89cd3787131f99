"""One suite for every log: a reader cannot tell a file from the mock broker from Apache Kafka."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.log import Ends, Identity
from tests.contract.logs import FileShelf, Shelf, all_of, opened, shelf_on, values


@pytest.fixture(params=["file", "embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Shelf:
    """An empty log of each kind."""
    if request.param == "file":
        (tmp_path / "log.jsonl").touch()
        return FileShelf(tmp_path / "log.jsonl")
    broker = request.getfixturevalue(request.param)
    return shelf_on(broker.bootstrap, made=request.param == "embedded")


async def test_an_empty_log_begins_and_ends_at_zero(shelf: Shelf):
    """A worker that finds nothing waits at offset 0; it is not an error."""
    async with opened(shelf) as log:
        assert await log.ends() == Ends(0, 0)
        assert list(await log.read(0, 10)) == []


async def test_records_come_back_in_order_under_their_offsets(shelf: Shelf):
    """Key and bytes are those that were written."""
    async with opened(shelf) as log:
        await shelf.write(values(0, 10))

        first = (await log.read(0, 1))[0]
        assert (first.offset, first.key, first.value) == (0, b"S", values(0, 1)[0])
        assert await all_of(log) == list(enumerate(values(0, 10)))
        assert await log.ends() == Ends(0, 10)


async def test_a_log_is_read_from_any_offset_again_and_again(shelf: Shelf):
    """A rolled back store sends its reader back; a claim goes forward."""
    async with opened(shelf) as log:
        await shelf.write(values(0, 9))

        for start in (7, 2, 2, 8, 0):
            assert await all_of(log, start) == list(enumerate(values(0, 9)))[start:]


async def test_at_the_end_and_past_it_there_is_nothing_until_more_is_written(shelf: Shelf):
    """A reader at the end hears of the next record without being opened again."""
    async with opened(shelf) as log:
        await shelf.write(values(0, 3))
        assert list(await log.read(3, 5)) == list(await log.read(100, 5)) == []

        await shelf.write(values(3, 5))

        assert await all_of(log, 3) == [(3, values(3, 4)[0]), (4, values(4, 5)[0])]
        assert await log.ends() == Ends(0, 5)


async def test_a_log_that_is_opened_again_is_the_same_log(shelf: Shelf):
    """A restart must find the identity that the cursor holds, and the records."""
    await shelf.write(values(0, 4))
    found: list[tuple[Identity, list[tuple[int, bytes | None]]]] = []
    for _ in range(2):
        async with opened(shelf) as log:
            found.append((await log.identity(), await all_of(log)))

    (identity, records), again = found
    assert (identity, records) == again
    assert identity.cluster and len(records) == 4
