"""A partition at work: whatever interrupts it, the store comes to hold what the log says."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import asdict
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.processor import CursorMoved
from streams.store import StoreUnreachable
from streams.store.memory import CURSOR, OUTBOX, MemoryStore
from streams.store.rows.digest import row_digest
from tests.independent.strategies import amended, logs
from tests.streams.processor.processors import (
    PRODERM,
    STUDY,
    FailingStore,
    Limits,
    caught_up_processor,
    claimed_processor,
    expected_contents,
    log_of,
    records_between,
    single_pass,
    state_by_name,
    state_digest,
    store_contents,
    study_in,
)

SMALL_LIMITS = Limits(pairs_max=200)
"""Many applies, and rows that do not fit into one."""


async def test_a_study_taken_up_by_another_worker_goes_on_as_in_one_pass():
    """Alerts, their payloads, the state and the rows do not show where it changed hands."""
    log, store = log_of(PRODERM), MemoryStore()
    for end in (1, 61, 1300, len(PRODERM)):
        lane = await claimed_processor(log, store)
        await lane.fold_batch(records_between(log, lane.position, end))

    pipeline, alerts = single_pass(log)
    told = {
        f"a|{each.id}|{each.revision:06d}": orjson.loads(orjson.dumps(asdict(each)))
        for each in alerts
    }
    assert {name: orjson.loads(each) for name, each in store.get(OUTBOX).items()} == {
        name: {**each, "hypothetical": False} for name, each in told.items()
    }
    assert state_digest(study_in(store)) == state_digest(pipeline.studies[STUDY])
    assert store_contents(store) == await expected_contents(log)


async def test_a_row_has_the_digest_of_its_fields():
    """Whoever reads a row can tell that it is whole."""
    store = MemoryStore()
    await caught_up_processor(log_of(PRODERM), store, limits=SMALL_LIMITS)

    row = store.get(f"s:{STUDY}")
    assert row["digest"] == row_digest(row)
    assert int(row["pos"]) == len(PRODERM) - 1 and row["began"] == b"0"


async def test_an_apply_is_never_larger_than_it_may_be():
    """Records are split between applies, and a row that is too large for one goes aside."""
    log, store = log_of(PRODERM[:800]), MemoryStore()
    lane = await claimed_processor(log, store, limits=SMALL_LIMITS)
    taken = await lane.fold_batch(records_between(log))

    assert taken.pairs / taken.applies <= SMALL_LIMITS.pairs_max
    assert store_contents(store) == await expected_contents(log)


@pytest.mark.parametrize("limits", [Limits(), SMALL_LIMITS])
async def test_every_torn_prefix_of_an_apply_mends(limits: Limits):
    """Redis may keep any first part of a script: outbox, some rows, not the cursor."""
    log = log_of(PRODERM[:400])
    whole = await expected_contents(log)
    for commands in range(24):
        store = FailingStore(commands_left=commands)
        lane = await claimed_processor(log, store, limits=limits)
        with suppress(StoreUnreachable):
            await lane.fold_batch(records_between(log, 0, 250))
        store.commands_left = None
        assert (await caught_up_processor(log, store, limits=limits)).position == 400
        assert store_contents(store) == whole


async def test_a_batch_is_taken_twice_and_counts_once():
    """What was folded before is below the position, or below the `pos` of its row."""
    log, store = log_of(PRODERM[:300]), MemoryStore()
    lane = await caught_up_processor(log, store)
    before = store_contents(store)
    await lane.fold_batch(records_between(log))
    store.set(CURSOR, {"next": b"0"})
    taken = await (await claimed_processor(log, store)).fold_batch(records_between(log))

    assert (taken.skipped, store_contents(store)) == (300, before)


async def test_of_two_workers_one_is_told_to_claim_again():
    """The cursor has moved under the other: it forgets what it folded, and goes on from there."""
    log, store = log_of(PRODERM[:600]), MemoryStore()
    one, other = await claimed_processor(log, store), await claimed_processor(log, store)
    await one.fold_batch(records_between(log, 0, 200))
    assert await other.cursor_moved() and not await one.cursor_moved()
    with pytest.raises(CursorMoved):
        await other.fold_batch(records_between(log, 0, 300))
    assert await other.claim() == 200
    await other.fold_batch(records_between(log, 200, 500))
    with pytest.raises(CursorMoved):
        await one.fold_batch(records_between(log, 200, 600))
    await one.claim()
    await one.fold_batch(records_between(log, 500))

    assert store_contents(store) == await expected_contents(log)


async def test_a_store_that_fell_back_is_folded_again():
    """After a failover it holds an earlier moment: the next apply is refused, not mixed in."""
    log, store = log_of(PRODERM[:600]), MemoryStore()
    await caught_up_processor(log_of(PRODERM[:200]), store)
    earlier = {name: dict(fields) for name, fields in store.hashes.items()}
    lane = await claimed_processor(log, store)
    await lane.fold_batch(records_between(log, 200, 400))
    store.hashes = earlier
    assert await lane.cursor_moved()
    with pytest.raises(CursorMoved):
        await lane.fold_batch(records_between(log, 400))
    await lane.claim()
    await lane.fold_batch(records_between(log))

    assert store_contents(store) == await expected_contents(log)


async def test_a_wiped_store_comes_back_the_same():
    """It is a projection: the log is the truth, and the cursor begins before its first record."""
    log, store = log_of(PRODERM[:600]), MemoryStore()
    lane = await caught_up_processor(log, store)
    store.hashes.clear()

    assert await lane.cursor_moved()
    assert await lane.claim() == 0
    await lane.fold_batch(records_between(log))
    assert store_contents(store) == await expected_contents(log)


async def test_studies_leave_memory_when_it_is_short():
    """They are loaded again when a record asks for them; nobody can tell."""
    log, store = log_of(PRODERM[:300]), MemoryStore()
    values = [each.value or b"" for each in records_between(log)]
    for name in ("OTHER", "THIRD"):
        for value in values[:100]:
            log.append(value.replace(b"PRODERM", name.encode()), name.encode())
    await caught_up_processor(
        log, store, limits=Limits(memory_bytes=1, pairs_max=SMALL_LIMITS.pairs_max)
    )

    assert store_contents(store) == await expected_contents(log)


@settings(max_examples=40)
@given(logs() | amended(), st.lists(st.integers(0, 60), max_size=3), st.integers(0, 30))
def test_any_log_is_folded_the_same_whatever_interrupts_it(
    log: list[dict[str, Any]], cuts: list[int], commands: int
):
    """Refusals, conflicts, merges, amendments: restarted anywhere, cut short anywhere."""
    asyncio.run(check_interrupted(log, sorted(cuts), commands))


async def check_interrupted(drawn: list[dict[str, Any]], cuts: list[int], commands: int) -> None:
    """Fold a drawn log with restarts and one failure, and compare it with one pass."""
    study = drawn[0]["study"]
    log = log_of(map(orjson.dumps, drawn), study)
    store = FailingStore(commands_left=commands)
    for end in [*cuts, len(drawn)]:
        with suppress(StoreUnreachable):
            lane = await claimed_processor(log, store, limits=SMALL_LIMITS)
            await lane.fold_batch(records_between(log, lane.position, end))
    store.commands_left = None
    await caught_up_processor(log, store)

    pipeline, alerts = single_pass(log)
    assert store_contents(store) == await expected_contents(log)
    assert {name for name in store.get(OUTBOX) if name[0] == "a"} == {
        f"a|{each.id}|{each.revision:06d}" for each in alerts
    }
    for name, whole in pipeline.studies.items():
        assert state_by_name(study_in(store, name)) == state_by_name(whole)
