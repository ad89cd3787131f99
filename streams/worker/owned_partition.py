"""A partition that this worker holds: claimed, folded and doubted, and no exception gets out."""

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
from streams.processor import CursorMoved, OffsetGap, PartitionProcessor
from streams.processor.refold import skip_confirmed_gap
from streams.store import Store, StoreMisconfigured, StoreUnreachable
from streams.worker.public_errors import public_message

logger = logging.getLogger("tocsin")


@dataclass(slots=True)
class OwnedPartition:
    """One partition: its lane, the log and store the lane works on, and its relay, if it has one.

    Unless *claimed*, nothing may be folded; *trouble* says why it is not, and *halted* why it
    stands still.  It *spoke* if what was folded since the last relaying may have put something
    into the outbox.
    """

    processor: PartitionProcessor
    log: Log
    store: Store
    relay: OutboxRelay | None = None
    meter: Meter = field(default_factory=Meter)
    claimed: bool = False
    last_error: str = ""
    stop_text: str = ""
    write_error: str = ""  # By the store, and why: what was folded up to the record at *due*.
    unwritten_until: int = -1
    publish_error: str = ""
    outbox_pending: bool = False

    def use_meter(self, meter: Meter) -> None:
        """Have *meter*, its worker's, count what becomes of records and of alerts."""
        self.meter = meter
        if self.relay is not None:
            self.relay.on_published = meter.observe_published

    @property
    def fetch_position(self) -> int | None:
        """Where to read from; None where it must stand still."""
        return self.processor.position if self.claimed and self.processor.stopped is None else None

    def status(self, lag: int) -> PartitionStatus:
        """How it stands, for whoever asks."""
        stopped = self.processor.stopped
        return PartitionStatus(
            partition=self.log.partition,
            claimed=self.claimed,
            claim_error=self.last_error,
            write_error=self.write_error,
            stop_reason="" if stopped is None else str(stopped),
            lag=lag,
            pending_seconds=0 if self.relay is None else self.relay.open_waiting_seconds,
            publish_error=self.publish_error,
        )

    async def ensure_claimed(self) -> None:
        """Claim it, unless it is claimed and its cursor is where we left it."""
        if self.claimed and await self.cursor_unchanged():
            return
        try:
            await self.processor.claim()
            self.claimed, self.last_error = True, ""
            if self.processor.position > self.unwritten_until:
                self.write_error = ""
            self.log_stop()
        except Exception as error:
            self.unclaim(error)
        finally:
            # Its reader would go on fetching what the worker's consumer fetches anyway.
            with suppress(Exception):
                await self.log.close()

    async def cursor_unchanged(self) -> bool:
        """Whether the cursor is where we left it; a store that does not answer proves nothing."""
        try:
            return not await self.processor.cursor_moved()
        except Exception as error:
            self.log_error(error)
            return True

    async def process(self, records: Sequence[LogRecord]) -> bool:
        """Fold *records*; False if from here on they must be fetched again."""
        skipped_from, started = -1, self.meter.stopwatch()
        while True:
            try:
                counts = await self.processor.fold_batch(records)
            except OffsetGap as gap:
                if gap.expected == skipped_from:
                    return False  # A second reader finds records there: they were not fetched.
                skipped_from = gap.expected
                if not await self.resolve_gap(gap):
                    return False
            except Exception as error:
                self.unclaim(error)
                if isinstance(error, StoreUnreachable | StoreMisconfigured):
                    self.write_error, self.unwritten_until = self.last_error, records[-1].offset
                return False
            else:
                if self.write_error:
                    logger.warning("partition %d: the store takes it again", self.log.partition)
                self.write_error = ""
                self.outbox_pending |= bool(
                    counts.alert_offsets or counts.refusals_without_study or counts.refusals
                )
                self.meter.count_batch(self.log.partition, counts, records, started)
                self.log_stop()
                return self.processor.stopped is None

    async def resolve_gap(self, gap: OffsetGap) -> bool:
        """Let the lane pass *hole* if markers occupy it; False where that cannot be found out."""
        try:
            await skip_confirmed_gap(self.processor, self.log, gap)
        except Exception as error:
            self.unclaim(error)
            return False
        return True

    async def rebuild_step(self) -> bool:
        """Take the rebuilding of rows a step further; whether there is more to do."""
        if not self.claimed:
            return False
        try:
            return await self.processor.rebuild()
        except Exception as error:
            self.unclaim(error)
            return False

    async def check_row_positions(self) -> None:
        """Compare every row's position with the cursor's."""
        try:
            await self.processor.check_positions()
        except Exception as error:
            self.unclaim(error)

    async def publish_outbox(self) -> None:
        """Relay what is to be told; that an alert waits for it is not said in the open."""
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
                logger.warning("partition %d: nothing told: %s", self.log.partition, message)
            self.publish_error = message

    def unclaim(self, error: Exception) -> None:
        """Nothing in memory can be relied on: it must be claimed anew."""
        self.claimed = False
        self.meter.conflicts += isinstance(error, CursorMoved)
        self.log_error(error)

    def log_error(self, error: Exception) -> None:
        """Say what is wrong, once: a full store may be claimed again and again."""
        if (message := public_message(error)) not in (self.last_error, self.write_error):
            logger.warning("partition %d: %s", self.log.partition, message)
        self.last_error = message

    def log_stop(self) -> None:
        """Say why it stands still, once: until an operator comes, nothing of it is watched."""
        stopped = self.processor.stopped
        message = "" if stopped is None else f"stands still at offset {stopped.offset}: {stopped}"
        if message not in ("", self.stop_text):
            logger.warning("partition %d %s", self.log.partition, message)
        self.stop_text = message

    async def close(self) -> None:
        """Let go of its readers."""
        for log in (self.log, *((self.relay.log,) if self.relay else ())):
            with suppress(Exception):
                await log.close()
