"""Folds the records of one partition into its store, batch by batch in the order of offsets."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from time import perf_counter

from streams.log import BatchUnreadable, Log, LogRecord, LogUnreachable, RecordsGone
from streams.processor.counts import BatchCounts
from streams.processor.cursor import FOLD_VERSION, Cursor
from streams.processor.folding import Fold
from streams.processor.limits import Limits
from streams.processor.log_check import check_log
from streams.processor.pipeline import apply_record
from streams.processor.row_cache import RowCache
from streams.processor.row_rebuild import RowRebuild
from streams.processor.runs import check_needed, handle_run, handle_single, runs
from streams.processor.steps import finish_step
from streams.processor.stop import (
    CursorMoved,
    OffsetGap,
    PartitionStop,
    RecordFailed,
    RowInvalid,
    StopReason,
)
from streams.processor.working_set import WorkingSet
from streams.records.decode import DECODE_BATCH_SIZE
from streams.store import Store, StoreMisconfigured, StoreUnreachable

NOT_CAUSED_BY_RECORD = (
    *(OffsetGap, RowInvalid, CursorMoved),
    *(StoreUnreachable, StoreMisconfigured, LogUnreachable, RecordsGone),
)
"""Errors that no record causes: folding a record alone does not avoid them."""


class PartitionProcessor:
    """Folds one partition of *log* into *store*.

    Call ``claim``, then ``fold_batch`` with records from the returned position on.  An exception of
    ``fold_batch`` other than OffsetGap discards the working set: claim again, and continue from the
    position that the claim returns.  ``stopped`` is why the partition is stopped, or
    None; each claim decides it again.  ``working_set`` is everything in memory since the claim:
    callers may read it, and must not change it.  ``stored_position`` is the next offset to fold
    as the store last had it, or None before it was read.

    *fold* applies one record; *fold_version* must equal that of the cursor.  *partition_count* is
    the configured number of partitions of the log, or None for no check.  *lock* serialises all
    methods that await.
    """

    def __init__(
        self,
        log: Log,
        store: Store,
        *,
        partition: int,
        limits: Limits | None = None,
        fold: Fold = apply_record,
        fold_version: str = FOLD_VERSION,
        partition_count: int | None = None,
    ) -> None:
        self.log, self.store, self.partition, self.partition_count = (
            log,
            store,
            partition,
            partition_count,
        )
        self.limits, self.fold, self.fold_version = limits or Limits(), fold, fold_version
        self.stopped: PartitionStop | None = None
        self.working_set: WorkingSet | None = None
        self.stored_position: int | None = None
        self._row_rebuild: RowRebuild | None = None
        self._counts: BatchCounts | None = None
        self._failed_offsets: set[int] = set()
        self.lock = asyncio.Lock()

    @property
    def position(self) -> int:
        """The offset of the next record to fold; 0 before a claim."""
        return 0 if self.working_set is None else self.working_set.position

    @property
    def needs_rebuild(self) -> bool:
        """Whether there are invalid rows that ``rebuild`` must fold again."""
        return self.working_set is not None and bool(self.working_set.row_cache.invalid)

    async def claim(self) -> int:
        """Load the cursor, check the log against it, and return the offset to read from.

        Discards what was in memory.  Sets ``stopped`` where the log or the version of the fold is
        not that of the cursor.  Raises what ``Store.check`` and the log raise.
        """
        async with self.lock:
            await self._claim()
            return self.position

    async def fold_batch(self, records: Sequence[LogRecord]) -> BatchCounts:
        """Fold *records*, ordered by offset, into the store, and return their counts.

        Ignores records below ``position``.  A record whose fold raises is folded again alone, and
        stops the partition if it raises again.  Raises OffsetGap where an offset is missing, after
        the records before it are in the store.  After CursorMoved, StoreUnreachable,
        StoreMisconfigured, LogUnreachable or RecordsGone the partition must be claimed again.
        """
        async with self.lock:
            while self.stopped is None:
                try:
                    await self._fold_once(records)
                    break
                except RecordFailed as failed:
                    await self._retry_alone(failed)
                except RowInvalid:
                    assert self.working_set is not None
                    await self._advance_rebuild(self.working_set)
                except OffsetGap:
                    raise
                except BaseException:
                    if self.working_set is not None:
                        self.working_set.abandoned = True  # A thread may still fold.
                    self.working_set = None
                    raise
            counts, self._counts = self._counts, None
            return counts or BatchCounts()

    async def cursor_moved(self) -> bool:
        """Return whether the partition must be claimed again.

        It must where the stored cursor differs from the one in memory, or where unreadable records
        were released or an unreadable batch passed.
        """
        async with self.lock:
            if self.working_set is None:
                return True
            expected, stored = (
                self.working_set.cursor,
                Cursor.from_fields(await self.store.cursor()),
            )
            self.stored_position = stored.next
            if stored.next != expected.next or stored.operators_part != expected.operators_part:
                return True
            return stored.fold_version not in ("", self.fold_version)

    async def rebuild(self) -> bool:
        """Advance the rebuild of invalid rows by one step, and return whether more steps remain."""
        async with self.lock:
            if self.working_set is not None:
                await self._advance_rebuild(self.working_set)
            return self.needs_rebuild and self.stopped is None

    async def check_positions(self) -> None:
        """Compare the `pos` of every stored row with the cursor; rows that differ are rebuilt."""
        async with self.lock:
            if self.working_set is not None:
                await self.working_set.row_cache.invalidate_mismatched(
                    self.working_set.cursor, self.store, self.log
                )

    def skip_gap(self, offset: int) -> None:
        """Continue at *offset*, before which are only transaction markers and passed batches.

        Call it only after a second read found no record there: see ``skip_confirmed_gap``.
        """
        if self.working_set is not None and offset > self.position:
            self.working_set.markers_until = offset
            self.working_set.skip_markers(offset)

    async def stop_before(self, error: BatchUnreadable) -> None:
        """Stop the partition before a batch that cannot be read; each claim tries it again."""
        async with self.lock:
            if self.working_set is not None and self.stopped is None:
                stop = PartitionStop(self.position, StopReason.UNREADABLE_BATCH, f"{error}")
                self.stopped = await self.working_set.record_stop(stop)

    async def _claim(self) -> None:
        working_set, self.working_set, self._row_rebuild = self.working_set, None, None
        if working_set is not None:
            check_needed(working_set)
        await self.store.check()
        identity = await self.log.identity()
        cursor = Cursor.from_fields(await self.store.cursor())
        self.stored_position = cursor.next
        self.log.leave_out(cursor.passed)
        self.stopped = await check_log(
            self.log, identity, cursor, self.fold_version, self.partition_count
        )
        cursor.fold_version = cursor.fold_version or self.fold_version
        working_set = WorkingSet(
            store=self.store,
            partition=self.partition,
            identity=identity,
            cursor=cursor,
            row_cache=RowCache(self.limits.memory_bytes),
            fold=self.fold,
            limits=self.limits,
            position=cursor.next,
        )
        if self.stopped is None:
            await working_set.row_cache.invalidate_mismatched(cursor, self.store, self.log)
        self.working_set = working_set

    async def _fold_once(self, records: Sequence[LogRecord]) -> None:
        """Fold *records*, in runs where possible, and write whenever the working set is full.

        Up to the last record that raised before, each record is decoded, folded and written alone.
        """
        working_set = self.working_set
        assert working_set is not None, "claim the partition before folding a batch"
        cursor, working_set.written_at = working_set.cursor, perf_counter()
        retry_until = max(self._failed_offsets, default=-1)
        first = offset = working_set.position
        try:
            decode_max = DECODE_BATCH_SIZE if retry_until < first else 1
            async for run in runs(working_set, cursor.without_passed(records), decode_max):
                record, content = run[0]
                offset = record.offset
                if offset < working_set.position:
                    continue
                if offset > working_set.position and not working_set.skip_markers(offset):
                    await self._commit_folded(working_set)
                    raise OffsetGap(working_set.position, offset)
                if len(run) > 1:
                    await handle_run(working_set, run)
                elif stopped := await handle_single(working_set, record, content, self.log):
                    await self._commit_folded(working_set)
                    self.stopped = await working_set.record_stop(stopped)
                    return
                if offset <= retry_until or working_set.full:
                    await self._commit_folded(working_set, release=offset <= retry_until)
            await finish_step()
            await self._commit_folded(working_set)
            self._failed_offsets -= {
                each for each in self._failed_offsets if first <= each < working_set.position
            }
        except RowInvalid:
            await self._commit_folded(working_set)
            raise
        except (RecordFailed, *NOT_CAUSED_BY_RECORD):
            raise
        except Exception as error:
            raise RecordFailed(offset, error) from error

    async def _commit_folded(self, working_set: WorkingSet, *, release: bool = True) -> None:
        """Write what was folded to the store, with *release* held-back unreadable records too."""
        if release:
            working_set.release_unreadable()
        check_needed(working_set)
        counts = await working_set.commit()
        if self._counts is None:
            self._counts = counts  # Almost every batch is written at once.
        else:
            self._counts.add(counts)
        self.stored_position = working_set.cursor.next

    async def _retry_alone(self, failed: RecordFailed) -> None:
        """Claim again to fold the record alone; stop the partition if it has raised before."""
        await self._claim()
        repeated = failed.offset in self._failed_offsets
        self._failed_offsets.add(failed.offset)
        if repeated and self.stopped is None and self.working_set is not None:
            self._failed_offsets.clear()
            detail = f"Folding record {failed.offset} has raised {failed} twice."
            self.stopped = await self.working_set.record_stop(
                PartitionStop(failed.offset, StopReason.RAISED, detail)
            )

    async def _advance_rebuild(self, working_set: WorkingSet) -> None:
        """Fold one more chunk of the log into the rows that are being rebuilt.

        Stops the partition where the first records of the log are gone.  A record that raises
        here counts as one that raised in the batch.
        """
        if self.stopped is not None or not working_set.row_cache.invalid:
            return
        if self._row_rebuild is None:
            self._row_rebuild = RowRebuild.of(working_set)
        try:
            if await self._row_rebuild.advance(working_set, self.log):
                self._row_rebuild = None
        except RecordsGone:
            detail = "A row must be rebuilt, and the first records of the log are gone."
            self.stopped = await working_set.record_stop(
                PartitionStop(working_set.cursor.next, StopReason.LOST_INPUT, detail)
            )
        except RecordFailed as failed:
            await self._retry_alone(failed)
        except BatchUnreadable as error:
            self.stopped = await working_set.record_stop(
                PartitionStop(working_set.cursor.next, StopReason.UNREADABLE_BATCH, f"{error}")
            )
        except LogUnreachable:
            raise
        except BaseException:
            self.working_set = None
            raise
