"""A fold that nobody waits for any more ends soon, in its thread too."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

import pytest

from monitor.records import Record
from monitor.state.study import Study
from streams.processor.limits import Limits
from streams.processor.pipeline import RecordResult, apply_record
from streams.processor.processor import PartitionProcessor
from streams.processor.stop import CursorMoved
from streams.store.memory import MemoryStore
from tests.streams.processor.processors import PRODERM, claimed_processor, log_of

SLOW_SECONDS = 0.02
WAIT_SECONDS = 0.3
RECORDS = 100


@dataclass
class SlowFold:
    """A fold that takes long for each record after the plan, and notes how many it has folded.

    At record *raises_at* it abandons the working set of *processor*, and raises.
    """

    folded: int = 0
    raises_at: int = -1
    processors: list[PartitionProcessor] = field(default_factory=list[PartitionProcessor])

    def __call__(
        self, study: Study | None, record: Record, offset: int
    ) -> tuple[Study | None, RecordResult]:
        if offset == self.raises_at:
            for each in self.processors:
                assert each.working_set is not None
                each.working_set.abandoned = True
            raise ArithmeticError("at the record")
        time.sleep(SLOW_SECONDS if study is not None else 0)
        self.folded += 1
        return apply_record(study, record, offset)


async def test_the_thread_of_a_cancelled_fold_ends():
    """Python waits for its threads at the end, so the worker would end minutes later."""
    fold, log = SlowFold(), log_of(PRODERM[:RECORDS])
    processor = await claimed_processor(
        log, MemoryStore(), fold=fold, limits=Limits(loop_seconds=0)
    )
    folding = asyncio.create_task(processor.fold_batch(await log.read(0, RECORDS)))
    await asyncio.sleep(WAIT_SECONDS)

    folding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await folding

    await asyncio.sleep(WAIT_SECONDS)
    folded = fold.folded
    await asyncio.sleep(WAIT_SECONDS)
    assert 0 < fold.folded == folded < RECORDS


async def test_a_partition_that_is_assigned_anew_is_not_claimed_by_its_last_processor():
    """The claim would open a reader that nobody closes, and fold on beside the new assignment."""
    fold, log, store = SlowFold(raises_at=20), log_of(PRODERM[:RECORDS]), MemoryStore()
    processor = await claimed_processor(log, store, fold=fold)
    fold.processors.append(processor)

    with pytest.raises(CursorMoved):
        await processor.fold_batch(await log.read(0, RECORDS))

    assert processor.working_set is None and fold.folded <= 20
