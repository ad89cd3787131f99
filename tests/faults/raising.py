"""The worker of the product with an injected bug: its fold raises at records with certain ids."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field

from monitor.records import Record
from monitor.state.study import Study
from streams.processor.folding import Fold
from streams.processor.pipeline import RecordResult
from streams.worker.owned_partition import OwnedPartition
from streams.worker.process import WorkerProcess
from tests.worker_programs import run_as_program

RAISES_ONCE, RAISES_TWICE = "raises-once", "raises-twice"
"""Parts of entity ids: the fold raises once, or every time, at a record of such an entity."""


@dataclass(slots=True)
class RaisingFold:
    """Raises before the *fold* of the product is called."""

    fold: Fold
    seen: set[str] = field(default_factory=set[str])

    def __call__(
        self, study: Study | None, record: Record, position: int
    ) -> tuple[Study | None, RecordResult]:
        """Raise ArithmeticError at a record with a marked id, otherwise fold it."""
        is_first = record.entity_id not in self.seen
        if RAISES_TWICE in record.entity_id or (RAISES_ONCE in record.entity_id and is_first):
            self.seen.add(record.entity_id)
            print(f"raised at {record.entity_id}", file=sys.stderr, flush=True)
            raise ArithmeticError
        return self.fold(study, record, position)


class FaultyWorkerProcess(WorkerProcess):
    """The worker of `tocsin run` with this fold in its processors."""

    def open_partition(self, partition: int, partition_count: int) -> OwnedPartition:
        """Return the partition with the raising fold."""
        owned = WorkerProcess.open_partition(self, partition, partition_count)
        owned.processor.fold = RaisingFold(owned.processor.fold)
        return owned


if __name__ == "__main__":
    run_as_program(FaultyWorkerProcess)
