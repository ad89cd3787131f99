"""What a store promises, asked of each: in memory, in fakeredis, in a real server."""

from __future__ import annotations

import pytest

from streams.store import PAIRS_MAX, Applied, Aside, Fields
from tests.contract.stores import (
    Made,
    apply,
    everything,
    row,
    write,
)


async def test_an_empty_store_is_fit_and_empty(made: Made):
    """No cursor, no row, nothing to tell: a partition that nobody has folded."""
    async with made() as store:
        await store.check()
        assert await everything(store) == ({}, {}, {})
        assert await store.positions(["A", "B"]) == {"A": b"", "B": b""}
        assert await store.studies() == []


async def test_an_apply_writes_all_that_it_says(made: Made):
    """Cursor, rows and outbox come to hold the fields, and keep those it does not name."""
    async with made() as store:
        first = write(0, 5, rows=row(4, n="é\x00\n".encode()), outbox={"a|x|000001": b"{}"})
        await apply(store, first, write(5, 6, pos="4", rows=row(5, m=b"2"), cursor={"pos|A": b"5"}))

        cursor, fields, outbox = await everything(store)
        assert cursor == {"next": b"6", "code": b"1", "pos|A": b"5"}
        assert fields == {"pos": b"5", "n": "é\x00\n".encode(), "m": b"2"}
        assert outbox == {"a|x|000001": b"{}"}
        assert (await store.studies(), await store.positions(["A"])) == (["A"], {"A": b"5"})


@pytest.mark.parametrize(
    ("wrong", "answer"),
    [
        ({"first": 4, "pos": "4"}, Applied.STALE),
        ({"first": 6, "pos": "4"}, Applied.STALE),
        ({"first": 0, "pos": "4"}, Applied.STALE),
        ({"first": 5, "pos": "3"}, Applied.STALE),
        ({"first": 5, "pos": ""}, Applied.STALE),
        ({"first": 5, "positions": {"A": b"4", "B": b"1"}}, Applied.STALE),
        ({"first": 5, "pos": "4", "code": "2"}, Applied.OTHER_CODE),
        ({"first": 5, "pos": "4", "swapped": {"A": Aside(b"7", 1)}}, Applied.STALE),
    ],
)
async def test_an_apply_that_expects_otherwise_changes_nothing(made: Made, wrong, answer):
    """Another cursor, another row, a row where none should be, other code: all or nothing."""
    async with made() as store:
        await apply(store, write(0, 5, rows=row(4, n=b"1")))
        before = await everything(store)
        late = write(next=9, rows=row(8, n=b"2"), outbox={"d|1": b"{}"}, **wrong)

        assert await store.apply(late) is answer
        assert await everything(store) == before


async def test_an_apply_of_no_record_may_say_why_the_partition_stands_still(made: Made):
    """The cursor stays where it is."""
    async with made() as store:
        await apply(store, write(0, 0, positions={}, cursor={"stopped": b"ten unreadable"}))
        assert await store.cursor() == {"next": b"0", "code": b"1", "stopped": b"ten unreadable"}


async def test_the_fullest_apply_is_taken(made: Made):
    """As many pairs as may be in one row, and more than Lua unpacks at once in the outbox."""
    async with made() as store:
        fields = {f"t|{number}": b"1" for number in range(PAIRS_MAX - 1)}
        told = {f"d|{number}": b"{}" for number in range(2 * PAIRS_MAX + 1)}
        await apply(store, write(0, 1, rows={"A": {"pos": b"0"} | fields}, outbox=told))

        assert (len(await store.row("A")), await store.outbox()) == (PAIRS_MAX, told)


async def test_a_row_prepared_aside_is_swapped_in(made: Made):
    """What the old row held and the new one does not is gone."""
    async with made() as store:
        await apply(store, write(0, 5, rows=row(4, old=b"1")))
        await store.prepare("A", b"8", {"pos": b"8", "new": b"1"}, begin=True)
        await store.prepare("A", b"8", {"more": b"2"}, begin=False)
        assert (await store.row("A"))["pos"] == b"4"

        await apply(store, write(5, 9, pos="4", swapped={"A": Aside(b"8", 3)}))
        assert await store.row("A") == {"pos": b"8", "new": b"1", "more": b"2"}


async def test_no_row_is_made_of_two(made: Made):
    """Two workers prepare one row at once: the part of the first is refused, its swap is too."""
    async with made() as store:
        await apply(store, write(0, 5, rows=row(4)))
        await store.prepare("A", b"8", {"pos": b"8", "n": b"1"}, begin=True)
        await store.prepare("A", b"9", {"pos": b"9", "n": b"2"}, begin=True)

        late = await store.prepare("A", b"8", {"m": b"1"}, begin=False)
        assert late is Applied.STALE
        swap = write(5, 9, pos="4", swapped={"A": Aside(b"8", 3)})
        assert await store.apply(swap) is Applied.STALE
        partial = write(5, 10, pos="4", swapped={"A": Aside(b"9", 3)})
        assert await store.apply(partial) is Applied.STALE


async def test_what_is_told_leaves_the_outbox(made: Made):
    """And only that; to say it twice is to say it once."""
    async with made() as store:
        await apply(store, write(0, 1, positions={}, outbox={"d|1": b"{}", "d|2": b"{}"}))
        for _ in range(2):
            await store.told(["d|1"])
        await store.told([])
        assert await store.outbox() == {"d|2": b"{}"}


async def test_a_release_needs_no_cursor(made: Made):
    """It is not in the way of the first apply, and an apply does not undo it."""
    async with made() as store:
        await store.release(12)
        await apply(store, write(0, 1, positions={}))
        assert (await store.cursor())["released"] == b"12"


async def test_one_study_is_rewound(made: Made):
    """The cursor begins anew, the other rows stay, and what belongs to no row is counted again."""
    async with made() as store:
        rows: dict[str, Fields] = {"A": {"pos": b"3"}, "B": {"pos": b"4"}}
        cursor = {"pos|A": b"3", "pos|B": b"4", "counts": b"{}", "log": b"{}"}
        await apply(store, write(0, 5, positions={"A": b"", "B": b""}, rows=rows, cursor=cursor))
        await store.rewind("A")

        said = {name: value for name, value in (await store.cursor()).items() if value}
        assert said == {"next": b"0", "code": b"1", "pos|B": b"4", "log": b"{}"}
        assert (await store.row("A"), await store.row("B")) == ({}, {"pos": b"4"})


async def test_the_whole_partition_is_rewound(made: Made):
    """Nothing is left but what an operator has released, and what is yet to be told."""
    async with made() as store:
        await apply(store, write(0, 5, rows=row(4), outbox={"d|1": b"{}"}))
        await store.prepare("B", b"8", {"pos": b"8"}, begin=True)
        await store.release(3)
        await store.rewind(None)

        assert await everything(store) == ({"released": b"3"}, {}, {"d|1": b"{}"})
        again = await store.prepare("B", b"8", {"n": b"1"}, begin=False)
        assert again is Applied.STALE


async def test_a_row_can_be_asked_for_some_of_its_fields(made: Made):
    """One by its name, or all whose names begin so; what is emptied is not there."""
    async with made() as store:
        fields = {"l|a": b"1", "l|b": b"", "r|[x]*/1": b"2", "r|x": b"3"}
        await apply(store, write(0, 5, rows={"A": {"pos": b"4", **fields}}))

        assert await store.find("A", "l|") == {"l|a": b"1"}
        assert await store.find("A", "r|[x]*") == {"r|[x]*/1": b"2"}
        assert [await store.field("A", name) for name in ("l|a", "l|b", "l|c")] == [b"1", b"", b""]
        assert (await store.find("B", "l|"), await store.field("B", "pos")) == ({}, b"")
