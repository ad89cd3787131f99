"""A partition folded into each store: the projection is the same, and so is what mends it."""

from __future__ import annotations

from streams.processor import Lane, Limits, Moved
from streams.store import Fields, Store
from streams.store.memory import MemoryStore
from streams.store.redis import RedisStore
from tests.contract.stores import Made
from tests.streams.list_log import KeptLog
from tests.streams.processor.processors import PRODERM, STUDY, log_of, projection, records

LIMITS = Limits(pairs=500)
"""Small enough for rows that are prepared aside in parts."""


async def claimed(log: KeptLog, store: Store) -> Lane:
    """A lane that has claimed its partition."""
    lane = Lane(log, store, partition=0, limits=LIMITS)
    await lane.claim()
    return lane


async def held(store: Store) -> dict[str, Fields]:
    """All that the store has, by the names that a store in memory gives it."""
    found = {
        "cursor": await store.cursor(),
        f"s:{STUDY}": await store.row(STUDY),
        "outbox": await store.outbox(),
    }
    return {name: {f: value for f, value in each.items() if value} for name, each in found.items()}


async def test_every_store_comes_to_hold_the_same(made: Made):
    """Restarted in the middle, with rows too large for one apply."""
    log = log_of(PRODERM)
    async with made() as store:
        await (await claimed(log, store)).take(records(log, 0, 1500))
        await (await claimed(log, store)).take(records(log, 1500))

        assert await held(store) == await projection(log)


async def test_two_lanes_race_and_neither_harms_the_other(made: Made):
    """Whoever comes second is refused, claims again, and goes on."""
    log = log_of(PRODERM[:600])
    async with made() as store:
        lanes = [await claimed(log, store), await claimed(log, store)]
        for end in range(100, 601, 50):
            for lane in lanes:
                try:
                    await lane.take(records(log, lane.position, end))
                except Moved:
                    await lane.claim()
        assert await held(store) == await projection(log)


async def test_a_row_that_was_tampered_with_is_rebuilt(made: Made):
    """The digest tells; the row is prepared aside in parts and swapped in."""
    log = log_of(PRODERM[:600])
    async with made() as store:
        await (await claimed(log, store)).take(records(log))
        await tamper(store)
        lane = await claimed(log, store)
        log.append(PRODERM[600], STUDY.encode())
        await lane.take(records(log, 600))
        assert lane.rebuilding
        await lane.glance()

        assert await held(store) == await projection(log)


async def tamper(store: Store) -> None:
    """Change a field of the row behind everybody's back."""
    head: Fields = {"head": b"{}"}
    if isinstance(store, MemoryStore):
        store.set(f"s:{STUDY}", head)
    elif isinstance(store, RedisStore):
        await store.client.hset(store.keys.row(STUDY), mapping=head)
