"""A worker with a fault: it folds as ours does, but raises at records that are named for it."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field

from monitor.records import Record
from monitor.state.study import Study
from streams.processor.folding import Fold
from streams.processor.pipeline import RecordResult
from streams.store import LIVE_SPACE
from streams.worker.owned_partition import OwnedPartition
from streams.worker.process import WorkerProcess
from tocsin.commands.run import run_worker
from tocsin.common.exits import Stop

RAISES_ONCE, RAISES_TWICE = "raises-once", "raises-twice"
"""How the things are named at whose record it raises once, and whenever it is folded."""


@dataclass(slots=True)
class RaisingFold:
    """The *fold* of the product, with the fault before it."""

    fold: Fold
    seen: set[str] = field(default_factory=set[str])

    def __call__(
        self, study: Study | None, record: Record, position: int
    ) -> tuple[Study | None, RecordResult]:
        """Raise, or fold."""
        first = record.entity_id not in self.seen
        if RAISES_TWICE in record.entity_id or (RAISES_ONCE in record.entity_id and first):
            self.seen.add(record.entity_id)
            print(f"raised at {record.entity_id}", file=sys.stderr, flush=True)
            raise ArithmeticError
        return self.fold(study, record, position)


class FaultyWorkerProcess(WorkerProcess):
    """The worker of `tocsin run` with this fold in its lanes."""

    def open_partition(self, partition: int, partition_count: int) -> OwnedPartition:
        """What belongs to one partition."""
        owned = WorkerProcess.open_partition(self, partition, partition_count)
        owned.processor.fold = RaisingFold(owned.processor.fold)
        return owned


def main() -> None:
    """Do what `tocsin run` does, with this worker."""
    try:
        run_worker(LIVE_SPACE, FaultyWorkerProcess)
    except Stop as stop:
        print(f"tocsin: {stop}", file=sys.stderr)
        sys.exit(stop.code)


if __name__ == "__main__":
    main()
