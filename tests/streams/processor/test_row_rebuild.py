"""An invalid row is rebuilt from the log while its partition continues."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress

import pytest

from streams.processor.limits import Limits
from streams.processor.processor import PartitionProcessor
from streams.processor.stop import StopReason
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


async def finish_rebuild(processor: PartitionProcessor) -> None:
    """Advance the rebuild until no step remains."""
    while await processor.rebuild():
        pass


@pytest.mark.parametrize(
    "damage", [corrupt_case, roll_back_row, drop_row, write_garbage, move_row_ahead]
)
async def test_an_invalid_row_is_rebuilt_while_the_other_study_is_folded(damage: Damage):
    """The rebuild adds the outbox entries of the records that were left to it."""
    log, store = log_of_two_studies(), MemoryStore()
    await (await claimed_processor(log, store)).fold_batch(records_between(log, 0, 100))
    damage(store)
    processor = await claimed_processor(log, store, limits=Limits(rebuild_records_max=30))
    counts = await processor.fold_batch(records_between(log, 100, 300))
    assert (
        counts.left_to_rebuild,
        processor.needs_rebuild,
        store.get(f"s:{OTHER_STUDY}")["pos"],
    ) == (
        100,
        True,
        b"299",
    )
    await finish_rebuild(processor)
    assert not processor.needs_rebuild
    await processor.fold_batch(records_between(log, 300))

    assert store_contents(store) == await expected_contents(log)


async def test_a_worker_that_ends_during_a_rebuild_does_not_hide_the_invalid_row():
    """The cursor is ahead of the row, so the next worker rebuilds the row as well."""
    log, store = log_of_two_studies(), MemoryStore()
    await (await claimed_processor(log, store)).fold_batch(records_between(log, 0, 100))
    corrupt_case(store)
    await (await claimed_processor(log, store)).fold_batch(records_between(log, 100))
    processor = await claimed_processor(log, store, limits=Limits(rebuild_seconds=60))
    assert processor.needs_rebuild
    await processor.rebuild()

    assert store_contents(store) == await expected_contents(log)


@pytest.mark.parametrize("commands", range(8))
async def test_an_interrupted_rebuild_starts_again(commands: int):
    """A staged row that is incomplete is never used."""
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


async def test_the_position_check_finds_a_row_that_moved():
    """The hourly check compares the `pos` of every row, also of studies without new records."""
    log, store = log_of_two_studies(), MemoryStore()
    processor = await caught_up_processor(log, store)
    roll_back_row(store)
    await processor.check_positions()
    assert processor.needs_rebuild
    await finish_rebuild(processor)

    assert store_contents(store) == await expected_contents(log)


async def test_the_position_check_survives_a_pos_that_is_not_a_number():
    """One overwritten row must not stop the other studies of the partition."""
    log, store = log_of_two_studies(), MemoryStore()
    processor = await caught_up_processor(log, store)
    store.set(ROW_KEY, {"pos": b"[1]"})
    await processor.check_positions()
    await finish_rebuild(processor)

    assert (processor.stopped, store_contents(store)) == (None, await expected_contents(log))


async def test_a_record_before_the_plan_is_counted_although_the_row_is_invalid():
    """A record before the plan of its study is counted in the cursor, which no rebuild corrects."""
    early = for_other_study(PRODERM[1])
    log = ListLog(partitions=1)
    log.append(early, OTHER_STUDY.encode())
    for each in records_between(log_of_two_studies()):
        log.append(each.value, each.key)
    store = MemoryStore()
    await caught_up_processor(log, store)
    store.set(f"s:{OTHER_STUDY}", {"digest": b"0"})
    await store.rewind(STUDY)
    processor = await caught_up_processor(log, store)
    await finish_rebuild(processor)

    assert store_contents(store) == await expected_contents(log)


async def test_a_row_of_a_study_unknown_to_the_cursor_is_replaced():
    """All its records are still to be folded, and the stored row is replaced as a whole."""
    log, store = log_of_two_studies(), MemoryStore()
    store.set(ROW_KEY, {"pos": b"7", "t|junk": b"[1]"})
    await caught_up_processor(log, store)

    assert store_contents(store) == await expected_contents(log)


async def test_a_rewound_study_is_folded_from_its_first_record():
    """Other studies skip their records, and a record without a row is counted once."""
    log, store = log_of_two_studies(), MemoryStore()
    processor = await caught_up_processor(log, store)
    corrupt_case(store)
    await store.rewind(STUDY)
    assert await processor.cursor_moved()
    assert await processor.claim() == 0
    counts = await processor.fold_batch(records_between(log))

    assert (counts.skipped, store_contents(store)) == (200, await expected_contents(log))


async def test_a_record_that_raises_while_its_row_is_rebuilt_stops_the_partition():
    """A study that cannot be folded is not monitored, and the stop shows it."""
    log, store = log_of_two_studies(), MemoryStore()
    await caught_up_processor(log, store)
    drop_row(store)
    processor = await claimed_processor(log, store, fold=RaisingFold(Counter({20: 2})))
    await finish_rebuild(processor)

    assert processor.stopped is not None
    assert (processor.stopped.reason, processor.stopped.offset) == (StopReason.RAISED, 20)


async def test_a_row_that_can_no_longer_be_rebuilt_stops_the_partition():
    """The log has lost its first records, which the row must include."""
    log, store = log_of_two_studies(), MemoryStore()
    await caught_up_processor(log, store)
    log.first = 50
    assert (await claimed_processor(log, store)).stopped is None
    drop_row(store)
    processor = await claimed_processor(log, store)
    await finish_rebuild(processor)

    assert processor.stopped is not None and processor.stopped.reason is StopReason.LOST_INPUT
    assert store.get(CURSOR)["stopped"]
