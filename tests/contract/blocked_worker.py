"""The worker of the product with an injected bug: its fold never returns, and blocks its loop."""

from __future__ import annotations

import sys
import time

from monitor.records import Record
from monitor.state.study import Study
from streams.processor.pipeline import RecordResult
from streams.store import LIVE_SPACE
from streams.worker.owned_partition import OwnedPartition
from streams.worker.process import WorkerProcess
from tocsin.commands.run import run_worker
from tocsin.common.exits import Stop

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


def main() -> None:
    """Run as `tocsin run` does, with the blocked worker."""
    try:
        run_worker(LIVE_SPACE, BlockedWorkerProcess)
    except Stop as stop:
        print(f"tocsin: {stop}", file=sys.stderr)
        sys.exit(stop.code)


if __name__ == "__main__":
    main()
