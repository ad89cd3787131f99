"""A row that is not what was written is rebuilt aside, and its partition goes on meanwhile."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress

import pytest

from streams.processor import Limits, PartitionProcessor, StopReason
from streams.store import StoreUnreachable
from streams.store.memory import CURSOR, MemoryStore
from tests.streams.list_log import ListLog
from tests.streams.processor.damaged_rows import (
    OTHER_STUDY,
    ROW_KEY,
    Damage,
    corrupt_case,
    drop_row,
    for_other_study,
    log_of_two_studies,
    move_row_ahead,
    roll_back_row,
    write_garbage,
)
from tests.streams.processor.processors import (
    PRODERM,
    STUDY,
    FailingStore,
    RaisingFold,
    caught_up_processor,
    claimed_processor,
    expected_contents,
    records_between,
    store_contents,
)


async def finish_rebuild(lane: PartitionProcessor) -> None:
    """Let the rebuilding come to its end."""
    while await lane.rebuild():
        pass


@pytest.mark.parametrize(
    "harm", [corrupt_case, roll_back_row, drop_row, write_garbage, move_row_ahead]
)
async def test_a_bad_row_is_rebuilt_while_the_other_study_goes_on(harm: Damage):
    """What its study was to tell in the meantime is told when the row is there again."""
    log, store = log_of_two_studies(), MemoryStore()
    await (await claimed_processor(log, store)).fold_batch(records_between(log, 0, 100))
    harm(store)
    lane = await claimed_processor(log, store, limits=Limits(rebuild_records_max=30))
    taken = await lane.fold_batch(records_between(log, 100, 300))
    assert (taken.left_to_rebuild, lane.needs_rebuild, store.get(f"s:{OTHER_STUDY}")["pos"]) == (
        100,
        True,
        b"299",
    )
    await finish_rebuild(lane)
    assert not lane.needs_rebuild
    await lane.fold_batch(records_between(log, 300))

    assert store_contents(store) == await expected_contents(log)


async def test_a_worker_that_ends_meanwhile_does_not_hide_the_bad_row():
    """The cursor says that records of the study are due, so the next worker rebuilds it too."""
    log, store = log_of_two_studies(), MemoryStore()
    await (await claimed_processor(log, store)).fold_batch(records_between(log, 0, 100))
    corrupt_case(store)
    await (await claimed_processor(log, store)).fold_batch(records_between(log, 100))
    lane = await claimed_processor(log, store)
    assert lane.needs_rebuild
    await lane.cursor_moved()

    assert store_contents(store) == await expected_contents(log)


@pytest.mark.parametrize("commands", range(8))
async def test_a_rebuilding_that_is_cut_short_begins_again(commands: int):
    """A row that was prepared aside and not finished is not taken for whole."""
    log, store, limits = log_of_two_studies(), FailingStore(), Limits(pairs_max=100)
    await caught_up_processor(log, store)
    corrupt_case(store)
    roll_back_row(store)
    store.commands_left = commands
    with suppress(StoreUnreachable):
        await finish_rebuild(await claimed_processor(log, store, limits=limits))
    store.commands_left = None
    await finish_rebuild(await claimed_processor(log, store, limits=limits))

    assert store_contents(store) == await expected_contents(log)


async def test_an_audit_finds_a_row_that_moved_by_itself():
    """Hourly each row's `pos` is compared, also of studies that say nothing."""
    log, store = log_of_two_studies(), MemoryStore()
    lane = await caught_up_processor(log, store)
    roll_back_row(store)
    await lane.check_positions()
    assert lane.needs_rebuild
    await finish_rebuild(lane)

    assert store_contents(store) == await expected_contents(log)


async def test_an_audit_survives_a_row_that_says_no_number():
    """One row that somebody wrote over must not stop the studies beside it."""
    log, store = log_of_two_studies(), MemoryStore()
    lane = await caught_up_processor(log, store)
    store.set(ROW_KEY, {"pos": b"[1]"})
    await lane.check_positions()
    await finish_rebuild(lane)

    assert (lane.stopped, store_contents(store)) == (None, await expected_contents(log))


async def test_what_came_before_the_plan_is_counted_though_the_row_is_bad():
    """A record before the plan of its study is in the cursor's counts, which no row can mend."""
    early = for_other_study(PRODERM[1])
    log = ListLog(partitions=1)
    log.append(early, OTHER_STUDY.encode())
    for each in records_between(log_of_two_studies()):
        log.append(each.value, each.key)
    store = MemoryStore()
    await caught_up_processor(log, store)
    store.set(f"s:{OTHER_STUDY}", {"digest": b"0"})
    await store.rewind(STUDY)
    lane = await caught_up_processor(log, store)
    await finish_rebuild(lane)

    assert store_contents(store) == await expected_contents(log)


async def test_a_row_of_a_study_unknown_to_the_cursor_is_replaced():
    """All its records are still to come: whatever lies there is written over, altogether."""
    log, store = log_of_two_studies(), MemoryStore()
    store.set(ROW_KEY, {"pos": b"7", "t|junk": b"[1]"})
    await caught_up_processor(log, store)

    assert store_contents(store) == await expected_contents(log)


async def test_a_study_rewound_is_folded_from_its_first_record():
    """The others skip theirs, and what belongs to no row is counted once."""
    log, store = log_of_two_studies(), MemoryStore()
    lane = await caught_up_processor(log, store)
    corrupt_case(store)
    await store.rewind(STUDY)
    assert await lane.cursor_moved()
    assert await lane.claim() == 0
    taken = await lane.fold_batch(records_between(log))

    assert (taken.skipped, store_contents(store)) == (200, await expected_contents(log))


async def test_a_record_that_raises_while_its_row_is_rebuilt_stops_the_partition():
    """A study that cannot be folded must be seen to be unwatched."""
    log, store = log_of_two_studies(), MemoryStore()
    await caught_up_processor(log, store)
    drop_row(store)
    lane = await claimed_processor(log, store, fold=RaisingFold(Counter({20: 2})))
    await finish_rebuild(lane)

    assert lane.stopped is not None
    assert (lane.stopped.reason, lane.stopped.offset) == (StopReason.RAISED, 20)


async def test_a_row_that_can_no_longer_be_rebuilt_stops_the_partition():
    """The log has lost its first records, and with them what the row must say."""
    log, store = log_of_two_studies(), MemoryStore()
    await caught_up_processor(log, store)
    log.first = 50
    assert (await claimed_processor(log, store)).stopped is None
    drop_row(store)
    lane = await claimed_processor(log, store)
    await finish_rebuild(lane)

    assert lane.stopped is not None and lane.stopped.reason is StopReason.LOST_INPUT
    assert store.get(CURSOR)["stopped"]
