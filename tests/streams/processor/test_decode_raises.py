"""A record whose decoding raises stops its partition at its own offset."""

from __future__ import annotations

from typing import Any, cast

import pytest

from streams.processor.stop import StopReason
from streams.store.memory import MemoryStore
from tests.streams.list_log import ListLog, ListRecord
from tests.streams.processor.processors import (
    PRODERM,
    STUDY,
    caught_up_processor,
    claimed_processor,
    expected_contents,
    log_of,
    records_between,
    store_contents,
)

NO_BYTES = cast(Any, 7)
"""A value that decoding cannot take: it raises, which is a bug and no refusal."""


def log_with_bug(offset: int) -> ListLog:
    """Return a log of ProDERM in which decoding the record at *offset* raises."""
    log = log_of(PRODERM[:60])
    log.records[offset] = ListRecord(offset, STUDY.encode(), NO_BYTES)
    return log


@pytest.mark.parametrize("failing", [0, 1, 40, 59])
async def test_the_partition_stops_before_the_record_that_cannot_be_decoded(failing: int):
    """All records before it are in the store, and the stop names its offset."""
    log, store = log_with_bug(failing), MemoryStore()
    processor = await claimed_processor(log, store)

    await processor.fold_batch(records_between(log))

    assert processor.stopped is not None
    assert (processor.stopped.offset, processor.stopped.reason) == (failing, StopReason.RAISED)
    assert f"record {failing} " in processor.stopped.detail
    assert processor.position == failing
    rows = {k: v for k, v in store_contents(store).items() if k.startswith("s:")}
    expected = await expected_contents(log_of(PRODERM[:failing]))
    assert rows == {k: v for k, v in expected.items() if k.startswith("s:")}


async def test_a_rebuild_that_meets_the_record_stops_at_its_offset():
    """A rebuild decodes records that were folded before; the error does not repeat for ever."""
    log, store = log_of(PRODERM[:60]), MemoryStore()
    await caught_up_processor(log, store)
    log.records[20] = ListRecord(20, STUDY.encode(), NO_BYTES)
    store.set(f"s:{STUDY}", {"pos": b"7"})
    processor = await claimed_processor(log, store)

    for _ in range(3):
        await processor.rebuild()

    assert processor.stopped is not None
    assert processor.stopped.offset == 20
