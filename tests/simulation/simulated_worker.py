"""One machine with the real worker on it: what it fetches, folds, watches and tells."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from monitor.records import Record
from monitor.state.study import Study
from streams.outbox.relay import OutboxRelay
from streams.processor import Limits, PartitionProcessor
from streams.processor.pipeline import RecordResult, apply_record
from streams.store import Store
from streams.worker.consumer import BatchLost, FetchedBatch
from streams.worker.owned_partition import OwnedPartition
from streams.worker.progress import Progress, Stalled
from streams.worker.worker import CHECK_SECONDS, Worker
from tests.simulation.chaos import FOLD_RAISED, Machine
from tests.simulation.oracle import ALERT_PARTITIONS
from tests.simulation.random_logs import PARTITION
from tests.simulation.remote_log import InMemoryLog, InMemoryTopics, RemoteLog, RemoteTopics
from tests.simulation.remote_store import RemoteStore

BATCH_LOSS_PROBABILITY = 0.01
FOLD_ERROR_PROBABILITY = 0.001

POSITION_CHECK_SECONDS = 5.0


@dataclass(slots=True)
class SharedServices:
    """What all machines share."""

    log: InMemoryLog
    store: Store
    topics: InMemoryTopics
    limits: Limits


@dataclass(slots=True)
class SimulatedWorker:
    """A worker of the product, with a reader of its own in the place of Faust's consumer.

    The reader keeps the consumer's rules: every epoch begins by seeking to where the worker
    stands, and what is dropped is said to be lost.
    """

    machine: Machine
    services: SharedServices
    fetched: int = -1
    queue: asyncio.Queue[FetchedBatch] = field(default_factory=lambda: asyncio.Queue(2))
    tasks: list[asyncio.Task[None]] = field(default_factory=list["asyncio.Task[None]"])
    worker: Worker = field(init=False)

    def __post_init__(self) -> None:
        clock = asyncio.get_running_loop().time
        self.worker = Worker(self.open_partition, progress=Progress(clock=clock))

    def start(self) -> None:
        """Begin to work."""
        parts = (
            self.run_consumer(),
            self.run_agent(),
            self.run_cursor_checks(),
            self.run_publishing(),
            self.run_rebuilds(),
            self.run_position_checks(),
        )
        self.tasks.extend(asyncio.create_task(part) for part in parts)

    def open_partition(self, partition: int, partition_count: int) -> OwnedPartition:
        """What belongs to one partition."""
        log, store = (
            RemoteLog(self.machine, self.services.log),
            RemoteStore(self.machine, self.services.store),
        )
        sender = RemoteTopics(self.machine, self.services.topics)
        clock = asyncio.get_running_loop().time
        relay = OutboxRelay(log, store, sender, ALERT_PARTITIONS, clock=clock)
        return OwnedPartition(self.processor(log, store, partition), log, store, relay)

    def processor(self, log: RemoteLog, store: RemoteStore, partition: int) -> PartitionProcessor:
        """What folds a partition."""
        limits = self.services.limits
        return PartitionProcessor(
            log, store, partition=partition, limits=limits, fold=self.fold_or_raise
        )

    def fold_or_raise(
        self, study: Study | None, record: Record, position: int
    ) -> tuple[Study | None, RecordResult]:
        """Fold a record, as the product does, unless that raises; a second time it seldom does."""
        if self.machine.chaos.happens(FOLD_ERROR_PROBABILITY, FOLD_RAISED):
            raise RuntimeError
        return apply_record(study, record, position)

    @property
    def processors(self) -> list[PartitionProcessor]:
        """The lanes that this worker holds."""
        return [owned.processor for owned in self.worker.partitions.values()]

    async def run_consumer(self) -> None:
        """Seek, fetch, hand over, for ever."""
        await self.worker.assign({PARTITION})
        sought, position = -1, None
        while True:
            await self.machine.pause()
            epoch = self.worker.epoch
            if epoch != sought:
                position = (await self.worker.fetch_positions()).get(PARTITION)
                sought = epoch
            most = self.machine.chaos.random.choice((1, 2, 5, 20))
            records = [] if position is None else await self.services.log.read(position, most)
            if records:
                position = records[-1].offset + 1
                await self.enqueue(FetchedBatch(epoch, {PARTITION: records}))
            else:
                await asyncio.sleep(0.1)
            self.fetched = -1 if position is None else position

    async def enqueue(self, batch: FetchedBatch) -> None:
        """Put *batch* before the agent, unless its epoch ends first, or it gets lost."""
        chaos = self.machine.chaos
        if chaos.happens(BATCH_LOSS_PROBABILITY, "batch lost in silence"):
            return
        if chaos.happens(BATCH_LOSS_PROBABILITY, "batch lost"):
            self.worker.invalidate(BatchLost("the channel to the agent was cleared"))
            return
        self.worker.sent(batch)
        put = asyncio.ensure_future(self.queue.put(batch))
        epoch_end = asyncio.ensure_future(self.worker.wait_ended(batch.epoch))
        await asyncio.wait((put, epoch_end), return_when=asyncio.FIRST_COMPLETED)
        epoch_end.cancel()
        put.cancel()

    async def run_agent(self) -> None:
        """The agent: where it raises, Faust starts it anew, and the batch is gone."""
        while True:
            batch = await self.queue.get()
            try:
                await self.worker.dispatch(batch)
            except Exception as error:
                self.machine.chaos.counts[f"agent raised {type(error).__name__}"] += 1

    async def run_cursor_checks(self) -> None:
        """Once a second see that the cursor is ours; stalled, the process ends."""
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            await self.machine.pause()
            try:
                await self.worker.check_cursors(*self.bounds())
            except Stalled:
                self.machine.kill()
            await self.machine.pause()

    def bounds(self) -> tuple[Mapping[int, int], Mapping[int, int]]:
        """How far was fetched, and where the log ends."""
        fetched = {PARTITION: self.fetched} if self.fetched >= 0 else {}
        return fetched, {PARTITION: self.services.log.end}

    async def run_publishing(self) -> None:
        """Relay what is to be told, for ever."""
        while True:
            await self.worker.publish_outboxes()

    async def run_rebuilds(self) -> None:
        """Rebuild the rows that are behind."""
        while True:
            more = await self.worker.rebuild_rows()
            await asyncio.sleep(0 if more else CHECK_SECONDS)

    async def run_position_checks(self) -> None:
        """Look for rows that have fallen back by themselves, more often than the product."""
        while True:
            await asyncio.sleep(POSITION_CHECK_SECONDS)
            await self.worker.compare_positions()
