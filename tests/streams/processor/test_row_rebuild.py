"""A row that is not what was written is rebuilt aside, and its partition goes on meanwhile."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress

import pytest

from streams.processor import Halt, Lane, Limits
from streams.store import StoreUnreachable
from streams.store.memory import CURSOR, MemoryStore
from tests.streams.list_log import KeptLog
from tests.streams.processor.damaged_rows import (
    OTHER,
    ROW,
    Harm,
    ahead,
    fallen_back,
    flipped,
    lost,
    not_ours,
    told_of_other,
    two_studies,
)
from tests.streams.processor.processors import (
    PRODERM,
    STUDY,
    Failing,
    Raising,
    caught_up,
    claimed,
    projection,
    records,
    settled,
)


async def rebuilt(lane: Lane) -> None:
    """Let the rebuilding come to its end."""
    while await lane.rebuild():
        pass


@pytest.mark.parametrize("harm", [flipped, fallen_back, lost, not_ours, ahead])
async def test_a_bad_row_is_rebuilt_while_the_other_study_goes_on(harm: Harm):
    """What its study was to tell in the meantime is told when the row is there again."""
    log, store = two_studies(), MemoryStore()
    await (await claimed(log, store)).take(records(log, 0, 100))
    harm(store)
    lane = await claimed(log, store, limits=Limits(rebuilt=30))
    taken = await lane.take(records(log, 100, 300))
    assert (taken.passed, lane.rebuilding, store.get(f"s:{OTHER}")["pos"]) == (100, True, b"299")
    await rebuilt(lane)
    assert not lane.rebuilding
    await lane.take(records(log, 300))

    assert settled(store) == await projection(log)


async def test_a_worker_that_ends_meanwhile_does_not_hide_the_bad_row():
    """The cursor says that records of the study are due, so the next worker rebuilds it too."""
    log, store = two_studies(), MemoryStore()
    await (await claimed(log, store)).take(records(log, 0, 100))
    flipped(store)
    await (await claimed(log, store)).take(records(log, 100))
    lane = await claimed(log, store)
    assert lane.rebuilding
    await lane.glance()

    assert settled(store) == await projection(log)


@pytest.mark.parametrize("commands", range(8))
async def test_a_rebuilding_that_is_cut_short_begins_again(commands: int):
    """A row that was prepared aside and not finished is not taken for whole."""
    log, store, limits = two_studies(), Failing(), Limits(pairs=100)
    await caught_up(log, store)
    flipped(store)
    fallen_back(store)
    store.left = commands
    with suppress(StoreUnreachable):
        await rebuilt(await claimed(log, store, limits=limits))
    store.left = None
    await rebuilt(await claimed(log, store, limits=limits))

    assert settled(store) == await projection(log)


async def test_an_audit_finds_a_row_that_moved_by_itself():
    """Hourly each row's `pos` is compared, also of studies that say nothing."""
    log, store = two_studies(), MemoryStore()
    lane = await caught_up(log, store)
    fallen_back(store)
    await lane.audit()
    assert lane.rebuilding
    await rebuilt(lane)

    assert settled(store) == await projection(log)


async def test_an_audit_survives_a_row_that_says_no_number():
    """One row that somebody wrote over must not stop the studies beside it."""
    log, store = two_studies(), MemoryStore()
    lane = await caught_up(log, store)
    store.set(ROW, {"pos": b"[1]"})
    await lane.audit()
    await rebuilt(lane)

    assert (lane.stopped, settled(store)) == (None, await projection(log))


async def test_what_came_before_the_plan_is_counted_though_the_row_is_bad():
    """A record before the plan of its study is in the cursor's counts, which no row can mend."""
    early = told_of_other(PRODERM[1])
    log = KeptLog(partitions=1)
    log.append(early, OTHER.encode())
    for each in records(two_studies()):
        log.append(each.value, each.key)
    store = MemoryStore()
    await caught_up(log, store)
    store.set(f"s:{OTHER}", {"digest": b"0"})
    await store.rewind(STUDY)
    lane = await caught_up(log, store)
    await rebuilt(lane)

    assert settled(store) == await projection(log)


async def test_a_row_of_a_study_unknown_to_the_cursor_is_replaced():
    """All its records are still to come: whatever lies there is written over, altogether."""
    log, store = two_studies(), MemoryStore()
    store.set(ROW, {"pos": b"7", "t|junk": b"[1]"})
    await caught_up(log, store)

    assert settled(store) == await projection(log)


async def test_a_study_rewound_is_folded_from_its_first_record():
    """The others skip theirs, and what belongs to no row is counted once."""
    log, store = two_studies(), MemoryStore()
    lane = await caught_up(log, store)
    flipped(store)
    await store.rewind(STUDY)
    assert await lane.glance()
    assert await lane.claim() == 0
    taken = await lane.take(records(log))

    assert (taken.skipped, settled(store)) == (200, await projection(log))


async def test_a_record_that_raises_while_its_row_is_rebuilt_stops_the_partition():
    """A study that cannot be folded must be seen to be unwatched."""
    log, store = two_studies(), MemoryStore()
    await caught_up(log, store)
    lost(store)
    lane = await claimed(log, store, fold=Raising(Counter({20: 2})))
    await rebuilt(lane)

    assert lane.stopped is not None
    assert (lane.stopped.reason, lane.stopped.offset) == (Halt.RAISED, 20)


async def test_a_row_that_can_no_longer_be_rebuilt_stops_the_partition():
    """The log has lost its first records, and with them what the row must say."""
    log, store = two_studies(), MemoryStore()
    await caught_up(log, store)
    log.first = 50
    assert (await claimed(log, store)).stopped is None
    lost(store)
    lane = await claimed(log, store)
    await rebuilt(lane)

    assert lane.stopped is not None and lane.stopped.reason is Halt.LOST_INPUT
    assert store.get(CURSOR)["stopped"]
