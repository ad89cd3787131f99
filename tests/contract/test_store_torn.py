"""Torn writes on every kind of store: outbox first, each row whole, the cursor last."""

from __future__ import annotations

from contextlib import suppress

import pytest

from streams.store import ApplyRequest, ApplyResult, Fields, StagedRow, Store
from tests.contract.stores import StoreFactory, apply_all, make_request, row_fields
from tests.contract.torn_stores import (
    TORN,
    TornStoreFactory,
    apply_torn,
    tear_after,
    torn_store,
)
from tests.streams.processor.processors import (
    PRODERM,
    STUDY,
    PartitionProcessor,
    expected_contents,
    log_of,
    records_between,
)

__all__ = ["torn_store"]

OLD_A: Fields = {"pos": b"4", "old": b"1"}
OLD_B: Fields = {"pos": b"3", "n": b"0"}
NEW_A: Fields = {"pos": b"8", "n": b"1", "m": b"2"}
NEW_B: Fields = {"pos": b"7", "n": b"1", "k": b"2"}
STAGED: Fields = {"pos": b"6", "s": b"1"}

WRITES = ["outbox", "swap of A", "row A", "row B", "cursor"]
"""The writes of the request below, in their order."""


async def prepared(store: Store) -> ApplyRequest:
    """Store two rows and one staged row; return a request that changes them all."""
    positions = {"A": b"", "B": b""}
    await apply_all(store, make_request(0, 5, positions=positions, rows={"A": OLD_A, "B": OLD_B}))
    assert await store.stage_row("A", b"6", STAGED, begin=True) is ApplyResult.DONE
    return make_request(
        5, 9, positions={"A": b"4", "B": b"3"}, rows={"A": NEW_A, "B": NEW_B},
        outbox={"a|1": b"{}", "d|2": b"{}"}, staged={"A": StagedRow(b"6", len(STAGED))},
    )  # fmt: skip


async def contents(store: Store) -> tuple[Fields, Fields, Fields, bytes]:
    """The outbox, both rows, and the cursor's `next`."""
    next_offset = (await store.cursor())["next"]
    return await store.outbox(), await store.row("A"), await store.row("B"), next_offset


@pytest.mark.parametrize("writes", range(len(WRITES) + 1))
async def test_a_torn_apply_keeps_a_prefix_of_its_writes(torn_store: TornStoreFactory, writes: int):
    """No row is ever half of one and half of another, and the cursor never moves alone."""
    async with torn_store() as store:
        request = await prepared(store)
        is_torn = await apply_torn(store, request, writes)
        done = WRITES[:writes]

        assert is_torn is (len(done) < len(WRITES))
        row_a = STAGED | NEW_A if "row A" in done else STAGED if "swap of A" in done else OLD_A
        assert await contents(store) == (
            dict(request.outbox) if "outbox" in done else {},
            row_a,
            NEW_B if "row B" in done else OLD_B,
            b"9" if "cursor" in done else b"5",
        )


@pytest.mark.parametrize("writes", range(9))
async def test_a_partition_recovers_from_every_torn_apply(
    torn_store: TornStoreFactory, writes: int
):
    """The next owner folds again what the cursor does not say is done, whatever rows it finds."""
    log = log_of(PRODERM[:40])
    async with torn_store() as store:
        processor = PartitionProcessor(log, store, partition=0)
        await processor.claim()
        await processor.fold_batch(records_between(log, 0, 15))
        await tear_after(store, writes % 4)
        with suppress(*TORN):
            await processor.fold_batch(records_between(log, 15, 15 + 3 * (writes + 1)))
        await tear_after(store, None)
        successor = PartitionProcessor(log, store, partition=0)
        await successor.claim()
        await successor.fold_batch(records_between(log, successor.position))

        expected = await expected_contents(log)
        row = {name: value for name, value in (await store.row(STUDY)).items() if value}
        assert row == expected[f"s:{STUDY}"]
        assert await store.outbox() == expected.get("outbox", {})


async def test_the_beginning_of_a_staged_row_empties_it(store_factory: StoreFactory):
    """Fields that an earlier beginning left at the same `pos` are not part of the row."""
    async with store_factory() as store:
        await apply_all(store, make_request(0, 5, rows=row_fields(4)))
        await store.stage_row("A", b"8", {"pos": b"8", "left": b"1", "over": b"1"}, begin=True)
        await store.stage_row("A", b"8", {"pos": b"8", "n": b"2"}, begin=True)

        swap = make_request(5, 9, pos="4", staged={"A": StagedRow(b"8", 2)})
        assert await store.apply(swap) is ApplyResult.DONE
        assert await store.row("A") == {"pos": b"8", "n": b"2"}


@pytest.mark.parametrize(
    ("staged", "expected"),
    [
        (StagedRow(b"8", 2), ApplyResult.DONE),
        (StagedRow(b"7", 2), ApplyResult.STALE),
        (StagedRow(b"4", 2), ApplyResult.STALE),
        (StagedRow(b"", 2), ApplyResult.STALE),
        (StagedRow(b"8", 1), ApplyResult.STALE),
        (StagedRow(b"8", 3), ApplyResult.STALE),
    ],
)
async def test_the_staged_rows_own_position_and_size_are_checked(
    store_factory: StoreFactory, staged: StagedRow, expected: ApplyResult
):
    """The row's own `pos` is right in every case; the staged row decides."""
    async with store_factory() as store:
        await apply_all(store, make_request(0, 5, rows=row_fields(4)))
        await store.stage_row("A", b"8", {"pos": b"8", "n": b"2"}, begin=True)
        request = make_request(5, 9, pos="4", outbox={"d|1": b"{}"}, staged={"A": staged})

        assert await store.apply(request) is expected
        is_done = expected is ApplyResult.DONE
        assert (await store.row("A"))["pos"] == (b"8" if is_done else b"4")
        assert await store.outbox() == ({"d|1": b"{}"} if is_done else {})


async def test_a_part_of_a_staged_row_goes_only_to_its_own_position(store_factory: StoreFactory):
    """The first part names the `pos`; a later part for another is refused, and adds no field."""
    async with store_factory() as store:
        await apply_all(store, make_request(0, 5, rows=row_fields(4)))
        await store.stage_row("A", b"8", {"pos": b"8"}, begin=True)
        refused = await store.stage_row("A", b"4", {"n": b"1"}, begin=False)
        accepted = await store.stage_row("A", b"8", {"m": b"1"}, begin=False)

        assert (refused, accepted) == (ApplyResult.STALE, ApplyResult.DONE)
        swap = make_request(5, 9, pos="4", staged={"A": StagedRow(b"8", 2)})
        assert await store.apply(swap) is ApplyResult.DONE
        assert await store.row("A") == {"pos": b"8", "m": b"1"}
