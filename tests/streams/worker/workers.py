"""A worker over logs that are lists, fetched from as its consumer would."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from streams.outbox.relay import OutboxRelay
from streams.processor import PartitionProcessor
from streams.worker.batch_handler import FetchedBatch
from streams.worker.owned_partition import OwnedPartition
from streams.worker.progress import Progress
from streams.worker.worker import Worker
from tests.streams.list_log import ListLog
from tests.streams.list_sender import ListSender
from tests.streams.processor.processors import FailingStore, RaisingFold

FETCH_MAX = 100


@dataclass
class WorkerSetup:
    """Partitions of *logs*, each with a store that may fail and a fold that may raise."""

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
        """What the consumer would hand over next: each partition from where it is to be read."""
        epoch, positions = self.worker.epoch, await self.worker.fetch_positions()
        found = {log.partition: log for log in self.logs}
        return FetchedBatch(
            epoch, {each: await found[each].read(at, most) for each, at in positions.items()}
        )

    async def fetch_and_fold(self, most: int = FETCH_MAX) -> None:
        """Seek, fetch and fold, once."""
        batch = await self.fetch(most)
        self.worker.sent(batch)
        await self.worker.dispatch(batch)

    async def check(self) -> None:
        """The look that is taken once a second, where all that was fetched is folded."""
        positions = {
            number: each.processor.position for number, each in self.worker.partitions.items()
        }
        await self.worker.check_cursors(positions, {log.partition: log.next for log in self.logs})

    def position(self, partition: int) -> int | None:
        """Where *partition* is read from next; None where it stands still."""
        return self.worker.partitions[partition].fetch_position
