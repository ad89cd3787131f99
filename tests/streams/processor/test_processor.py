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

from streams.processor import Moved
from streams.store import StoreUnreachable
from streams.store.memory import CURSOR, OUTBOX, MemoryStore
from streams.store.rows.digest import digest_of
from tests.independent.strategies import amended, logs
from tests.streams.processor.processors import (
    PRODERM,
    STUDY,
    Failing,
    Limits,
    caught_up,
    claimed,
    digest,
    log_of,
    pass_of,
    projection,
    records,
    settled,
    state,
    study_in,
)

SMALL = Limits(pairs=200)
"""Many applies, and rows that do not fit into one."""


async def test_a_study_taken_up_by_another_worker_goes_on_as_in_one_pass():
    """Alerts, their payloads, the state and the rows do not show where it changed hands."""
    log, store = log_of(PRODERM), MemoryStore()
    for end in (1, 61, 1300, len(PRODERM)):
        lane = await claimed(log, store)
        await lane.take(records(log, lane.position, end))

    pipeline, alerts = pass_of(log)
    told = {
        f"a|{each.id}|{each.revision:06d}": orjson.loads(orjson.dumps(asdict(each)))
        for each in alerts
    }
    assert {name: orjson.loads(each) for name, each in store.get(OUTBOX).items()} == {
        name: {**each, "hypothetical": False} for name, each in told.items()
    }
    assert digest(study_in(store)) == digest(pipeline.studies[STUDY])
    assert settled(store) == await projection(log)


async def test_a_row_has_the_digest_of_its_fields():
    """Whoever reads a row can tell that it is whole."""
    store = MemoryStore()
    await caught_up(log_of(PRODERM), store, limits=SMALL)

    row = store.get(f"s:{STUDY}")
    assert row["digest"] == digest_of(row)
    assert int(row["pos"]) == len(PRODERM) - 1 and row["began"] == b"0"


async def test_an_apply_is_never_larger_than_it_may_be():
    """Records are split between applies, and a row that is too large for one goes aside."""
    log, store = log_of(PRODERM[:800]), MemoryStore()
    lane = await claimed(log, store, limits=SMALL)
    taken = await lane.take(records(log))

    assert taken.pairs / taken.applies <= SMALL.pairs
    assert settled(store) == await projection(log)


@pytest.mark.parametrize("limits", [Limits(), SMALL])
async def test_every_torn_prefix_of_an_apply_mends(limits: Limits):
    """Redis may keep any first part of a script: outbox, some rows, not the cursor."""
    log = log_of(PRODERM[:400])
    whole = await projection(log)
    for commands in range(24):
        store = Failing(left=commands)
        lane = await claimed(log, store, limits=limits)
        with suppress(StoreUnreachable):
            await lane.take(records(log, 0, 250))
        store.left = None
        assert (await caught_up(log, store, limits=limits)).position == 400
        assert settled(store) == whole


async def test_a_batch_is_taken_twice_and_counts_once():
    """What was folded before is below the position, or below the `pos` of its row."""
    log, store = log_of(PRODERM[:300]), MemoryStore()
    lane = await caught_up(log, store)
    before = settled(store)
    await lane.take(records(log))
    store.set(CURSOR, {"next": b"0"})
    taken = await (await claimed(log, store)).take(records(log))

    assert (taken.skipped, settled(store)) == (300, before)


async def test_of_two_workers_one_is_told_to_claim_again():
    """The cursor has moved under the other: it forgets what it folded, and goes on from there."""
    log, store = log_of(PRODERM[:600]), MemoryStore()
    one, other = await claimed(log, store), await claimed(log, store)
    await one.take(records(log, 0, 200))
    assert await other.glance() and not await one.glance()
    with pytest.raises(Moved):
        await other.take(records(log, 0, 300))
    assert await other.claim() == 200
    await other.take(records(log, 200, 500))
    with pytest.raises(Moved):
        await one.take(records(log, 200, 600))
    await one.claim()
    await one.take(records(log, 500))

    assert settled(store) == await projection(log)


async def test_a_store_that_fell_back_is_folded_again():
    """After a failover it holds an earlier moment: the next apply is refused, not mixed in."""
    log, store = log_of(PRODERM[:600]), MemoryStore()
    await caught_up(log_of(PRODERM[:200]), store)
    earlier = {name: dict(fields) for name, fields in store.held.items()}
    lane = await claimed(log, store)
    await lane.take(records(log, 200, 400))
    store.held = earlier
    assert await lane.glance()
    with pytest.raises(Moved):
        await lane.take(records(log, 400))
    await lane.claim()
    await lane.take(records(log))

    assert settled(store) == await projection(log)


async def test_a_wiped_store_comes_back_the_same():
    """It is a projection: the log is the truth, and the cursor begins before its first record."""
    log, store = log_of(PRODERM[:600]), MemoryStore()
    lane = await caught_up(log, store)
    store.held.clear()

    assert await lane.glance()
    assert await lane.claim() == 0
    await lane.take(records(log))
    assert settled(store) == await projection(log)


async def test_studies_leave_memory_when_it_is_short():
    """They are loaded again when a record asks for them; nobody can tell."""
    log, store = log_of(PRODERM[:300]), MemoryStore()
    values = [each.value or b"" for each in records(log)]
    for name in ("OTHER", "THIRD"):
        for value in values[:100]:
            log.append(value.replace(b"PRODERM", name.encode()), name.encode())
    await caught_up(log, store, limits=Limits(bytes=1, pairs=SMALL.pairs))

    assert settled(store) == await projection(log)


@settings(max_examples=40)
@given(logs() | amended(), st.lists(st.integers(0, 60), max_size=3), st.integers(0, 30))
def test_any_log_is_folded_the_same_whatever_interrupts_it(
    log: list[dict[str, Any]], cuts: list[int], commands: int
):
    """Refusals, conflicts, merges, amendments: restarted anywhere, cut short anywhere."""
    asyncio.run(interrupted(log, sorted(cuts), commands))


async def interrupted(drawn: list[dict[str, Any]], cuts: list[int], commands: int) -> None:
    """Fold a drawn log with restarts and one failure, and compare it with one pass."""
    study = drawn[0]["study"]
    log = log_of(map(orjson.dumps, drawn), study)
    store = Failing(left=commands)
    for end in [*cuts, len(drawn)]:
        with suppress(StoreUnreachable):
            lane = await claimed(log, store, limits=SMALL)
            await lane.take(records(log, lane.position, end))
    store.left = None
    await caught_up(log, store)

    pipeline, alerts = pass_of(log)
    assert settled(store) == await projection(log)
    assert {name for name in store.get(OUTBOX) if name[0] == "a"} == {
        f"a|{each.id}|{each.revision:06d}" for each in alerts
    }
    for name, whole in pipeline.studies.items():
        assert state(study_in(store, name)) == state(whole)
