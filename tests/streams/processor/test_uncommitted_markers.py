"""Transaction markers count in the cursor once it is past them, and not before."""

from __future__ import annotations

import orjson
import pytest

from streams.processor.processor import PartitionProcessor
from streams.processor.stop import OffsetGap
from streams.store.memory import CURSOR, MemoryStore
from tests.streams.list_log import ListLog
from tests.streams.processor.damaged_rows import corrupt_case, log_of_two_studies
from tests.streams.processor.processors import (
    claimed_processor,
    records_between,
)


def stored_markers(store: MemoryStore) -> tuple[bytes, int]:
    """Return the next offset of the stored cursor, and its number of markers."""
    cursor = store.get(CURSOR)
    return cursor["next"], orjson.loads(cursor["counts"])["markers"]


def log_with_marker(marker_at: int) -> ListLog:
    """Return a log of two studies with a marker at offset *marker_at*, and a record after it."""
    log = log_of_two_studies(marker_at // 2)
    log.append_marker()
    following = log_of_two_studies(marker_at // 2 + 1).records[marker_at]
    log.append(following.value, following.key)
    return log


async def skip_marker(processor: PartitionProcessor, log: ListLog, marker_at: int) -> None:
    """Fold up to the marker, and skip it as a worker does after a second reading."""
    with pytest.raises(OffsetGap):
        await processor.fold_batch(records_between(log, 100))
    processor.skip_gap(marker_at + 1)


async def test_a_row_swapped_in_before_the_commit_does_not_count_a_skipped_marker():
    """A worker that claims from this cursor meets the marker again, and would count it twice."""
    log, store = log_with_marker(200), MemoryStore()
    await (await claimed_processor(log, store)).fold_batch(records_between(log, 0, 100))
    corrupt_case(store)
    processor = await claimed_processor(log, store)
    await skip_marker(processor, log, 200)

    while await processor.rebuild():
        pass

    assert stored_markers(store) == (b"200", 0)
    await processor.fold_batch(records_between(log, 200))
    assert stored_markers(store) == (b"202", 1)
