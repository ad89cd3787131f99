"""The contract of a store, tested for each kind: in memory, in fakeredis, in a real server."""

from __future__ import annotations

import pytest

from streams.store import PAIRS_MAX, ApplyResult, Fields, RowHead, StagedRow
from tests.contract.stores import (
    StoreFactory,
    apply_all,
    make_request,
    row_fields,
    store_state,
)


async def test_an_empty_store_passes_its_check_and_has_no_fields(store_factory: StoreFactory):
    """A partition that is not folded yet has no cursor, no row and no outbox."""
    async with store_factory() as store:
        await store.check()
        assert await store_state(store) == ({}, {}, {})
        assert await store.studies() == []
        assert await store.heads(["A", "B"]) == dict.fromkeys("AB", RowHead(b"", b""))
        assert await store.heads([]) == {}


async def test_an_apply_writes_cursor_rows_and_outbox(store_factory: StoreFactory):
    """An apply writes the fields that it names, and keeps the others."""
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
        assert await store.studies() == ["A"]
        assert await store.heads(["A"]) == {"A": RowHead(b"5", b"")}


@pytest.mark.parametrize(
    ("changes", "expected"),
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
async def test_an_apply_with_a_wrong_expectation_changes_nothing(
    store_factory: StoreFactory, changes, expected
):
    """An apply whose cursor, row positions or fold version differ is refused as a whole."""
    async with store_factory() as store:
        await apply_all(store, make_request(0, 5, rows=row_fields(4, n=b"1")))
        before = await store_state(store)
        request = make_request(next=9, rows=row_fields(8, n=b"2"), outbox={"d|1": b"{}"}, **changes)

        assert await store.apply(request) is expected
        assert await store_state(store) == before


async def test_an_apply_without_records_may_store_the_stop_reason(
    store_factory: StoreFactory,
):
    """The apply writes the reason and does not move the cursor."""
    async with store_factory() as store:
        await apply_all(
            store, make_request(0, 0, positions={}, cursor={"stopped": b"ten unreadable"})
        )
        assert await store.cursor() == {"next": b"0", "code": b"1", "stopped": b"ten unreadable"}


async def test_the_largest_apply_is_accepted(store_factory: StoreFactory):
    """The row has the most pairs that are allowed, the outbox more than Lua unpacks at once."""
    async with store_factory() as store:
        fields = {f"t|{number}": b"1" for number in range(PAIRS_MAX - 1)}
        outbox = {f"d|{number}": b"{}" for number in range(2 * PAIRS_MAX + 1)}
        await apply_all(
            store, make_request(0, 1, rows={"A": {"pos": b"0"} | fields}, outbox=outbox)
        )

        assert (len(await store.row("A")), await store.outbox()) == (PAIRS_MAX, outbox)


async def test_a_staged_row_replaces_the_row(store_factory: StoreFactory):
    """The swap removes the fields of the old row that the new one does not have."""
    async with store_factory() as store:
        await apply_all(store, make_request(0, 5, rows=row_fields(4, old=b"1")))
        await store.stage_row("A", b"8", {"pos": b"8", "new": b"1"}, begin=True)
        await store.stage_row("A", b"8", {"more": b"2"}, begin=False)
        assert (await store.row("A"))["pos"] == b"4"

        await apply_all(store, make_request(5, 9, pos="4", staged={"A": StagedRow(b"8", 3)}))
        assert await store.row("A") == {"pos": b"8", "new": b"1", "more": b"2"}


async def test_a_row_is_never_staged_by_two_workers(store_factory: StoreFactory):
    """Of two workers that stage a row at once, further parts and the swap of the first fail.

    A swap with an incomplete row is refused as well.
    """
    async with store_factory() as store:
        await apply_all(store, make_request(0, 5, rows=row_fields(4)))
        await store.stage_row("A", b"8", {"pos": b"8", "n": b"1"}, begin=True)
        await store.stage_row("A", b"9", {"pos": b"9", "n": b"2"}, begin=True)

        result = await store.stage_row("A", b"8", {"m": b"1"}, begin=False)
        assert result is ApplyResult.STALE
        swap = make_request(5, 9, pos="4", staged={"A": StagedRow(b"8", 3)})
        assert await store.apply(swap) is ApplyResult.STALE
        partial = make_request(5, 10, pos="4", staged={"A": StagedRow(b"9", 3)})
        assert await store.apply(partial) is ApplyResult.STALE


async def test_published_entries_are_removed_from_the_outbox(store_factory: StoreFactory):
    """Only the named entries are removed, and a second removal changes nothing."""
    async with store_factory() as store:
        await apply_all(
            store, make_request(0, 1, positions={}, outbox={"d|1": b"{}", "d|2": b"{}"})
        )
        for _ in range(2):
            await store.remove_published(["d|1"])
        await store.remove_published([])
        assert await store.outbox() == {"d|2": b"{}"}


async def test_a_release_needs_no_cursor(store_factory: StoreFactory):
    """A release before the first apply does not prevent it, and an apply keeps the release."""
    async with store_factory() as store:
        await store.release(12)
        await apply_all(store, make_request(0, 1, positions={}))
        assert (await store.cursor())["released"] == b"12"


async def test_one_study_is_rewound(store_factory: StoreFactory):
    """The cursor returns to 0 without its counts, and the other rows stay."""
    async with store_factory() as store:
        rows: dict[str, Fields] = {"A": {"pos": b"3"}, "B": {"pos": b"4"}}
        cursor = {"pos|A": b"3", "pos|B": b"4", "counts": b"{}", "log": b"{}"}
        await apply_all(
            store, make_request(0, 5, positions={"A": b"", "B": b""}, rows=rows, cursor=cursor)
        )
        await store.rewind("A")

        rewound = {name: value for name, value in (await store.cursor()).items() if value}
        assert rewound == {"next": b"0", "code": b"1", "pos|B": b"4", "log": b"{}"}
        assert (await store.row("A"), await store.row("B")) == ({}, {"pos": b"4"})


async def test_the_whole_partition_is_rewound(store_factory: StoreFactory):
    """Only an operator's release and the unpublished outbox remain."""
    async with store_factory() as store:
        await apply_all(store, make_request(0, 5, rows=row_fields(4), outbox={"d|1": b"{}"}))
        await store.stage_row("B", b"8", {"pos": b"8"}, begin=True)
        await store.release(3)
        await store.rewind(None)

        assert await store_state(store) == ({"released": b"3"}, {}, {"d|1": b"{}"})
        result = await store.stage_row("B", b"8", {"n": b"1"}, begin=False)
        assert result is ApplyResult.STALE


async def test_single_fields_of_a_row_can_be_read(store_factory: StoreFactory):
    """Fields are read by name or by prefix; a prefix search leaves out empty ones."""
    async with store_factory() as store:
        fields = {"l|a": b"1", "l|b": b"", "r|[x]*/1": b"2", "r|x": b"3"}
        await apply_all(store, make_request(0, 5, rows={"A": {"pos": b"4", **fields}}))

        assert await store.find_fields("A", "l|") == {"l|a": b"1"}
        assert await store.find_fields("A", "r|[x]*") == {"r|[x]*/1": b"2"}
        assert [await store.field("A", name) for name in ("l|a", "l|b", "l|c")] == [b"1", b"", b""]
        assert (await store.find_fields("B", "l|"), await store.field("B", "pos")) == ({}, b"")
