"""One machine with the real worker on it: what it fetches, folds, watches and tells."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from monitor.records import Record
from monitor.state.study import Study
from streams.outbox.relay import Relay
from streams.processor import Lane, Limits
from streams.processor.pipeline import Told, take_in
from streams.store import Store
from streams.worker.consumer import Batch, BatchLost
from streams.worker.owned_partition import Held
from streams.worker.progress import Progress, Stalled
from streams.worker.worker import TURN_SECONDS, Worker
from tests.simulation.chaos import FOLD_RAISED, Machine
from tests.simulation.logs import PARTITION
from tests.simulation.oracle import ALERT_PARTITIONS
from tests.simulation.remote_log import FarLog, FarTopics, Topics, WholeLog
from tests.simulation.remote_store import FarStore

LOSES_A_BATCH = 0.01
RAISES = 0.001

AUDIT_SECONDS = 5.0


@dataclass(slots=True)
class World:
    """What all machines share."""

    log: WholeLog
    store: Store
    topics: Topics
    limits: Limits


@dataclass(slots=True)
class Site:
    """A worker of the product, with a reader of its own in the place of Faust's consumer.

    The reader keeps the consumer's rules: every epoch begins by seeking to where the worker
    stands, and what is dropped is said to be lost.
    """

    machine: Machine
    world: World
    fetched: int = -1
    queue: asyncio.Queue[Batch] = field(default_factory=lambda: asyncio.Queue(2))
    tasks: list[asyncio.Task[None]] = field(default_factory=list["asyncio.Task[None]"])
    worker: Worker = field(init=False)

    def __post_init__(self) -> None:
        clock = asyncio.get_running_loop().time
        self.worker = Worker(self.hold, progress=Progress(clock=clock))

    def start(self) -> None:
        """Begin to work."""
        parts = (self.read(), self.fold(), self.watch(), self.tell(), self.mend(), self.audit())
        self.tasks.extend(asyncio.create_task(part) for part in parts)

    def hold(self, partition: int, of: int) -> Held:
        """What belongs to one partition."""
        log, store = FarLog(self.machine, self.world.log), FarStore(self.machine, self.world.store)
        sender = FarTopics(self.machine, self.world.topics)
        clock = asyncio.get_running_loop().time
        relay = Relay(log, store, sender, ALERT_PARTITIONS, clock=clock)
        return Held(self.lane(log, store, partition), log, store, relay)

    def lane(self, log: FarLog, store: FarStore, partition: int) -> Lane:
        """What folds a partition."""
        limits = self.world.limits
        return Lane(log, store, partition=partition, limits=limits, fold=self.take_in)

    def take_in(self, study: Study | None, record: Record, line: int) -> tuple[Study | None, Told]:
        """Fold a record, as the product does, unless that raises; a second time it seldom does."""
        if self.machine.chaos.happens(RAISES, FOLD_RAISED):
            raise RuntimeError
        return take_in(study, record, line)

    @property
    def lanes(self) -> list[Lane]:
        """The lanes that this worker holds."""
        return [held.lane for held in self.worker.held.values()]

    async def read(self) -> None:
        """Seek, fetch, hand over, for ever."""
        await self.worker.assign({PARTITION})
        sought, place = -1, None
        while True:
            await self.machine.pause()
            epoch = self.worker.epoch
            if epoch != sought:
                place = (await self.worker.places()).get(PARTITION)
                sought = epoch
            most = self.machine.chaos.random.choice((1, 2, 5, 20))
            records = [] if place is None else await self.world.log.read(place, most)
            if records:
                place = records[-1].offset + 1
                await self.hand_over(Batch(epoch, {PARTITION: records}))
            else:
                await asyncio.sleep(0.1)
            self.fetched = -1 if place is None else place

    async def hand_over(self, batch: Batch) -> None:
        """Put *batch* before the agent, unless its epoch ends first, or it gets lost."""
        chaos = self.machine.chaos
        if chaos.happens(LOSES_A_BATCH, "batch lost in silence"):
            return
        if chaos.happens(LOSES_A_BATCH, "batch lost"):
            self.worker.doubt(BatchLost("the channel to the agent was cleared"))
            return
        self.worker.offered(batch)
        put = asyncio.ensure_future(self.queue.put(batch))
        over = asyncio.ensure_future(self.worker.over(batch.epoch))
        await asyncio.wait((put, over), return_when=asyncio.FIRST_COMPLETED)
        over.cancel()
        put.cancel()

    async def fold(self) -> None:
        """The agent: where it raises, Faust starts it anew, and the batch is gone."""
        while True:
            batch = await self.queue.get()
            try:
                await self.worker.fold(batch)
            except Exception as error:
                self.machine.chaos.counts[f"agent raised {type(error).__name__}"] += 1

    async def watch(self) -> None:
        """Once a second see that the cursor is ours; stalled, the process ends."""
        while True:
            await asyncio.sleep(TURN_SECONDS)
            await self.machine.pause()
            try:
                await self.worker.look(*self.bounds())
            except Stalled:
                self.machine.kill()
            await self.machine.pause()

    def bounds(self) -> tuple[Mapping[int, int], Mapping[int, int]]:
        """How far was fetched, and where the log ends."""
        fetched = {PARTITION: self.fetched} if self.fetched >= 0 else {}
        return fetched, {PARTITION: self.world.log.end}

    async def tell(self) -> None:
        """Relay what is to be told, for ever."""
        while True:
            await self.worker.tell()

    async def mend(self) -> None:
        """Rebuild the rows that are behind."""
        while True:
            more = await self.worker.mend()
            await asyncio.sleep(0 if more else TURN_SECONDS)

    async def audit(self) -> None:
        """Look for rows that have fallen back by themselves, more often than the product."""
        while True:
            await asyncio.sleep(AUDIT_SECONDS)
            await self.worker.audit()
