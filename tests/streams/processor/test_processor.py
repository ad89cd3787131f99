"""The store of a partition equals one pass over its log after any interruption."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import asdict
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.processor.stop import CursorMoved
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
"""Limits that cause many applies, and rows that do not fit into one apply."""


async def test_a_study_continued_by_another_worker_equals_one_pass():
    """Alerts, their payloads, the state and the rows do not depend on where the worker changed."""
    log, store = log_of(PRODERM), MemoryStore()
    for end in (1, 61, 1300, len(PRODERM)):
        processor = await claimed_processor(log, store)
        await processor.fold_batch(records_between(log, processor.position, end))

    pipeline, alerts = single_pass(log)
    expected_alerts = {
        f"a|{each.id}|{each.revision:06d}": orjson.loads(orjson.dumps(asdict(each)))
        for each in alerts
    }
    assert {name: orjson.loads(each) for name, each in store.get(OUTBOX).items()} == {
        name: {**each, "hypothetical": False} for name, each in expected_alerts.items()
    }
    assert state_digest(study_in(store)) == state_digest(pipeline.studies[STUDY])
    assert store_contents(store) == await expected_contents(log)


async def test_a_row_has_the_digest_of_its_fields():
    """The digest lets a reader check that a row is complete."""
    store = MemoryStore()
    await caught_up_processor(log_of(PRODERM), store, limits=SMALL_LIMITS)

    row = store.get(f"s:{STUDY}")
    assert row["digest"] == row_digest(row)
    assert int(row["pos"]) == len(PRODERM) - 1 and row["began"] == b"0"


async def test_an_apply_never_exceeds_the_pair_limit():
    """Records are split between applies, and a row too large for one apply is staged."""
    log, store = log_of(PRODERM[:800]), MemoryStore()
    processor = await claimed_processor(log, store, limits=SMALL_LIMITS)
    counts = await processor.fold_batch(records_between(log))

    assert counts.pairs / counts.applies <= SMALL_LIMITS.pairs_max
    assert store_contents(store) == await expected_contents(log)


@pytest.mark.parametrize("limits", [Limits(), SMALL_LIMITS])
async def test_every_torn_prefix_of_an_apply_is_repaired(limits: Limits):
    """Redis may keep any prefix of a script: the outbox and some rows without the cursor."""
    log = log_of(PRODERM[:400])
    expected = await expected_contents(log)
    for commands_left in range(24):
        store = FailingStore(commands_left=commands_left)
        processor = await claimed_processor(log, store, limits=limits)
        with suppress(StoreUnreachable):
            await processor.fold_batch(records_between(log, 0, 250))
        store.commands_left = None
        assert (await caught_up_processor(log, store, limits=limits)).position == 400
        assert store_contents(store) == expected


async def test_a_batch_that_is_folded_twice_counts_once():
    """A folded record is skipped: it is below the position, or not above its row's `pos`."""
    log, store = log_of(PRODERM[:300]), MemoryStore()
    processor = await caught_up_processor(log, store)
    before = store_contents(store)
    await processor.fold_batch(records_between(log))
    store.set(CURSOR, {"next": b"0"})
    counts = await (await claimed_processor(log, store)).fold_batch(records_between(log))

    assert (counts.skipped, store_contents(store)) == (300, before)


async def test_of_two_workers_one_must_claim_again():
    """A worker whose cursor moved discards its fold, and continues from the stored cursor."""
    log, store = log_of(PRODERM[:600]), MemoryStore()
    first, second = await claimed_processor(log, store), await claimed_processor(log, store)
    await first.fold_batch(records_between(log, 0, 200))
    assert await second.cursor_moved() and not await first.cursor_moved()
    with pytest.raises(CursorMoved):
        await second.fold_batch(records_between(log, 0, 300))
    assert await second.claim() == 200
    await second.fold_batch(records_between(log, 200, 500))
    with pytest.raises(CursorMoved):
        await first.fold_batch(records_between(log, 200, 600))
    await first.claim()
    await first.fold_batch(records_between(log, 500))

    assert store_contents(store) == await expected_contents(log)


async def test_a_store_that_lost_writes_is_folded_again():
    """After a failover the store has an earlier state, and the next apply is refused."""
    log, store = log_of(PRODERM[:600]), MemoryStore()
    await caught_up_processor(log_of(PRODERM[:200]), store)
    earlier = {name: dict(fields) for name, fields in store.hashes.items()}
    processor = await claimed_processor(log, store)
    await processor.fold_batch(records_between(log, 200, 400))
    store.hashes = earlier
    assert await processor.cursor_moved()
    with pytest.raises(CursorMoved):
        await processor.fold_batch(records_between(log, 400))
    await processor.claim()
    await processor.fold_batch(records_between(log))

    assert store_contents(store) == await expected_contents(log)


async def test_a_wiped_store_is_rebuilt_with_the_same_contents():
    """The store is a projection of the log: without a cursor the fold begins at offset 0."""
    log, store = log_of(PRODERM[:600]), MemoryStore()
    processor = await caught_up_processor(log, store)
    store.hashes.clear()

    assert await processor.cursor_moved()
    assert await processor.claim() == 0
    await processor.fold_batch(records_between(log))
    assert store_contents(store) == await expected_contents(log)


async def test_studies_are_evicted_when_memory_is_short():
    """An evicted study is loaded again for its next record, and the store's contents are equal."""
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
def test_any_log_is_folded_the_same_after_any_interruption(
    log: list[dict[str, Any]], restarts: list[int], commands_left: int
):
    """Drawn logs have refusals, conflicts, merges and amendments; restarts are anywhere."""
    asyncio.run(check_interrupted(log, sorted(restarts), commands_left))


async def check_interrupted(
    drawn: list[dict[str, Any]], restarts: list[int], commands_left: int
) -> None:
    """Fold the *drawn* log with restarts and one failed command, and compare it with one pass."""
    study = drawn[0]["study"]
    log = log_of(map(orjson.dumps, drawn), study)
    store = FailingStore(commands_left=commands_left)
    for end in [*restarts, len(drawn)]:
        with suppress(StoreUnreachable):
            processor = await claimed_processor(log, store, limits=SMALL_LIMITS)
            await processor.fold_batch(records_between(log, processor.position, end))
    store.commands_left = None
    await caught_up_processor(log, store)

    pipeline, alerts = single_pass(log)
    assert store_contents(store) == await expected_contents(log)
    assert {name for name in store.get(OUTBOX) if name[0] == "a"} == {
        f"a|{each.id}|{each.revision:06d}" for each in alerts
    }
    for name, expected in pipeline.studies.items():
        assert state_by_name(study_in(store, name)) == state_by_name(expected)
