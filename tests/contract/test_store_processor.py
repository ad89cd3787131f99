"""A partition folded into each kind of store: the projection and its rebuild are the same."""

from __future__ import annotations

from streams.processor.limits import Limits
from streams.processor.processor import PartitionProcessor
from streams.processor.stop import CursorMoved
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
"""Small enough that rows are staged in parts."""


async def claimed_processor(log: ListLog, store: Store) -> PartitionProcessor:
    """A processor that has claimed its partition."""
    processor = PartitionProcessor(log, store, partition=0, limits=LIMITS)
    await processor.claim()
    return processor


async def store_contents(store: Store) -> dict[str, Fields]:
    """Cursor, row and outbox of the store, by the names of a store in memory."""
    contents = {
        "cursor": await store.cursor(),
        f"s:{STUDY}": await store.row(STUDY),
        "outbox": await store.outbox(),
    }
    return {
        name: {f: value for f, value in each.items() if value} for name, each in contents.items()
    }


async def test_every_store_has_the_same_projection(store_factory: StoreFactory):
    """The projection is equal after a restart in the middle and rows too large for one apply."""
    log = log_of(PRODERM)
    async with store_factory() as store:
        await (await claimed_processor(log, store)).fold_batch(records_between(log, 0, 1500))
        await (await claimed_processor(log, store)).fold_batch(records_between(log, 1500))

        assert await store_contents(store) == await expected_contents(log)


async def test_two_processors_of_one_partition_do_not_corrupt_it(store_factory: StoreFactory):
    """The second of two writes is refused; its processor claims the partition again."""
    log = log_of(PRODERM[:600])
    async with store_factory() as store:
        processors = [await claimed_processor(log, store), await claimed_processor(log, store)]
        for end in range(100, 601, 50):
            for processor in processors:
                try:
                    await processor.fold_batch(records_between(log, processor.position, end))
                except CursorMoved:
                    await processor.claim()
        assert await store_contents(store) == await expected_contents(log)


async def test_a_row_that_was_tampered_with_is_rebuilt(store_factory: StoreFactory):
    """The digest detects the change; the row is staged in parts and swapped in."""
    log = log_of(PRODERM[:600])
    async with store_factory() as store:
        await (await claimed_processor(log, store)).fold_batch(records_between(log))
        await change_row(store)
        processor = await claimed_processor(log, store)
        log.append(PRODERM[600], STUDY.encode())
        await processor.fold_batch(records_between(log, 600))
        assert processor.needs_rebuild
        while await processor.rebuild():
            pass

        assert await store_contents(store) == await expected_contents(log)


async def change_row(store: Store) -> None:
    """Change a field of the row without an apply."""
    head: Fields = {"head": b"{}"}
    if isinstance(store, MemoryStore):
        store.set(f"s:{STUDY}", head)
    elif isinstance(store, RedisStore):
        await store.client.hset(store.keys.row(STUDY), mapping=head)
