"""Dispatches fetched batches to the owned partitions, and starts an epoch where one must repeat."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from streams.log import LogRecord
from streams.metrics.meter import Meter
from streams.worker.batch_handler import FetchedBatch
from streams.worker.epochs import Epochs
from streams.worker.owned_partition import OwnedPartition
from streams.worker.progress import EmptyFetches, PartitionOffsets, Progress

CHECK_SECONDS = 1.0
"""Interval of cursor checks, and the longest time between two publications of the outboxes."""

BUSY_SECONDS = 0.2
"""Interval of checks whether a thread folds; the dispatch of a batch does not wait for it."""

LONG_SECONDS = 0.5
"""Time after which the dispatch waits for no partition, such as one that loads many rows."""

DRAIN_SECONDS = 5.0
"""Longest wait for threads before a rebalance; the group waits for this worker meanwhile."""

SMALL_BATCH_RECORDS = 250
"""Up to so many records, about 25 ms of work, all partitions are folded before the first write:
their writes then share a round trip.  In a larger batch one partition is written while the next is
folded."""

RETRY_SECONDS = 0.1
"""Pause after a batch whose epoch ended."""


@dataclass(slots=True)
class Worker(Epochs):
    """Dispatches fetched batches to the partitions that are assigned to this process.

    *open_partition* creates an owned partition from its number and the number of partitions that
    share the memory.  *fold_lock* is held while partitions are assigned, claimed, folded or
    rebuilt, so that these never overlap.  *joined* is set by the first
    assignment, and *outbox_ready* once an outbox may have new entries.  *busy_tasks* are those
    in which a thread folds a record that takes long.
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
    busy_tasks: dict[asyncio.Task[None], OwnedPartition] = field(
        default_factory=dict[asyncio.Task[None], OwnedPartition]
    )

    async def assign(self, partitions: set[int]) -> None:
        """Replace all owned partitions by these; each is claimed before the next fetch."""
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
        """Start an epoch, and wait until the batch in flight is written to the store.

        A record that is folded in a thread may take longer than DRAIN_SECONDS: then it is left.
        Its write still changes the store only if no other worker has written meanwhile.
        """
        self.start_epoch()
        async with self.fold_lock:
            if self.busy_tasks:
                await asyncio.wait(self.busy_tasks, timeout=DRAIN_SECONDS)

    async def fetch_positions(self) -> Mapping[int, int]:
        """Claim where needed, and return the fetch offset of each partition that is not stopped."""
        async with self.fold_lock:
            # Concurrently: if the store does not answer, every claim waits for its time-out.
            await asyncio.gather(*(owned.ensure_claimed() for owned in self.partitions.values()))
        self.outbox_ready.set()
        return {
            number: each.fetch_position
            for number, each in self.partitions.items()
            if each.fetch_position is not None
        }

    async def dispatch(self, batch: FetchedBatch) -> None:
        """Fold *batch*, one task per partition; stop early if the epoch ends.

        Never raises: Faust would drop the batch and continue with the next.
        """
        async with self.fold_lock:
            is_small = sum(map(len, batch.records.values())) <= SMALL_BATCH_RECORDS
            tasks: dict[asyncio.Task[None], OwnedPartition | None] = {}
            for partition, records in batch.records.items():
                if batch.epoch != self.epoch:
                    break
                task = asyncio.create_task(self._dispatch_one(partition, records))
                tasks[task] = self.partitions.get(partition)
                if not is_small:
                    # Let the task run up to its first store call; the store works meanwhile.
                    await asyncio.sleep(0)
            try:
                await self._wait_folded(tasks)
            except asyncio.CancelledError:
                for task in tasks:
                    task.cancel()
                raise
        if not self.done(batch):
            await asyncio.sleep(RETRY_SECONDS)  # A persistent failure must not loop at full speed.

    async def _wait_folded(self, tasks: Mapping[asyncio.Task[None], OwnedPartition | None]) -> None:
        """Wait for *tasks*, but not for those that take long: other partitions go on.

        Such a partition is busy: it is not fetched, until its records are in the store.
        """
        pending, began = set(tasks), time.monotonic()
        while pending:
            done, pending = await asyncio.wait(pending, timeout=BUSY_SECONDS)
            for task in done:
                task.result()
            is_long = time.monotonic() - began > LONG_SECONDS
            for task in list(pending):
                owned = tasks[task]
                if owned is not None and (is_long or owned.is_in_thread):
                    pending.discard(task)
                    owned.is_busy = True
                    self.busy_tasks[task] = owned
                    task.add_done_callback(self._end_busy)
                    self.start_epoch()

    def _end_busy(self, task: asyncio.Task[None]) -> None:
        """Fetch the partition of *task* again, from where it is now."""
        self.busy_tasks.pop(task).is_busy = False
        self.start_epoch()

    async def _dispatch_one(self, partition: int, records: Sequence[LogRecord]) -> None:
        """Fold the *records* of one partition; start an epoch if they must be fetched again."""
        owned = self.partitions.get(partition)
        if owned is None or not await owned.process(records):
            self.start_epoch()
        if owned is not None and owned.outbox_pending:
            self.outbox_ready.set()

    def invalidate(self, error: Exception) -> None:
        """Unclaim every partition because of *error*, and start an epoch."""
        for owned in self.partitions.values():
            owned.unclaim(error)
        self.start_epoch()

    async def resolve_fetch(self, partition: int) -> None:
        """Stop *partition*, in which a fetch found an unreadable batch, or continue behind it."""
        async with self.fold_lock:
            owned = self.partitions.get(partition)
            if owned is not None and not owned.is_busy:  # A busy one is fetched again afterwards.
                await owned.check_unreadable()
        self.start_epoch()

    def commit_positions(self) -> Mapping[int, int]:
        """Return the next offset to fold of each claimed partition; in a fold that of the store."""
        processors = {n: each.processor for n, each in self.partitions.items() if each.claimed}
        return {
            number: (each.stored_position or 0) if each.lock.locked() else each.position
            for number, each in processors.items()
            if each.working_set is not None
        }

    async def check_cursors(
        self,
        fetched: Mapping[int, int],
        ends: Mapping[int, int],
        *,
        broker_answers: bool = True,
        rebalancing: bool = False,
    ) -> None:
        """Compare all cursors with the store, and start an epoch if one moved or a fetch was lost.

        *fetched* has the next offset to fetch and *ends* the end offset of each partition.  Raises
        Stalled where records remain and none is folded for too long.
        """
        epoch, checked = self.epoch, list(self.partitions.items())
        unchanged = await asyncio.gather(
            *(owned.cursor_unchanged(wait=False) for _, owned in checked)
        )
        if epoch == self.epoch:  # Otherwise the observations are out of date.
            self.refetch_if_needed(dict(checked), unchanged, fetched, ends)
        self.progress.check(
            {
                number: position
                for number, owned in self.partitions.items()
                if (position := owned.processor.stored_position) is not None
            },
            has_work=any(
                o.status(self.lags.get(n, 0)).has_work for n, o in self.partitions.items()
            ),
            broker_answers=broker_answers,
            rebalancing=rebalancing,
            is_busy=bool(self.busy_tasks),
        )

    def refetch_if_needed(
        self,
        checked: Mapping[int, OwnedPartition],
        unchanged: Sequence[bool],
        fetched: Mapping[int, int],
        ends: Mapping[int, int],
    ) -> None:
        """Update the lags from one check; start an epoch if a partition must be fetched again."""
        refetch = False
        for (partition, owned), cursor_unchanged in zip(checked.items(), unchanged, strict=True):
            if not cursor_unchanged or not owned.claimed:
                owned.claimed, refetch = False, True
            elif owned.is_busy and partition in ends:
                stored_position = owned.processor.stored_position or 0
                self.lags[partition] = max(0, ends[partition] - stored_position)
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

    async def rebuild_rows(self) -> bool:
        """Advance the rebuild of each partition by one step; return whether more steps remain."""
        more = False
        for owned in list(self.partitions.values()):
            async with self.fold_lock:
                more |= await owned.rebuild_step()
        return more

    async def compare_positions(self) -> None:
        """Compare the position of every row with its cursor: a store may lose writes of a row."""
        for owned in list(self.partitions.values()):
            async with self.fold_lock:
                if owned.claimed and not owned.is_busy:
                    await owned.check_row_positions()

    async def publish_outboxes(self) -> None:
        """Publish all outboxes once a fold may have added entries, or after CHECK_SECONDS."""
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                await self.outbox_ready.wait()
        except TimeoutError:
            pass
        self.outbox_ready.clear()
        await asyncio.gather(*(owned.publish_outbox() for owned in list(self.partitions.values())))
