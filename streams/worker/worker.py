"""The worker's own part: it folds what is fetched into its partitions, and loses nothing of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from streams.log import LogRecord
from streams.metrics.meter import Meter
from streams.worker.batch_handler import Batch
from streams.worker.epochs import Epochs
from streams.worker.owned_partition import Held
from streams.worker.progress import Gaps, Progress, Sight

TURN_SECONDS = 1.0
"""Cursors are read, and what waits in an outbox is told, so often."""

REST_SECONDS = 0.1


@dataclass(slots=True)
class Worker(Epochs):
    """Holds partitions.

    *hold* makes what belongs to one partition, of so many that share the memory; *folding* keeps
    a partition from being claimed while it folds.
    """

    hold: Callable[[int, int], Held]
    progress: Progress = field(default_factory=Progress)
    gaps: Gaps = field(default_factory=Gaps)
    held: dict[int, Held] = field(default_factory=dict[int, Held])
    lags: dict[int, int] = field(default_factory=dict[int, int])
    meter: Meter = field(default_factory=Meter)
    joined: bool = False
    folding: asyncio.Lock = field(default_factory=asyncio.Lock)
    to_tell: asyncio.Event = field(default_factory=asyncio.Event)

    async def assign(self, partitions: set[int]) -> None:
        """These partitions are ours now, and no others; each is claimed anew."""
        self.begin_anew()
        self.joined = True
        async with self.folding:
            for held in self.held.values():
                await held.close()
            self.held = {each: self.hold(each, len(partitions)) for each in sorted(partitions)}
            for held in self.held.values():
                held.counted_by(self.meter)
            self.lags.clear()
            self.meter.hold(self.held)
        self.begin_anew()

    async def rest(self) -> None:
        """Begin an epoch, and come back when what is being folded is applied."""
        self.begin_anew()
        async with self.folding:
            pass

    async def places(self) -> Mapping[int, int]:
        """Where to read each partition from; one that must stand still is left out."""
        async with self.folding:
            # Together: where the store does not answer, each waits for as long.
            await asyncio.gather(*(held.ensure() for held in self.held.values()))
        self.to_tell.set()
        return {number: each.place for number, each in self.held.items() if each.place is not None}

    async def fold(self, batch: Batch) -> None:
        """Fold what was fetched.  Never raises: Faust would drop the batch and go on."""
        async with self.folding, asyncio.TaskGroup() as group:
            for partition, records in batch.records.items():
                if batch.epoch != self.epoch:
                    return
                group.create_task(self.take(partition, records))
                # It folds until it waits for the store; meanwhile the next one folds.
                await asyncio.sleep(0)
        if not self.arrived(batch):
            await asyncio.sleep(REST_SECONDS)  # What fails at once must not fail all the time.

    async def take(self, partition: int, records: Sequence[LogRecord]) -> None:
        """Fold what was fetched of one partition."""
        held = self.held.get(partition)
        if held is None or not await held.take(records):
            self.begin_anew()
        if held is not None and held.spoke:
            self.to_tell.set()

    def doubt(self, error: Exception) -> None:
        """Nothing that is known of any partition can be relied on."""
        for held in self.held.values():
            held.doubt(error)
        self.begin_anew()

    def committable(self) -> Mapping[int, int]:
        """The next offset to fold of each partition."""
        return {number: each.lane.position for number, each in self.held.items() if each.claimed}

    async def look(self, fetched: Mapping[int, int], ends: Mapping[int, int]) -> None:
        """Read the cursors, and begin anew where they are not ours or a fetch was lost.

        *fetched* is how far the consumer came, *ends* where the log ends.  Raises Stalled.
        """
        epoch, looked = self.epoch, list(self.held.items())
        ours = await asyncio.gather(*(held.is_ours() for _, held in looked))
        if epoch == self.epoch:  # Else what was seen is of the past.
            self.judge(dict(looked), ours, fetched, ends)
        self.progress.look(self.committable(), waiting=self.waiting)

    def judge(
        self,
        looked: Mapping[int, Held],
        ours: Sequence[bool],
        fetched: Mapping[int, int],
        ends: Mapping[int, int],
    ) -> None:
        """Begin anew where what was seen in a look asks for it."""
        again = False
        for (partition, held), is_ours in zip(looked.items(), ours, strict=True):
            if not is_ours or not held.claimed:
                held.claimed, again = False, True
            elif held.place is not None and partition in ends:
                sight = Sight(
                    folded=held.place, fetched=fetched.get(partition, 0), end=ends[partition]
                )
                again |= not self.flying and self.gaps.doubtful(partition, sight)
                lag = self.lags[partition] = self.gaps.lag(partition, sight)
                if not lag:
                    self.meter.is_caught_up(partition)
        if again:
            self.begin_anew()

    @property
    def waiting(self) -> bool:
        """Whether there is something to do that could be done."""
        return any(
            not held.claimed or (held.lane.stopped is None and self.lags.get(number, 0) > 0)
            for number, held in self.held.items()
        )

    async def mend(self) -> bool:
        """Rebuild rows that are behind, a step in each partition; whether there is more to do."""
        more = False
        for held in list(self.held.values()):
            async with self.folding:
                more |= await held.mend()
        return more

    async def audit(self) -> None:
        """Compare every row's position with its cursor's: a row may fall back by itself."""
        for held in list(self.held.values()):
            async with self.folding:
                if held.claimed:
                    await held.audit()

    async def tell(self) -> None:
        """Relay what is to be told, of all partitions: after an apply, and every second."""
        try:
            async with asyncio.timeout(TURN_SECONDS):
                await self.to_tell.wait()
        except TimeoutError:
            pass
        self.to_tell.clear()
        await asyncio.gather(*(held.tell() for held in list(self.held.values())))
