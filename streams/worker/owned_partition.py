"""One partition assigned to this worker; every exception is caught and logged here."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from streams.health.probes import PartitionStatus
from streams.kafka.sender import Undelivered
from streams.log import Log, LogRecord
from streams.metrics.meter import Meter
from streams.outbox.relay import OutboxRelay
from streams.processor.processor import PartitionProcessor
from streams.processor.refold import (
    is_readable_again,
    resolve_failed_fetch,
    skip_confirmed_gap,
)
from streams.processor.stop import CursorMoved, OffsetGap
from streams.store import Store, StoreMisconfigured, StoreUnreachable
from streams.worker.problem_log import ProblemLog
from streams.worker.public_errors import public_message

logger = logging.getLogger("tocsin")

RETRY_STEPS = 30
"""A step takes place every second; another replica may have the batch undamaged meanwhile."""


@dataclass(slots=True)
class OwnedPartition:
    """One assigned partition: its processor, the log and store of that, and its outbox relay.

    A partition outside the live space has no *relay*.  Nothing is folded unless *claimed*.
    *publish_error* is why the outbox cannot be published, as far as open logs may show it.
    *outbox_pending* is set once folded records may have added outbox entries, and *is_busy* while
    a record is folded that takes long: nothing else waits for the partition meanwhile.
    """

    processor: PartitionProcessor
    log: Log
    store: Store
    relay: OutboxRelay | None = None
    meter: Meter = field(default_factory=Meter)
    claimed: bool = False
    publish_error: str = ""
    outbox_pending: bool = False
    is_busy: bool = False
    steps: int = 0
    problems: ProblemLog = field(init=False)

    def __post_init__(self) -> None:
        """Log problems under the partition's number."""
        self.problems = ProblemLog(self.log.partition)

    def use_meter(self, meter: Meter) -> None:
        """Count records and published alerts in *meter*, which the worker's partitions share."""
        self.meter = meter
        if self.relay is not None:
            self.relay.on_published = meter.observe_published

    @property
    def is_in_thread(self) -> bool:
        """Whether a thread uses the working set, which nothing else may read meanwhile."""
        working_set = self.processor.working_set
        return working_set is not None and (
            working_set.thread.active or working_set.row_cache.thread.active
        )

    @property
    def fetch_position(self) -> int | None:
        """The offset to fetch next; None while the partition is stopped, unclaimed or busy."""
        if not self.claimed or self.processor.working_set is None:
            return None  # Without a working set the position would be 0.
        blocked = self.is_busy or self.processor.stopped is not None
        return None if blocked else self.processor.position

    def status(self, lag: int) -> PartitionStatus:
        """Return the status for the probes; *lag* is the number of offsets not folded yet."""
        stopped = self.processor.stopped
        return PartitionStatus(
            partition=self.log.partition,
            claimed=self.claimed,
            claim_error=self.problems.last_error,
            write_error=self.problems.write_error,
            stop_reason="" if stopped is None else str(stopped),
            lag=lag,
            pending_seconds=0 if self.relay is None else self.relay.open_waiting_seconds,
            publish_error=self.publish_error,
        )

    async def ensure_claimed(self) -> None:
        """Claim the partition, unless it is claimed and its cursor is unchanged, or it is busy.

        A claim would wait for the fold that takes long; it is due when that has ended.
        """
        if self.is_busy or (self.claimed and await self.cursor_unchanged()):
            return
        try:
            await self.processor.claim()
            self.claimed, self.problems.last_error = True, ""
            self.problems.log_recovery()
            if self.processor.position > self.problems.unwritten_until:
                self.problems.log_recovery(writes=True)
            self.problems.log_stop(self.processor.stopped)
        except Exception as error:
            self.unclaim(error)
        finally:
            # An open reader would keep fetching the records that the worker's consumer fetches.
            with suppress(Exception):
                await self.log.close()

    async def cursor_unchanged(self, *, wait: bool = True) -> bool:
        """Return whether the cursor is as this worker left it; True where that cannot be read.

        Without *wait* also True while a batch is folded or a rebuilt row is swapped in, which may
        take long.
        """
        if self.is_busy or (self.processor.lock.locked() and not wait):
            return True
        try:
            moved = await self.processor.cursor_moved()
        except Exception as error:
            if self.processor.working_set is None:
                self.unclaim(error)
                return False
            self.problems.log_error(error)
            return True
        if self.problems.store_silent:
            self.problems.last_error = ""  # The next failure is another one, and is logged again.
            self.problems.log_recovery()
        return not moved

    async def process(self, records: Sequence[LogRecord]) -> bool:
        """Fold *records*; return False where the partition must be fetched again, or is stopped.

        Never raises: an error unclaims the partition.
        """
        skipped_from, started = -1, self.meter.stopwatch()
        while True:
            try:
                counts = await self.processor.fold_batch(records)
            except OffsetGap as gap:
                if gap.expected == skipped_from:
                    return False  # A second reader found records there: a fetch was lost.
                skipped_from = gap.expected
                if not await self.resolve_gap(gap):
                    return False
            except Exception as error:
                self.unclaim(error)
                if isinstance(error, StoreUnreachable | StoreMisconfigured):
                    self.problems.refuse_writes(records[-1].offset)
                return False
            else:
                self.problems.log_recovery(writes=True)
                self.outbox_pending |= bool(
                    counts.alert_offsets or counts.refusals_without_study or counts.refusals
                )
                self.meter.count_batch(self.log.partition, counts, records, started)
                self.problems.log_stop(self.processor.stopped)
                return self.processor.stopped is None

    async def resolve_gap(self, gap: OffsetGap) -> bool:
        """Skip *gap* if only transaction markers occupy it; return False if that cannot be read."""
        try:
            await skip_confirmed_gap(self.processor, self.log, gap)
        except Exception as error:
            self.unclaim(error)
            return False
        return True

    async def check_unreadable(self) -> None:
        """Stop before a batch that a second client cannot read either, or continue behind it."""
        if self.claimed:
            try:
                await resolve_failed_fetch(self.processor, self.log)
                self.problems.log_stop(self.processor.stopped)
            except Exception as error:
                self.unclaim(error)
            finally:
                with suppress(Exception):
                    await self.log.close()

    async def rebuild_step(self) -> bool:
        """Advance the rebuild of invalid rows by one step, and return whether more steps remain.

        Every RETRY_STEPS steps a partition that stopped before an unreadable batch tries it again.
        """
        if not self.claimed or self.is_busy:
            return False
        try:
            self.steps += 1
            if self.steps % RETRY_STEPS == 0 and await is_readable_again(self.processor, self.log):
                self.claimed = False
            return await self.processor.rebuild()
        except Exception as error:
            self.unclaim(error)
            return False

    async def check_row_positions(self) -> None:
        """Compare the position of every row with the cursor; rows that differ are rebuilt."""
        try:
            await self.processor.check_positions()
        except Exception as error:
            self.unclaim(error)

    async def publish_outbox(self) -> None:
        """Publish the outbox; log a failure once, unless only alerts or reviews are unpublished.

        The log is open to blinded people, who must not learn that an alert exists.
        """
        self.outbox_pending = False
        if self.relay is None:
            return
        try:
            await self.relay.publish_pending()
            self.publish_error = ""
        except Exception as error:
            concealed = isinstance(error, Undelivered) and not self.relay.has_open_entries
            message = "" if concealed else public_message(error)
            if message not in ("", self.publish_error):
                logger.warning(
                    "partition %d: cannot publish outbox: %s", self.log.partition, message
                )
            self.publish_error = message

    def unclaim(self, error: Exception) -> None:
        """Discard in-memory state because of *error*; the partition must be claimed again."""
        self.claimed = False
        self.meter.conflicts += isinstance(error, CursorMoved)
        self.problems.log_error(error)

    async def close(self) -> None:
        """Close the readers of the partition, and end a fold that is under way."""
        if (working_set := self.processor.working_set) is not None:
            working_set.abandoned = True
        for log in (self.log, *((self.relay.log,) if self.relay else ())):
            with suppress(Exception):
                await log.close()
