"""The worker's own part: it folds what is fetched into its partitions, and loses nothing of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from streams.log import LogRecord
from streams.metrics.meter import Meter
from streams.worker.batch_handler import FetchedBatch
from streams.worker.epochs import Epochs
from streams.worker.owned_partition import OwnedPartition
from streams.worker.progress import EmptyFetches, PartitionOffsets, Progress

CHECK_SECONDS = 1.0
"""Cursors are read, and what waits in an outbox is told, so often."""

RETRY_SECONDS = 0.1


@dataclass(slots=True)
class Worker(Epochs):
    """Holds partitions.

    *hold* makes what belongs to one partition, of so many that share the memory; *folding* keeps
    a partition from being claimed while it folds.
    """

    open_partition: Callable[[int, int], OwnedPartition]
    progress: Progress = field(default_factory=Progress)
    empty_fetches: EmptyFetches = field(default_factory=EmptyFetches)
    partitions: dict[int, OwnedPartition] = field(default_factory=dict[int, OwnedPartition])
    lags: dict[int, int] = field(default_factory=dict[int, int])
    meter: Meter = field(default_factory=Meter)
    joined: bool = False
    fold_lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    outbox_ready: asyncio.Event = field(default_factory=asyncio.Event)

    async def assign(self, partitions: set[int]) -> None:
        """These partitions are ours now, and no others; each is claimed anew."""
        self.start_epoch()
        self.joined = True
        async with self.fold_lock:
            for owned in self.partitions.values():
                await owned.close()
            self.partitions = {
                each: self.open_partition(each, len(partitions)) for each in sorted(partitions)
            }
            for owned in self.partitions.values():
                owned.use_meter(self.meter)
            self.lags.clear()
            self.meter.set_partitions(self.partitions)
        self.start_epoch()

    async def drain(self) -> None:
        """Begin an epoch, and come back when what is being folded is applied."""
        self.start_epoch()
        async with self.fold_lock:
            pass

    async def fetch_positions(self) -> Mapping[int, int]:
        """Where to read each partition from; one that must stand still is left out."""
        async with self.fold_lock:
            # Together: where the store does not answer, each waits for as long.
            await asyncio.gather(*(owned.ensure_claimed() for owned in self.partitions.values()))
        self.outbox_ready.set()
        return {
            number: each.fetch_position
            for number, each in self.partitions.items()
            if each.fetch_position is not None
        }

    async def dispatch(self, batch: FetchedBatch) -> None:
        """Fold what was fetched.  Never raises: Faust would drop the batch and go on."""
        async with self.fold_lock, asyncio.TaskGroup() as group:
            for partition, records in batch.records.items():
                if batch.epoch != self.epoch:
                    return
                group.create_task(self._dispatch_one(partition, records))
                # It folds until it waits for the store; meanwhile the next one folds.
                await asyncio.sleep(0)
        if not self.done(batch):
            await asyncio.sleep(RETRY_SECONDS)  # What fails at once must not fail all the time.

    async def _dispatch_one(self, partition: int, records: Sequence[LogRecord]) -> None:
        """Fold what was fetched of one partition."""
        owned = self.partitions.get(partition)
        if owned is None or not await owned.process(records):
            self.start_epoch()
        if owned is not None and owned.outbox_pending:
            self.outbox_ready.set()

    def invalidate(self, error: Exception) -> None:
        """Nothing that is known of any partition can be relied on."""
        for owned in self.partitions.values():
            owned.unclaim(error)
        self.start_epoch()

    def commit_positions(self) -> Mapping[int, int]:
        """The next offset to fold of each partition."""
        return {
            number: each.processor.position
            for number, each in self.partitions.items()
            if each.claimed
        }

    async def check_cursors(self, fetched: Mapping[int, int], ends: Mapping[int, int]) -> None:
        """Read the cursors, and begin anew where they are not ours or a fetch was lost.

        *fetched* is how far the consumer came, *ends* where the log ends.  Raises Stalled.
        """
        epoch, checked = self.epoch, list(self.partitions.items())
        unchanged = await asyncio.gather(*(owned.cursor_unchanged() for _, owned in checked))
        if epoch == self.epoch:  # Else what was seen is of the past.
            self.refetch_if_needed(dict(checked), unchanged, fetched, ends)
        self.progress.check(self.commit_positions(), has_work=self.has_work)

    def refetch_if_needed(
        self,
        checked: Mapping[int, OwnedPartition],
        unchanged: Sequence[bool],
        fetched: Mapping[int, int],
        ends: Mapping[int, int],
    ) -> None:
        """Begin anew where what was seen in a look asks for it."""
        refetch = False
        for (partition, owned), cursor_unchanged in zip(checked.items(), unchanged, strict=True):
            if not cursor_unchanged or not owned.claimed:
                owned.claimed, refetch = False, True
            elif owned.fetch_position is not None and partition in ends:
                offsets = PartitionOffsets(
                    folded=owned.fetch_position,
                    fetched=fetched.get(partition, 0),
                    end=ends[partition],
                )
                refetch |= not self.in_flight and self.empty_fetches.needs_refetch(
                    partition, offsets
                )
                lag = self.lags[partition] = self.empty_fetches.lag(partition, offsets)
                if not lag:
                    self.meter.mark_caught_up(partition)
        if refetch:
            self.start_epoch()

    @property
    def has_work(self) -> bool:
        """Whether there is something to do that could be done."""
        return any(
            not owned.claimed or (owned.processor.stopped is None and self.lags.get(number, 0) > 0)
            for number, owned in self.partitions.items()
        )

    async def rebuild_rows(self) -> bool:
        """Rebuild rows that are behind, a step in each partition; whether there is more to do."""
        more = False
        for owned in list(self.partitions.values()):
            async with self.fold_lock:
                more |= await owned.rebuild_step()
        return more

    async def compare_positions(self) -> None:
        """Compare every row's position with its cursor's: a row may fall back by itself."""
        for owned in list(self.partitions.values()):
            async with self.fold_lock:
                if owned.claimed:
                    await owned.check_row_positions()

    async def publish_outboxes(self) -> None:
        """Relay what is to be told, of all partitions: after an apply, and every second."""
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                await self.outbox_ready.wait()
        except TimeoutError:
            pass
        self.outbox_ready.clear()
        await asyncio.gather(*(owned.publish_outbox() for owned in list(self.partitions.values())))
