"""When a partition stands still, says why, and goes on."""

from __future__ import annotations

from collections import Counter

import orjson
import pytest

from monitor.errors import Reason
from streams.processor import Halt, Hole
from streams.store.memory import CURSOR, OUTBOX, MemoryStore
from tests.streams.processor.processors import (
    PRODERM,
    STUDY,
    UNREADABLE,
    Raising,
    caught_up,
    claimed,
    log_of,
    projection,
    records,
    said,
    settled,
)

NINE, TEN = [UNREADABLE] * 9, [UNREADABLE] * 10


def counts(store: MemoryStore) -> dict[str, int]:
    """How many records belong to no row, by reason."""
    return orjson.loads(store.get(CURSOR)["counts"])["refusals"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"cluster": "another"}, Halt.OTHER_LOG),
        ({"partitions": 2}, Halt.OTHER_LOG),
        ({"first": 500}, Halt.LOST_INPUT),
    ],
)
async def test_another_log_is_not_folded(change: dict[str, int], reason: Halt):
    """A cluster restored under an old name, more partitions, lost input: not one record."""
    log, store = log_of(PRODERM[:600]), MemoryStore()
    await (await claimed(log, store)).take(records(log, 0, 300))
    before = settled(store)
    for name, value in change.items():
        setattr(log, name, value)
    lane = await caught_up(log, store)

    assert lane.stopped and (lane.stopped.reason, lane.stopped.offset) == (reason, 300)
    assert reason.remedy in str(lane.stopped)
    assert settled(store) == before


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (PRODERM[:299], Halt.SHORTER_LOG),
        (PRODERM[1:600], Halt.OTHER_LOG),
        ([*PRODERM[:299], *PRODERM[300:600]], Halt.OTHER_LOG),
    ],
)
async def test_a_topic_made_anew_is_not_folded_on(values: list[bytes], reason: Halt):
    """Same name, same cluster, other records: the first and the last one folded tell."""
    store = MemoryStore()
    await caught_up(log_of(PRODERM[:300]), store)
    lane = await claimed(log_of(values), store)

    assert lane.stopped is not None and lane.stopped.reason is reason


async def test_a_partition_beyond_those_agreed_is_not_folded():
    """No cursor knows of it; its studies may have a row in another partition already."""
    store = MemoryStore()
    lane = await caught_up(log_of(PRODERM[:9]), store, partitions=12)

    assert lane.stopped is not None and lane.stopped.reason is Halt.OTHER_LOG
    assert "has 1 partitions, and must have 12" in str(lane.stopped) and settled(store) == {}


async def test_another_version_of_the_fold_stays_out():
    """Two versions would make a row that neither has; the later one builds its own beside."""
    log, store = log_of(PRODERM[:300]), MemoryStore()
    await caught_up(log, store)
    lane = await claimed(log, store, code="0")
    assert lane.stopped is not None and lane.stopped.reason is Halt.OTHER_CODE

    store.set(CURSOR, {"code": b"0"})
    assert await (await claimed(log, store, code="0")).glance() is False
    assert (await claimed(log, store)).stopped is not None


async def test_nine_unreadable_records_are_set_aside():
    """They are counted, told of, and the trial goes on being watched."""
    log, store = log_of([*PRODERM[:20], *NINE, *PRODERM[20:40], None]), MemoryStore()
    lane = await caught_up(log, store)

    assert (lane.stopped, lane.position) == (None, 50)
    assert counts(store) == {"not_utf8": 9, "not_json": 1}
    told = store.get(OUTBOX)
    assert sorted(told) == [f"d|{offset:020d}" for offset in [*range(20, 29), 49]]
    assert orjson.loads(told[f"d|{20:020d}"])["reason"] == "not_utf8"
    assert orjson.loads(store.get(CURSOR)["run"]) == {"count": 1, "first": 49}


@pytest.mark.parametrize("cut", [20, 25, 29, 30, 60])
async def test_the_tenth_in_a_row_stops_the_partition_before_them(cut: int):
    """Setting everything aside would be a silent outage; how batches fall does not matter."""
    log, store = log_of([*PRODERM[:20], *TEN, *PRODERM[20:40]]), MemoryStore()
    lane = await claimed(log, store)
    await lane.take(records(log, 0, cut))
    await lane.take(records(log, cut))

    stopped = lane.stopped
    assert stopped is not None and stopped.reason is Halt.UNREADABLE
    assert stopped.offset == lane.position == (cut if cut < 30 else 20)
    cursor = store.get(CURSOR)
    assert (int(cursor["next"]), cursor["stopped"].decode()) == (lane.position, str(stopped))
    await lane.take(records(log))
    assert store.get(CURSOR) == cursor and not await lane.glance()


async def test_released_records_pass_however_many():
    """An operator has seen them: the partition goes on, and stops again at the next ten."""
    log, store = log_of([*PRODERM[:20], *TEN, *TEN, *PRODERM[20:40]]), MemoryStore()
    lane = await caught_up(log, store)
    assert lane.position == 20
    await store.release(29)
    assert await lane.glance() and await lane.claim() == 20
    await lane.take(records(log, 20))
    assert lane.stopped is not None and lane.position == 30
    await store.release(39)
    await lane.claim()
    await lane.take(records(log, 30))

    assert (lane.stopped, lane.position, counts(store)) == (None, 60, {"not_utf8": 20})
    assert store.get(CURSOR)["stopped"] == store.get(CURSOR)["run"] == b""


async def test_a_record_that_raises_once_is_folded():
    """Whatever it was has passed: everything is forgotten, and folded again one by one."""
    log, store = log_of(PRODERM[:100]), MemoryStore()
    fold = Raising(Counter({60: 1}))
    lane = await caught_up(log, store, fold=fold)

    assert (lane.stopped, lane.position) == (None, 100)
    assert fold.seen == [*range(61), *range(100)]
    assert settled(store) == await projection(log)


async def test_a_record_that_raises_twice_stops_the_partition_before_it():
    """All before it is in the store, and the reason without a word of the record."""
    log, store = log_of(PRODERM[:100]), MemoryStore()
    lane = await caught_up(log, store, fold=Raising(Counter({60: 2})))

    assert lane.stopped is not None and lane.stopped.reason is Halt.RAISED
    assert (lane.stopped.offset, lane.position) == (60, 60)
    assert "ArithmeticError" in str(lane.stopped) and "at the record" not in str(lane.stopped)
    assert store.get(CURSOR)["stopped"].decode() == str(lane.stopped)
    await lane.claim()
    await lane.take(records(log, 60))
    assert lane.stopped is None and settled(store) == await projection(log)


async def test_a_record_that_was_folded_has_not_raised():
    """Met again after the store fell back, it may raise once more before anything stops."""
    log, store = log_of(PRODERM[:100]), MemoryStore()
    fold = Raising(Counter({60: 1}))
    lane = await caught_up(log, store, fold=fold)
    store.held.clear()
    fold.times[60] = 1
    assert await lane.glance() and await lane.claim() == 0
    await lane.take(records(log))

    assert lane.stopped is None and settled(store) == await projection(log)


async def test_a_hole_is_passed_when_a_second_reading_finds_it_too():
    """A transaction marker has an offset and no record: it is counted, not folded."""
    log, store = log_of(PRODERM[:30]), MemoryStore()
    log.mark()
    log.append(PRODERM[30], STUDY.encode())
    lane = await claimed(log, store)
    with pytest.raises(Hole) as hole:
        await lane.take(records(log))
    assert (hole.value.expected, hole.value.found) == (30, 31) and lane.position == 30

    lane.pass_hole(31)
    await lane.take(records(log))
    assert lane.position == 32
    assert orjson.loads(store.get(CURSOR)["counts"])["markers"] == 1


async def test_a_record_out_of_its_place_is_refused():
    """Under another key, or in another partition, it would be folded out of order."""
    log, store = log_of(PRODERM[:10], partitions=12), MemoryStore()
    log.append(PRODERM[10], b"OTHER")
    log.append(PRODERM[11], None)
    log.append(said("tick", "1", study="OTHER", date="2017-03-05"), b"OTHER")
    lane = await caught_up(log, store)

    assert lane.position == 13
    assert counts(store) == {Reason.WRONG_KEY.value: 2, Reason.WRONG_PARTITION.value: 1}
    assert len(store.get(OUTBOX)) == 3


async def test_records_before_the_plan_are_counted_once():
    """They belong to no row, and are met again when only the cursor was lost."""
    early = [said("tick", str(number), date="2017-03-05") for number in range(3)]
    log, store = log_of([*early, *PRODERM[:10]]), MemoryStore()
    await caught_up(log, store)
    before = settled(store)
    assert counts(store) == {Reason.NO_PLAN.value: 3}
    store.drop(CURSOR)
    await caught_up(log, store)

    assert settled(store) == before
