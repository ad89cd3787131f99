"""What a store promises, asked of each: in memory, in fakeredis, in a real server."""

from __future__ import annotations

import pytest

from streams.store import PAIRS_MAX, ApplyResult, Fields, StagedRow
from tests.contract.stores import (
    StoreFactory,
    apply_all,
    make_request,
    row_fields,
    store_state,
)


async def test_an_empty_store_is_fit_and_empty(store_factory: StoreFactory):
    """No cursor, no row, nothing to tell: a partition that nobody has folded."""
    async with store_factory() as store:
        await store.check()
        assert await store_state(store) == ({}, {}, {})
        assert await store.positions(["A", "B"]) == {"A": b"", "B": b""}
        assert await store.studies() == []


async def test_an_apply_writes_all_that_it_says(store_factory: StoreFactory):
    """Cursor, rows and outbox come to hold the fields, and keep those it does not name."""
    async with store_factory() as store:
        first = make_request(
            0, 5, rows=row_fields(4, n="é\x00\n".encode()), outbox={"a|x|000001": b"{}"}
        )
        await apply_all(
            store,
            first,
            make_request(5, 6, pos="4", rows=row_fields(5, m=b"2"), cursor={"pos|A": b"5"}),
        )

        cursor, fields, outbox = await store_state(store)
        assert cursor == {"next": b"6", "code": b"1", "pos|A": b"5"}
        assert fields == {"pos": b"5", "n": "é\x00\n".encode(), "m": b"2"}
        assert outbox == {"a|x|000001": b"{}"}
        assert (await store.studies(), await store.positions(["A"])) == (["A"], {"A": b"5"})


@pytest.mark.parametrize(
    ("wrong", "answer"),
    [
        ({"first": 4, "pos": "4"}, ApplyResult.STALE),
        ({"first": 6, "pos": "4"}, ApplyResult.STALE),
        ({"first": 0, "pos": "4"}, ApplyResult.STALE),
        ({"first": 5, "pos": "3"}, ApplyResult.STALE),
        ({"first": 5, "pos": ""}, ApplyResult.STALE),
        ({"first": 5, "positions": {"A": b"4", "B": b"1"}}, ApplyResult.STALE),
        ({"first": 5, "pos": "4", "code": "2"}, ApplyResult.OTHER_CODE),
        ({"first": 5, "pos": "4", "staged": {"A": StagedRow(b"7", 1)}}, ApplyResult.STALE),
    ],
)
async def test_an_apply_that_expects_otherwise_changes_nothing(
    store_factory: StoreFactory, wrong, answer
):
    """Another cursor, another row, a row where none should be, other code: all or nothing."""
    async with store_factory() as store:
        await apply_all(store, make_request(0, 5, rows=row_fields(4, n=b"1")))
        before = await store_state(store)
        late = make_request(next=9, rows=row_fields(8, n=b"2"), outbox={"d|1": b"{}"}, **wrong)

        assert await store.apply(late) is answer
        assert await store_state(store) == before


async def test_an_apply_of_no_record_may_say_why_the_partition_stands_still(
    store_factory: StoreFactory,
):
    """The cursor stays where it is."""
    async with store_factory() as store:
        await apply_all(
            store, make_request(0, 0, positions={}, cursor={"stopped": b"ten unreadable"})
        )
        assert await store.cursor() == {"next": b"0", "code": b"1", "stopped": b"ten unreadable"}


async def test_the_fullest_apply_is_taken(store_factory: StoreFactory):
    """As many pairs as may be in one row, and more than Lua unpacks at once in the outbox."""
    async with store_factory() as store:
        fields = {f"t|{number}": b"1" for number in range(PAIRS_MAX - 1)}
        told = {f"d|{number}": b"{}" for number in range(2 * PAIRS_MAX + 1)}
        await apply_all(store, make_request(0, 1, rows={"A": {"pos": b"0"} | fields}, outbox=told))

        assert (len(await store.row("A")), await store.outbox()) == (PAIRS_MAX, told)


async def test_a_row_prepared_aside_is_swapped_in(store_factory: StoreFactory):
    """What the old row held and the new one does not is gone."""
    async with store_factory() as store:
        await apply_all(store, make_request(0, 5, rows=row_fields(4, old=b"1")))
        await store.stage_row("A", b"8", {"pos": b"8", "new": b"1"}, begin=True)
        await store.stage_row("A", b"8", {"more": b"2"}, begin=False)
        assert (await store.row("A"))["pos"] == b"4"

        await apply_all(store, make_request(5, 9, pos="4", staged={"A": StagedRow(b"8", 3)}))
        assert await store.row("A") == {"pos": b"8", "new": b"1", "more": b"2"}


async def test_no_row_is_made_of_two(store_factory: StoreFactory):
    """Two workers prepare one row at once: the part of the first is refused, its swap is too."""
    async with store_factory() as store:
        await apply_all(store, make_request(0, 5, rows=row_fields(4)))
        await store.stage_row("A", b"8", {"pos": b"8", "n": b"1"}, begin=True)
        await store.stage_row("A", b"9", {"pos": b"9", "n": b"2"}, begin=True)

        late = await store.stage_row("A", b"8", {"m": b"1"}, begin=False)
        assert late is ApplyResult.STALE
        swap = make_request(5, 9, pos="4", staged={"A": StagedRow(b"8", 3)})
        assert await store.apply(swap) is ApplyResult.STALE
        partial = make_request(5, 10, pos="4", staged={"A": StagedRow(b"9", 3)})
        assert await store.apply(partial) is ApplyResult.STALE


async def test_what_is_told_leaves_the_outbox(store_factory: StoreFactory):
    """And only that; to say it twice is to say it once."""
    async with store_factory() as store:
        await apply_all(
            store, make_request(0, 1, positions={}, outbox={"d|1": b"{}", "d|2": b"{}"})
        )
        for _ in range(2):
            await store.remove_published(["d|1"])
        await store.remove_published([])
        assert await store.outbox() == {"d|2": b"{}"}


async def test_a_release_needs_no_cursor(store_factory: StoreFactory):
    """It is not in the way of the first apply, and an apply does not undo it."""
    async with store_factory() as store:
        await store.release(12)
        await apply_all(store, make_request(0, 1, positions={}))
        assert (await store.cursor())["released"] == b"12"


async def test_one_study_is_rewound(store_factory: StoreFactory):
    """The cursor begins anew, the other rows stay, and what belongs to no row is counted again."""
    async with store_factory() as store:
        rows: dict[str, Fields] = {"A": {"pos": b"3"}, "B": {"pos": b"4"}}
        cursor = {"pos|A": b"3", "pos|B": b"4", "counts": b"{}", "log": b"{}"}
        await apply_all(
            store, make_request(0, 5, positions={"A": b"", "B": b""}, rows=rows, cursor=cursor)
        )
        await store.rewind("A")

        said = {name: value for name, value in (await store.cursor()).items() if value}
        assert said == {"next": b"0", "code": b"1", "pos|B": b"4", "log": b"{}"}
        assert (await store.row("A"), await store.row("B")) == ({}, {"pos": b"4"})


async def test_the_whole_partition_is_rewound(store_factory: StoreFactory):
    """Nothing is left but what an operator has released, and what is yet to be told."""
    async with store_factory() as store:
        await apply_all(store, make_request(0, 5, rows=row_fields(4), outbox={"d|1": b"{}"}))
        await store.stage_row("B", b"8", {"pos": b"8"}, begin=True)
        await store.release(3)
        await store.rewind(None)

        assert await store_state(store) == ({"released": b"3"}, {}, {"d|1": b"{}"})
        again = await store.stage_row("B", b"8", {"n": b"1"}, begin=False)
        assert again is ApplyResult.STALE


async def test_a_row_can_be_asked_for_some_of_its_fields(store_factory: StoreFactory):
    """One by its name, or all whose names begin so; what is emptied is not there."""
    async with store_factory() as store:
        fields = {"l|a": b"1", "l|b": b"", "r|[x]*/1": b"2", "r|x": b"3"}
        await apply_all(store, make_request(0, 5, rows={"A": {"pos": b"4", **fields}}))

        assert await store.find_fields("A", "l|") == {"l|a": b"1"}
        assert await store.find_fields("A", "r|[x]*") == {"r|[x]*/1": b"2"}
        assert [await store.field("A", name) for name in ("l|a", "l|b", "l|c")] == [b"1", b"", b""]
        assert (await store.find_fields("B", "l|"), await store.field("B", "pos")) == ({}, b"")
