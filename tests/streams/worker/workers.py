"""A worker over in-memory logs, from which batches are fetched as by its consumer."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from streams.outbox.relay import OutboxRelay
from streams.processor.processor import PartitionProcessor
from streams.worker.batch_handler import FetchedBatch
from streams.worker.owned_partition import OwnedPartition
from streams.worker.progress import Progress
from streams.worker.worker import Worker
from tests.streams.list_log import ListLog
from tests.streams.list_sender import ListSender
from tests.streams.processor.processors import FailingStore, RaisingFold

FETCH_MAX = 100
"""Most records of one partition in a fetched batch."""


@dataclass
class WorkerSetup:
    """A worker for the partitions of *logs*, each with a store that may fail.

    The fold raises at each offset of *fold_failures*, that many times.
    """

    logs: list[ListLog]
    sender: ListSender = field(default_factory=ListSender)
    fold_failures: Counter[int] = field(default_factory=Counter[int])
    now: float = 0

    def __post_init__(self) -> None:
        self.stores = {log.partition: FailingStore() for log in self.logs}
        self.worker = Worker(self.open_partition, Progress(clock=lambda: self.now))

    def open_partition(self, partition: int, of: int) -> OwnedPartition:
        (log,) = (each for each in self.logs if each.partition == partition)
        store, fold = self.stores[partition], RaisingFold(self.fold_failures)
        relay = OutboxRelay(log, store, self.sender, 4)
        return OwnedPartition(
            PartitionProcessor(log, store, partition=partition, fold=fold), log, store, relay
        )

    async def assign_partitions(self, *partitions: int) -> None:
        await self.worker.assign(set(partitions))

    async def fetch(self, most: int = FETCH_MAX) -> FetchedBatch:
        """The batch that the consumer would fetch next, at most *most* records per partition."""
        epoch, positions = self.worker.epoch, await self.worker.fetch_positions()
        logs = {log.partition: log for log in self.logs}
        return FetchedBatch(
            epoch, {each: await logs[each].read(start, most) for each, start in positions.items()}
        )

    async def fetch_and_fold(self, most: int = FETCH_MAX) -> None:
        """Seek, fetch and fold one batch."""
        batch = await self.fetch(most)
        self.worker.sent(batch)
        await self.worker.dispatch(batch)

    async def check(self) -> None:
        """Check the cursors once, with everything that was fetched folded."""
        positions = {
            number: each.processor.position for number, each in self.worker.partitions.items()
        }
        await self.worker.check_cursors(positions, {log.partition: log.next for log in self.logs})

    def position(self, partition: int) -> int | None:
        """The offset to fetch next of *partition*; None while it is stopped or unclaimed."""
        return self.worker.partitions[partition].fetch_position
