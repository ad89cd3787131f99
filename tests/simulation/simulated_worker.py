"""One simulated machine that runs the real worker with a simulated consumer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from monitor.records import Record
from monitor.state.study import Study
from streams.outbox.relay import OutboxRelay
from streams.processor.limits import Limits
from streams.processor.pipeline import RecordResult, apply_record
from streams.processor.processor import PartitionProcessor
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
    """The log, store, topics and limits that all machines share."""

    log: InMemoryLog
    store: Store
    topics: InMemoryTopics
    limits: Limits


@dataclass(slots=True)
class SimulatedWorker:
    """A worker of the product with a simulated consumer in place of Faust's.

    The simulated consumer follows the rules of the real one: each epoch begins with a seek to the
    fetch positions of the worker, and a batch that it drops is reported as lost.
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
        """Start the tasks that the worker process has."""
        loops = (
            self.run_consumer(),
            self.run_agent(),
            self.run_cursor_checks(),
            self.run_publishing(),
            self.run_rebuilds(),
            self.run_position_checks(),
        )
        self.tasks.extend(asyncio.create_task(each) for each in loops)

    def open_partition(self, partition: int, partition_count: int) -> OwnedPartition:
        """Return the partition with its log, store and topics over the network."""
        log, store = (
            RemoteLog(self.machine, self.services.log),
            RemoteStore(self.machine, self.services.store),
        )
        sender = RemoteTopics(self.machine, self.services.topics)
        clock = asyncio.get_running_loop().time
        relay = OutboxRelay(log, store, sender, ALERT_PARTITIONS, clock=clock)
        return OwnedPartition(self.processor(log, store, partition), log, store, relay)

    def processor(self, log: RemoteLog, store: RemoteStore, partition: int) -> PartitionProcessor:
        """Return the processor of *partition*; mutants override this."""
        limits = self.services.limits
        return PartitionProcessor(
            log, store, partition=partition, limits=limits, fold=self.fold_or_raise
        )

    def fold_or_raise(
        self, study: Study | None, record: Record, position: int
    ) -> tuple[Study | None, RecordResult]:
        """Fold a record, or raise with a small probability; a retry mostly succeeds."""
        if self.machine.chaos.happens(FOLD_ERROR_PROBABILITY, FOLD_RAISED):
            raise RuntimeError
        return apply_record(study, record, position)

    @property
    def processors(self) -> list[PartitionProcessor]:
        """Return the processors of the owned partitions."""
        return [owned.processor for owned in self.worker.partitions.values()]

    async def run_consumer(self) -> None:
        """Seek at each new epoch, then fetch and enqueue batches without end."""
        await self.worker.assign({PARTITION})
        sought_epoch, position = -1, None
        while True:
            await self.machine.pause()
            epoch = self.worker.epoch
            if epoch != sought_epoch:
                position = (await self.worker.fetch_positions()).get(PARTITION)
                sought_epoch = epoch
            max_records = self.machine.chaos.random.choice((1, 2, 5, 20))
            records = (
                [] if position is None else await self.services.log.read(position, max_records)
            )
            if records:
                position = records[-1].offset + 1
                await self.enqueue(FetchedBatch(epoch, {PARTITION: records}))
            else:
                await asyncio.sleep(0.1)
            self.fetched = -1 if position is None else position

    async def enqueue(self, batch: FetchedBatch) -> None:
        """Queue *batch* for the agent, unless its epoch ends first or the batch is lost."""
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
        """Dispatch batches; an exception loses the batch, as when Faust restarts its agent."""
        while True:
            batch = await self.queue.get()
            try:
                await self.worker.dispatch(batch)
            except Exception as error:
                self.machine.chaos.counts[f"agent raised {type(error).__name__}"] += 1

    async def run_cursor_checks(self) -> None:
        """Check the cursors every CHECK_SECONDS; a stalled worker ends its process."""
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            await self.machine.pause()
            try:
                await self.worker.check_cursors(*self.consumer_offsets())
            except Stalled:
                self.machine.kill()
            await self.machine.pause()

    def consumer_offsets(self) -> tuple[Mapping[int, int], Mapping[int, int]]:
        """Return the next fetch offset and the end offset, each by partition."""
        fetched = {PARTITION: self.fetched} if self.fetched >= 0 else {}
        return fetched, {PARTITION: self.services.log.end}

    async def run_publishing(self) -> None:
        """Publish the outboxes without end."""
        while True:
            await self.worker.publish_outboxes()

    async def run_rebuilds(self) -> None:
        """Rebuild invalid rows, step by step."""
        while True:
            has_more = await self.worker.rebuild_rows()
            await asyncio.sleep(0 if has_more else CHECK_SECONDS)

    async def run_position_checks(self) -> None:
        """Check for rows that lost writes, more often than the product does."""
        while True:
            await asyncio.sleep(POSITION_CHECK_SECONDS)
            await self.worker.compare_positions()
