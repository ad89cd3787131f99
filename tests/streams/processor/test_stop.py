"""When a partition stands still, says why, and goes on."""

from __future__ import annotations

from collections import Counter

import orjson
import pytest

from monitor.errors import Reason
from streams.processor import OffsetGap, StopReason
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
    """How many records belong to no row, by reason."""
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
    """A cluster restored under an old name, more partitions, lost input: not one record."""
    log, store = log_of(PRODERM[:600]), MemoryStore()
    await (await claimed_processor(log, store)).fold_batch(records_between(log, 0, 300))
    before = store_contents(store)
    for name, value in change.items():
        setattr(log, name, value)
    lane = await caught_up_processor(log, store)

    assert lane.stopped and (lane.stopped.reason, lane.stopped.offset) == (reason, 300)
    assert reason.remedy in str(lane.stopped)
    assert store_contents(store) == before


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (PRODERM[:299], StopReason.SHORTER_LOG),
        (PRODERM[1:600], StopReason.OTHER_LOG),
        ([*PRODERM[:299], *PRODERM[300:600]], StopReason.OTHER_LOG),
    ],
)
async def test_a_topic_made_anew_is_not_folded_on(values: list[bytes], reason: StopReason):
    """Same name, same cluster, other records: the first and the last one folded tell."""
    store = MemoryStore()
    await caught_up_processor(log_of(PRODERM[:300]), store)
    lane = await claimed_processor(log_of(values), store)

    assert lane.stopped is not None and lane.stopped.reason is reason


async def test_a_partition_beyond_those_agreed_is_not_folded():
    """No cursor knows of it; its studies may have a row in another partition already."""
    store = MemoryStore()
    lane = await caught_up_processor(log_of(PRODERM[:9]), store, partition_count=12)

    assert lane.stopped is not None and lane.stopped.reason is StopReason.OTHER_LOG
    assert "has 1 partitions, and must have 12" in str(lane.stopped) and store_contents(store) == {}


async def test_another_version_of_the_fold_stays_out():
    """Two versions would make a row that neither has; the later one builds its own beside."""
    log, store = log_of(PRODERM[:300]), MemoryStore()
    await caught_up_processor(log, store)
    lane = await claimed_processor(log, store, fold_version="0")
    assert lane.stopped is not None and lane.stopped.reason is StopReason.OTHER_CODE

    store.set(CURSOR, {"code": b"0"})
    assert await (await claimed_processor(log, store, fold_version="0")).cursor_moved() is False
    assert (await claimed_processor(log, store)).stopped is not None


async def test_nine_unreadable_records_are_set_aside():
    """They are counted, told of, and the trial goes on being watched."""
    log, store = log_of([*PRODERM[:20], *NINE_UNREADABLE, *PRODERM[20:40], None]), MemoryStore()
    lane = await caught_up_processor(log, store)

    assert (lane.stopped, lane.position) == (None, 50)
    assert refusal_counts(store) == {"not_utf8": 9, "not_json": 1}
    told = store.get(OUTBOX)
    assert sorted(told) == [f"d|{offset:020d}" for offset in [*range(20, 29), 49]]
    assert orjson.loads(told[f"d|{20:020d}"])["reason"] == "not_utf8"
    assert orjson.loads(store.get(CURSOR)["run"]) == {"count": 1, "first": 49}


@pytest.mark.parametrize("cut", [20, 25, 29, 30, 60])
async def test_the_tenth_in_a_row_stops_the_partition_before_them(cut: int):
    """Setting everything aside would be a silent outage; how batches fall does not matter."""
    log, store = log_of([*PRODERM[:20], *TEN_UNREADABLE, *PRODERM[20:40]]), MemoryStore()
    lane = await claimed_processor(log, store)
    await lane.fold_batch(records_between(log, 0, cut))
    await lane.fold_batch(records_between(log, cut))

    stopped = lane.stopped
    assert stopped is not None and stopped.reason is StopReason.UNREADABLE
    assert stopped.offset == lane.position == (cut if cut < 30 else 20)
    cursor = store.get(CURSOR)
    assert (int(cursor["next"]), cursor["stopped"].decode()) == (lane.position, str(stopped))
    await lane.fold_batch(records_between(log))
    assert store.get(CURSOR) == cursor and not await lane.cursor_moved()


async def test_released_records_pass_however_many():
    """An operator has seen them: the partition goes on, and stops again at the next ten."""
    log, store = (
        log_of([*PRODERM[:20], *TEN_UNREADABLE, *TEN_UNREADABLE, *PRODERM[20:40]]),
        MemoryStore(),
    )
    lane = await caught_up_processor(log, store)
    assert lane.position == 20
    await store.release(29)
    assert await lane.cursor_moved() and await lane.claim() == 20
    await lane.fold_batch(records_between(log, 20))
    assert lane.stopped is not None and lane.position == 30
    await store.release(39)
    await lane.claim()
    await lane.fold_batch(records_between(log, 30))

    assert (lane.stopped, lane.position, refusal_counts(store)) == (None, 60, {"not_utf8": 20})
    assert store.get(CURSOR)["stopped"] == store.get(CURSOR)["run"] == b""


async def test_a_record_that_raises_once_is_folded():
    """Whatever it was has passed: everything is forgotten, and folded again one by one."""
    log, store = log_of(PRODERM[:100]), MemoryStore()
    fold = RaisingFold(Counter({60: 1}))
    lane = await caught_up_processor(log, store, fold=fold)

    assert (lane.stopped, lane.position) == (None, 100)
    assert fold.offsets_seen == [*range(61), *range(100)]
    assert store_contents(store) == await expected_contents(log)


async def test_a_record_that_raises_twice_stops_the_partition_before_it():
    """All before it is in the store, and the reason without a word of the record."""
    log, store = log_of(PRODERM[:100]), MemoryStore()
    lane = await caught_up_processor(log, store, fold=RaisingFold(Counter({60: 2})))

    assert lane.stopped is not None and lane.stopped.reason is StopReason.RAISED
    assert (lane.stopped.offset, lane.position) == (60, 60)
    assert "ArithmeticError" in str(lane.stopped) and "at the record" not in str(lane.stopped)
    assert store.get(CURSOR)["stopped"].decode() == str(lane.stopped)
    await lane.claim()
    await lane.fold_batch(records_between(log, 60))
    assert lane.stopped is None and store_contents(store) == await expected_contents(log)


async def test_a_record_that_was_folded_has_not_raised():
    """Met again after the store fell back, it may raise once more before anything stops."""
    log, store = log_of(PRODERM[:100]), MemoryStore()
    fold = RaisingFold(Counter({60: 1}))
    lane = await caught_up_processor(log, store, fold=fold)
    store.hashes.clear()
    fold.failures_left[60] = 1
    assert await lane.cursor_moved() and await lane.claim() == 0
    await lane.fold_batch(records_between(log))

    assert lane.stopped is None and store_contents(store) == await expected_contents(log)


async def test_a_hole_is_passed_when_a_second_reading_finds_it_too():
    """A transaction marker has an offset and no record: it is counted, not folded."""
    log, store = log_of(PRODERM[:30]), MemoryStore()
    log.append_marker()
    log.append(PRODERM[30], STUDY.encode())
    lane = await claimed_processor(log, store)
    with pytest.raises(OffsetGap) as hole:
        await lane.fold_batch(records_between(log))
    assert (hole.value.expected, hole.value.found) == (30, 31) and lane.position == 30

    lane.skip_gap(31)
    await lane.fold_batch(records_between(log))
    assert lane.position == 32
    assert orjson.loads(store.get(CURSOR)["counts"])["markers"] == 1


async def test_a_record_out_of_its_place_is_refused():
    """Under another key, or in another partition, it would be folded out of order."""
    log, store = log_of(PRODERM[:10], partition_count=12), MemoryStore()
    log.append(PRODERM[10], b"OTHER")
    log.append(PRODERM[11], None)
    log.append(record_bytes("tick", "1", study="OTHER", date="2017-03-05"), b"OTHER")
    lane = await caught_up_processor(log, store)

    assert lane.position == 13
    assert refusal_counts(store) == {Reason.WRONG_KEY.value: 2, Reason.WRONG_PARTITION.value: 1}
    assert len(store.get(OUTBOX)) == 3


async def test_records_before_the_plan_are_counted_once():
    """They belong to no row, and are met again when only the cursor was lost."""
    early = [record_bytes("tick", str(number), date="2017-03-05") for number in range(3)]
    log, store = log_of([*early, *PRODERM[:10]]), MemoryStore()
    await caught_up_processor(log, store)
    before = store_contents(store)
    assert refusal_counts(store) == {Reason.NO_PLAN.value: 3}
    store.drop(CURSOR)
    await caught_up_processor(log, store)

    assert store_contents(store) == before
