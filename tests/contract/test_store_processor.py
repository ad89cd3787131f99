"""A partition folded into each store: the projection is the same, and so is what mends it."""

from __future__ import annotations

from streams.processor import CursorMoved, Limits, PartitionProcessor
from streams.store import Fields, Store
from streams.store.memory import MemoryStore
from streams.store.redis import RedisStore
from tests.contract.stores import StoreFactory
from tests.streams.list_log import ListLog
from tests.streams.processor.processors import (
    PRODERM,
    STUDY,
    expected_contents,
    log_of,
    records_between,
)

LIMITS = Limits(pairs_max=500)
"""Small enough for rows that are prepared aside in parts."""


async def claimed_processor(log: ListLog, store: Store) -> PartitionProcessor:
    """A lane that has claimed its partition."""
    lane = PartitionProcessor(log, store, partition=0, limits=LIMITS)
    await lane.claim()
    return lane


async def store_contents(store: Store) -> dict[str, Fields]:
    """All that the store has, by the names that a store in memory gives it."""
    found = {
        "cursor": await store.cursor(),
        f"s:{STUDY}": await store.row(STUDY),
        "outbox": await store.outbox(),
    }
    return {name: {f: value for f, value in each.items() if value} for name, each in found.items()}


async def test_every_store_comes_to_hold_the_same(store_factory: StoreFactory):
    """Restarted in the middle, with rows too large for one apply."""
    log = log_of(PRODERM)
    async with store_factory() as store:
        await (await claimed_processor(log, store)).fold_batch(records_between(log, 0, 1500))
        await (await claimed_processor(log, store)).fold_batch(records_between(log, 1500))

        assert await store_contents(store) == await expected_contents(log)


async def test_two_lanes_race_and_neither_harms_the_other(store_factory: StoreFactory):
    """Whoever comes second is refused, claims again, and goes on."""
    log = log_of(PRODERM[:600])
    async with store_factory() as store:
        lanes = [await claimed_processor(log, store), await claimed_processor(log, store)]
        for end in range(100, 601, 50):
            for lane in lanes:
                try:
                    await lane.fold_batch(records_between(log, lane.position, end))
                except CursorMoved:
                    await lane.claim()
        assert await store_contents(store) == await expected_contents(log)


async def test_a_row_that_was_tampered_with_is_rebuilt(store_factory: StoreFactory):
    """The digest tells; the row is prepared aside in parts and swapped in."""
    log = log_of(PRODERM[:600])
    async with store_factory() as store:
        await (await claimed_processor(log, store)).fold_batch(records_between(log))
        await change_row(store)
        lane = await claimed_processor(log, store)
        log.append(PRODERM[600], STUDY.encode())
        await lane.fold_batch(records_between(log, 600))
        assert lane.needs_rebuild
        await lane.cursor_moved()

        assert await store_contents(store) == await expected_contents(log)


async def change_row(store: Store) -> None:
    """Change a field of the row behind everybody's back."""
    head: Fields = {"head": b"{}"}
    if isinstance(store, MemoryStore):
        store.set(f"s:{STUDY}", head)
    elif isinstance(store, RedisStore):
        await store.client.hset(store.keys.row(STUDY), mapping=head)
