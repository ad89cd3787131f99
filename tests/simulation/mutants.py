"""Mutants of the product as subclasses; the storms must detect each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from alerts.alert import Alert
from monitor.records import Record
from monitor.state.study import Study
from streams.log import LogRecord
from streams.processor.counts import BatchCounts
from streams.processor.pipeline import RecordResult, apply_record
from streams.processor.processor import PartitionProcessor
from streams.processor.stop import OffsetGap
from streams.worker.consumer import FetchedBatch
from streams.worker.owned_partition import OwnedPartition
from streams.worker.progress import EmptyFetches, PartitionOffsets
from tests.simulation.remote_log import RemoteLog
from tests.simulation.remote_store import RemoteStore
from tests.simulation.simulated_worker import SimulatedWorker
from tests.simulation.storm import Variant
from tests.simulation.wrong_stores import (
    ComparesNothing,
    ComparesRowsOnly,
    CursorFirst,
    RowInTwoWrites,
)


class DropsBatches(SimulatedWorker):
    """Loses about every fifth batch without reporting it."""

    async def enqueue(self, batch: FetchedBatch) -> None:
        if self.machine.chaos.random.random() >= 0.2:
            await super().enqueue(batch)


class NeverRefetches(EmptyFetches):
    """Never fetches again after a fetch without records."""

    def needs_refetch(self, partition: int, offsets: PartitionOffsets) -> bool:
        return False


class DropsAndNeverRefetches(DropsBatches):
    """Does not fetch a dropped batch again when no further record follows."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.worker.empty_fetches = NeverRefetches()


class GapSkippingPartition(OwnedPartition):
    """Skips a gap as transaction markers without reading the log again."""

    async def resolve_gap(self, gap: OffsetGap) -> bool:
        self.processor.skip_gap(gap.found)
        return True


class DropsAndSkipsGaps(DropsBatches):
    """Skips a dropped batch when the next batch arrives."""

    def open_partition(self, partition: int, partition_count: int) -> OwnedPartition:
        owned = super().open_partition(partition, partition_count)
        return GapSkippingPartition(owned.processor, owned.log, owned.store, owned.relay)


class ErrorLeakingPartition(OwnedPartition):
    """Lets exceptions of the processor pass to the agent, which loses the batch."""

    async def process(self, records: Sequence[LogRecord]) -> bool:
        await self.processor.fold_batch(records)
        return True


class AgentRaises(SimulatedWorker):
    """Runs partitions whose exceptions reach the agent."""

    def open_partition(self, partition: int, partition_count: int) -> OwnedPartition:
        owned = super().open_partition(partition, partition_count)
        return ErrorLeakingPartition(owned.processor, owned.log, owned.store, owned.relay)


class AlertsAtBatchEnd:
    """Holds alerts back until the record at offset *last*, the end of the batch."""

    def __init__(self) -> None:
        self.last, self.pending = -1, list[Alert]()

    def __call__(
        self, study: Study | None, record: Record, position: int
    ) -> tuple[Study | None, RecordResult]:
        """Fold a record; return the alerts of the batch with its last record."""
        study, result = apply_record(study, record, position)
        self.pending += result.alerts
        if position != self.last:
            return study, replace(result, alerts=())
        alerts = tuple(replace(alert, line=position) for alert in self.pending)
        self.pending.clear()
        return study, replace(result, alerts=alerts)


class BatchEvaluatingProcessor(PartitionProcessor):
    """Evaluates once per batch instead of once per record."""

    async def fold_batch(self, records: Sequence[LogRecord]) -> BatchCounts:
        assert isinstance(self.fold, AlertsAtBatchEnd)
        self.fold.last = records[-1].offset
        return await super().fold_batch(records)


class BatchEvaluatingWorker(SimulatedWorker):
    """Runs processors that evaluate once per batch."""

    def processor(self, log: RemoteLog, store: RemoteStore, partition: int) -> PartitionProcessor:
        limits = self.services.limits
        return BatchEvaluatingProcessor(
            log, store, partition=partition, limits=limits, fold=AlertsAtBatchEnd()
        )


MUTANTS = {
    "no compare-and-set": Variant(store=ComparesNothing),
    "compare-and-set on the studies' positions": Variant(store=ComparesRowsOnly),
    "cursor written first": Variant(store=CursorFirst),
    "a row in two writes": Variant(store=RowInTwoWrites),
    "a dropped batch skipped": Variant(worker=DropsAndSkipsGaps),
    "a dropped batch not fetched again": Variant(worker=DropsAndNeverRefetches),
    "an exception that reaches the agent": Variant(worker=AgentRaises),
    "evaluation per batch": Variant(worker=BatchEvaluatingWorker),
}

HARMLESS = {"a dropped batch": Variant(worker=DropsBatches)}
"""Faults that the product must recover from, because it fetches lost batches again."""
