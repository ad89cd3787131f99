"""Unreadable records that are held back stay so when what came before them is written."""

from __future__ import annotations

from streams.processor.limits import Limits
from streams.store.memory import MemoryStore
from tests.streams.processor.processors import PRODERM, claimed_processor, log_of

UNREADABLE_MAX = 10


async def test_a_write_within_a_batch_sets_no_held_back_record_aside():
    """A partition stops before the first of ten unreadable records, none of which is refused."""
    log, store = log_of([*PRODERM[:5], *[b"?"] * UNREADABLE_MAX]), MemoryStore()
    limits = Limits(write_seconds=0, unreadable_max=UNREADABLE_MAX)
    processor = await claimed_processor(log, store, limits=limits)

    await processor.fold_batch(await log.read(0, 100))

    assert processor.stopped is not None and processor.stopped.offset == 5
    assert processor.position == 5 and processor.stored_position == 5
    assert not [each for each in await store.outbox() if each.startswith("d|")]
