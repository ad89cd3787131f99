"""A worker over logs that are lists, fetched from as its consumer would."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from streams.outbox.relay import Relay
from streams.processor import Lane
from streams.worker.batch_handler import Batch
from streams.worker.owned_partition import Held
from streams.worker.progress import Progress
from streams.worker.worker import Worker
from tests.streams.list_log import KeptLog
from tests.streams.list_sender import Sent
from tests.streams.processor.processors import Failing, Raising

FETCHED = 100


@dataclass
class Bench:
    """Partitions of *logs*, each with a store that may fail and a fold that may raise."""

    logs: list[KeptLog]
    sent: Sent = field(default_factory=Sent)
    raising: Counter[int] = field(default_factory=Counter[int])
    hour: float = 0

    def __post_init__(self) -> None:
        self.stores = {log.partition: Failing() for log in self.logs}
        self.worker = Worker(self.hold, Progress(clock=lambda: self.hour))

    def hold(self, partition: int, of: int) -> Held:
        (log,) = (each for each in self.logs if each.partition == partition)
        store, fold = self.stores[partition], Raising(self.raising)
        relay = Relay(log, store, self.sent, 4)
        return Held(Lane(log, store, partition=partition, fold=fold), log, store, relay)

    async def assign(self, *partitions: int) -> None:
        await self.worker.assign(set(partitions))

    async def fetch(self, most: int = FETCHED) -> Batch:
        """What the consumer would hand over next: each partition from where it is to be read."""
        epoch, places = self.worker.epoch, await self.worker.places()
        found = {log.partition: log for log in self.logs}
        return Batch(epoch, {each: await found[each].read(at, most) for each, at in places.items()})

    async def turn(self, most: int = FETCHED) -> None:
        """Seek, fetch and fold, once."""
        batch = await self.fetch(most)
        self.worker.offered(batch)
        await self.worker.fold(batch)

    async def look(self) -> None:
        """The look that is taken once a second, where all that was fetched is folded."""
        places = {number: each.lane.position for number, each in self.worker.held.items()}
        await self.worker.look(places, {log.partition: log.next for log in self.logs})

    def place(self, partition: int) -> int | None:
        """Where *partition* is read from next; None where it stands still."""
        return self.worker.held[partition].place
