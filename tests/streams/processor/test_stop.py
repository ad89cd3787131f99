"""When a partition stops, which reason it records, and when it continues."""

from __future__ import annotations

from collections import Counter

import orjson
import pytest

from monitor.errors import Reason
from streams.processor.stop import OffsetGap, StopReason
from streams.store.memory import CURSOR, OUTBOX, MemoryStore
from tests.streams.processor.processors import (
    PRODERM,
    STUDY,
    UNREADABLE,
    RaisingFold,
    caught_up_processor,
    claimed_processor,
    expected_contents,
    log_of,
    record_bytes,
    records_between,
    store_contents,
)

NINE_UNREADABLE, TEN_UNREADABLE = [UNREADABLE] * 9, [UNREADABLE] * 10


def refusal_counts(store: MemoryStore) -> dict[str, int]:
    """The number of refused records that belong to no row, by reason."""
    return orjson.loads(store.get(CURSOR)["counts"])["refusals"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"cluster": "another"}, StopReason.OTHER_LOG),
        ({"partitions": 2}, StopReason.OTHER_LOG),
        ({"first": 500}, StopReason.LOST_INPUT),
    ],
)
async def test_another_log_is_not_folded(change: dict[str, int], reason: StopReason):
    """Another cluster, more partitions or lost records stop the partition before any record."""
    log, store = log_of(PRODERM[:600]), MemoryStore()
    await (await claimed_processor(log, store)).fold_batch(records_between(log, 0, 300))
    before = store_contents(store)
    for name, value in change.items():
        setattr(log, name, value)
    processor = await caught_up_processor(log, store)

    assert processor.stopped and (processor.stopped.reason, processor.stopped.offset) == (
        reason,
        300,
    )
    assert reason.remedy in str(processor.stopped)
    assert store_contents(store) == before


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (PRODERM[:299], StopReason.SHORTER_LOG),
        (PRODERM[1:600], StopReason.OTHER_LOG),
        ([*PRODERM[:299], *PRODERM[300:600]], StopReason.OTHER_LOG),
    ],
)
async def test_a_recreated_topic_is_not_folded(values: list[bytes], reason: StopReason):
    """The digests of the first and the last folded record show that the records are others."""
    store = MemoryStore()
    await caught_up_processor(log_of(PRODERM[:300]), store)
    processor = await claimed_processor(log_of(values), store)

    assert processor.stopped is not None and processor.stopped.reason is reason


async def test_a_log_with_another_partition_count_is_not_folded():
    """With another number of partitions a study may have a row in two partitions."""
    store = MemoryStore()
    processor = await caught_up_processor(log_of(PRODERM[:9]), store, partition_count=12)

    assert processor.stopped is not None and processor.stopped.reason is StopReason.OTHER_LOG
    assert (
        "has 1 partitions, and must have 12" in str(processor.stopped)
        and store_contents(store) == {}
    )


async def test_another_version_of_the_fold_stops_the_partition():
    """A row folded by two versions equals that of neither; a new version needs its own space."""
    log, store = log_of(PRODERM[:300]), MemoryStore()
    await caught_up_processor(log, store)
    processor = await claimed_processor(log, store, fold_version="0")
    assert processor.stopped is not None and processor.stopped.reason is StopReason.OTHER_CODE

    store.set(CURSOR, {"code": b"0"})
    assert await (await claimed_processor(log, store, fold_version="0")).cursor_moved() is False
    assert (await claimed_processor(log, store)).stopped is not None


async def test_nine_unreadable_records_in_a_row_are_quarantined():
    """They are counted and added to the outbox, and the trial is still monitored."""
    log, store = log_of([*PRODERM[:20], *NINE_UNREADABLE, *PRODERM[20:40], None]), MemoryStore()
    processor = await caught_up_processor(log, store)

    assert (processor.stopped, processor.position) == (None, 50)
    assert refusal_counts(store) == {"not_utf8": 9, "not_json": 1}
    outbox = store.get(OUTBOX)
    assert sorted(outbox) == [f"d|{offset:020d}" for offset in [*range(20, 29), 49]]
    assert orjson.loads(outbox[f"d|{20:020d}"])["reason"] == "not_utf8"
    assert orjson.loads(store.get(CURSOR)["run"]) == {"count": 1, "first": 49}


@pytest.mark.parametrize("split", [20, 25, 29, 30, 60])
async def test_ten_unreadable_records_in_a_row_stop_the_partition_before_them(split: int):
    """Quarantining all records would be a silent outage; the limit is independent of batches."""
    log, store = log_of([*PRODERM[:20], *TEN_UNREADABLE, *PRODERM[20:40]]), MemoryStore()
    processor = await claimed_processor(log, store)
    await processor.fold_batch(records_between(log, 0, split))
    await processor.fold_batch(records_between(log, split))

    stopped = processor.stopped
    assert stopped is not None and stopped.reason is StopReason.UNREADABLE
    assert stopped.offset == processor.position == (split if split < 30 else 20)
    cursor = store.get(CURSOR)
    assert (int(cursor["next"]), cursor["stopped"].decode()) == (processor.position, str(stopped))
    await processor.fold_batch(records_between(log))
    assert store.get(CURSOR) == cursor and not await processor.cursor_moved()


async def test_any_number_of_released_records_is_quarantined():
    """After an operator's release the partition continues, and stops at the next ten."""
    log, store = (
        log_of([*PRODERM[:20], *TEN_UNREADABLE, *TEN_UNREADABLE, *PRODERM[20:40]]),
        MemoryStore(),
    )
    processor = await caught_up_processor(log, store)
    assert processor.position == 20
    await store.release(29)
    assert await processor.cursor_moved() and await processor.claim() == 20
    await processor.fold_batch(records_between(log, 20))
    assert processor.stopped is not None and processor.position == 30
    await store.release(39)
    await processor.claim()
    await processor.fold_batch(records_between(log, 30))

    assert (processor.stopped, processor.position, refusal_counts(store)) == (
        None,
        60,
        {"not_utf8": 20},
    )
    assert store.get(CURSOR)["stopped"] == store.get(CURSOR)["run"] == b""


async def test_a_record_that_raises_once_is_folded():
    """The working set is discarded, and the records are folded again one by one."""
    log, store = log_of(PRODERM[:100]), MemoryStore()
    fold = RaisingFold(Counter({60: 1}))
    processor = await caught_up_processor(log, store, fold=fold)

    assert (processor.stopped, processor.position) == (None, 100)
    assert fold.offsets_seen == [*range(61), *range(100)]
    assert store_contents(store) == await expected_contents(log)


async def test_a_record_that_raises_twice_stops_the_partition_before_it():
    """The store has all records before it, and the reason does not quote the record."""
    log, store = log_of(PRODERM[:100]), MemoryStore()
    processor = await caught_up_processor(log, store, fold=RaisingFold(Counter({60: 2})))

    assert processor.stopped is not None and processor.stopped.reason is StopReason.RAISED
    assert (processor.stopped.offset, processor.position) == (60, 60)
    assert "ArithmeticError" in str(processor.stopped) and "at the record" not in str(
        processor.stopped
    )
    assert store.get(CURSOR)["stopped"].decode() == str(processor.stopped)
    await processor.claim()
    await processor.fold_batch(records_between(log, 60))
    assert processor.stopped is None and store_contents(store) == await expected_contents(log)


async def test_folding_a_record_resets_its_failures():
    """After the store lost writes the record may raise once more without a stop."""
    log, store = log_of(PRODERM[:100]), MemoryStore()
    fold = RaisingFold(Counter({60: 1}))
    processor = await caught_up_processor(log, store, fold=fold)
    store.hashes.clear()
    fold.failures_left[60] = 1
    assert await processor.cursor_moved() and await processor.claim() == 0
    await processor.fold_batch(records_between(log))

    assert processor.stopped is None and store_contents(store) == await expected_contents(log)


async def test_a_gap_is_skipped_when_a_second_read_confirms_it():
    """A transaction marker has an offset and no record, and is counted, not folded."""
    log, store = log_of(PRODERM[:30]), MemoryStore()
    log.append_marker()
    log.append(PRODERM[30], STUDY.encode())
    processor = await claimed_processor(log, store)
    with pytest.raises(OffsetGap) as gap:
        await processor.fold_batch(records_between(log))
    assert (gap.value.expected, gap.value.found) == (30, 31) and processor.position == 30

    processor.skip_gap(31)
    await processor.fold_batch(records_between(log))
    assert processor.position == 32
    assert orjson.loads(store.get(CURSOR)["counts"])["markers"] == 1


async def test_a_record_with_a_wrong_key_or_partition_is_refused():
    """With another key or in another partition it would be folded out of order."""
    log, store = log_of(PRODERM[:10], partition_count=12), MemoryStore()
    log.append(PRODERM[10], b"OTHER")
    log.append(PRODERM[11], None)
    log.append(record_bytes("tick", "1", study="OTHER", date="2017-03-05"), b"OTHER")
    processor = await caught_up_processor(log, store)

    assert processor.position == 13
    assert refusal_counts(store) == {Reason.WRONG_KEY.value: 2, Reason.WRONG_PARTITION.value: 1}
    assert len(store.get(OUTBOX)) == 3


async def test_records_before_the_plan_are_counted_once():
    """They belong to no row, and are read again when only the cursor was lost."""
    early = [record_bytes("tick", str(number), date="2017-03-05") for number in range(3)]
    log, store = log_of([*early, *PRODERM[:10]]), MemoryStore()
    await caught_up_processor(log, store)
    before = store_contents(store)
    assert refusal_counts(store) == {Reason.NO_PLAN.value: 3}
    store.drop(CURSOR)
    await caught_up_processor(log, store)

    assert store_contents(store) == before
