"""The worker of the product with an injected bug: its fold never returns, and blocks its loop."""

from __future__ import annotations

import time

from monitor.records import Record
from monitor.state.study import Study
from streams.processor.pipeline import RecordResult
from streams.worker.owned_partition import OwnedPartition
from streams.worker.process import WorkerProcess
from tests.worker_programs import run_as_program

GUARD_SECONDS = 5
"""Instead of the minute of the product, so that the test is short."""


def blocking_fold(
    study: Study | None, record: Record, position: int
) -> tuple[Study | None, RecordResult]:
    """Block the event loop for ever."""
    while True:
        time.sleep(1)


class BlockedWorkerProcess(WorkerProcess):
    """The worker of `tocsin run` with this fold in its processors."""

    def open_partition(self, partition: int, partition_count: int) -> OwnedPartition:
        """Return the partition with the blocking fold."""
        self.loop_guard.ticks_max = GUARD_SECONDS
        owned = WorkerProcess.open_partition(self, partition, partition_count)
        owned.processor.fold = blocking_fold
        return owned


if __name__ == "__main__":
    run_as_program(BlockedWorkerProcess)
