"""The partitions of a small batch write in one step of the event loop, those of a large one not."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from streams.store import ApplyRequest, ApplyResult
from streams.worker.worker import SMALL_BATCH_RECORDS
from tests.streams.processor.processors import (
    PRODERM,
    FailingStore,
    expected_contents,
    log_of,
    store_contents,
)
from tests.streams.worker.workers import WorkerSetup


@dataclass
class SteppedStore(FailingStore):
    """A store that notes in *steps* each of its applies, and each end of the step of the first."""

    steps: list[str] = field(default_factory=list[str])

    async def apply(self, request: ApplyRequest) -> ApplyResult:
        """Note the apply, and the end of this step of the event loop."""
        if "apply" not in self.steps:
            asyncio.get_running_loop().call_soon(self.steps.append, "end of step")
        self.steps.append("apply")
        return await FailingStore.apply(self, request)


@pytest.mark.parametrize(
    ("records", "steps"),
    [
        (40, ["apply", "apply", "apply", "end of step"]),
        (SMALL_BATCH_RECORDS, ["apply", "end of step", "apply", "apply"]),
    ],
)
async def test_the_partitions_of_a_small_batch_write_together(records: int, steps: list[str]):
    """In a large batch the store works on one partition while the next is folded."""
    logs = [log_of(PRODERM[:records]) for _ in range(3)]
    for number, log in enumerate(logs):
        log.partition = number
    setup, noted = WorkerSetup(logs), list[str]()
    setup.stores |= {number: SteppedStore(steps=noted) for number in range(3)}
    await setup.assign_partitions(0, 1, 2)

    await setup.fetch_and_fold(records)
    await asyncio.sleep(0)

    assert noted == steps
    assert store_contents(setup.stores[0]) == await expected_contents(logs[0])
