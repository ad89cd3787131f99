"""A partition that this worker holds: claimed, folded and doubted, and no exception gets out."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from streams.health.probes import Condition
from streams.kafka.sender import Undelivered
from streams.log import Log, LogRecord
from streams.metrics.meter import Meter
from streams.outbox.relay import Relay
from streams.processor import Hole, Lane, Moved
from streams.processor.refold import pass_markers
from streams.store import Store, StoreUnreachable, WrongStore
from streams.worker.public_errors import told

logger = logging.getLogger("tocsin")


@dataclass(slots=True)
class Held:
    """One partition: its lane, the log and store the lane works on, and its relay, if it has one.

    Unless *claimed*, nothing may be folded; *trouble* says why it is not, and *halted* why it
    stands still.  It *spoke* if what was folded since the last relaying may have put something
    into the outbox.
    """

    lane: Lane
    log: Log
    store: Store
    relay: Relay | None = None
    meter: Meter = field(default_factory=Meter)
    claimed: bool = False
    trouble: str = ""
    halted: str = ""
    refused: str = ""  # By the store, and why: what was folded up to the record at *due*.
    due: int = -1
    untold: str = ""
    spoke: bool = False

    def counted_by(self, meter: Meter) -> None:
        """Have *meter*, its worker's, count what becomes of records and of alerts."""
        self.meter = meter
        if self.relay is not None:
            self.relay.announced = meter.announced

    @property
    def place(self) -> int | None:
        """Where to read from; None where it must stand still."""
        return self.lane.position if self.claimed and self.lane.stopped is None else None

    def condition(self, lag: int) -> Condition:
        """How it stands, for whoever asks."""
        stopped = self.lane.stopped
        return Condition(
            partition=self.log.partition,
            claimed=self.claimed,
            trouble=self.trouble,
            refused=self.refused,
            stopped="" if stopped is None else str(stopped),
            lag=lag,
            waiting_seconds=0 if self.relay is None else self.relay.openly_waiting_seconds,
            untold=self.untold,
        )

    async def ensure(self) -> None:
        """Claim it, unless it is claimed and its cursor is where we left it."""
        if self.claimed and await self.is_ours():
            return
        try:
            await self.lane.claim()
            self.claimed, self.trouble = True, ""
            if self.lane.position > self.due:
                self.refused = ""
            self.note_halt()
        except Exception as error:
            self.doubt(error)
        finally:
            # Its reader would go on fetching what the worker's consumer fetches anyway.
            with suppress(Exception):
                await self.log.close()

    async def is_ours(self) -> bool:
        """Whether the cursor is where we left it; a store that does not answer proves nothing."""
        try:
            return not await self.lane.glance()
        except Exception as error:
            self.note(error)
            return True

    async def take(self, records: Sequence[LogRecord]) -> bool:
        """Fold *records*; False if from here on they must be fetched again."""
        passed, began = -1, self.meter.stopwatch()
        while True:
            try:
                taken = await self.lane.take(records)
            except Hole as hole:
                if hole.expected == passed:
                    return False  # A second reader finds records there: they were not fetched.
                passed = hole.expected
                if not await self.pass_by(hole):
                    return False
            except Exception as error:
                self.doubt(error)
                if isinstance(error, StoreUnreachable | WrongStore):
                    self.refused, self.due = self.trouble, records[-1].offset
                return False
            else:
                if self.refused:
                    logger.warning("partition %d: the store takes it again", self.log.partition)
                self.refused = ""
                self.spoke |= bool(taken.rang or taken.set_aside or taken.refusals)
                self.meter.took(self.log.partition, taken, records, began)
                self.note_halt()
                return self.lane.stopped is None

    async def pass_by(self, hole: Hole) -> bool:
        """Let the lane pass *hole* if markers occupy it; False where that cannot be found out."""
        try:
            await pass_markers(self.lane, self.log, hole)
        except Exception as error:
            self.doubt(error)
            return False
        return True

    async def mend(self) -> bool:
        """Take the rebuilding of rows a step further; whether there is more to do."""
        if not self.claimed:
            return False
        try:
            return await self.lane.rebuild()
        except Exception as error:
            self.doubt(error)
            return False

    async def audit(self) -> None:
        """Compare every row's position with the cursor's."""
        try:
            await self.lane.audit()
        except Exception as error:
            self.doubt(error)

    async def tell(self) -> None:
        """Relay what is to be told; that an alert waits for it is not said in the open."""
        self.spoke = False
        if self.relay is None:
            return
        try:
            await self.relay.pass_on()
            self.untold = ""
        except Exception as error:
            silent = isinstance(error, Undelivered) and not self.relay.waits_openly
            says = "" if silent else told(error)
            if says not in ("", self.untold):
                logger.warning("partition %d: nothing told: %s", self.log.partition, says)
            self.untold = says

    def doubt(self, error: Exception) -> None:
        """Nothing in memory can be relied on: it must be claimed anew."""
        self.claimed = False
        self.meter.conflicts += isinstance(error, Moved)
        self.note(error)

    def note(self, error: Exception) -> None:
        """Say what is wrong, once: a full store may be claimed again and again."""
        if (says := told(error)) not in (self.trouble, self.refused):
            logger.warning("partition %d: %s", self.log.partition, says)
        self.trouble = says

    def note_halt(self) -> None:
        """Say why it stands still, once: until an operator comes, nothing of it is watched."""
        stopped = self.lane.stopped
        says = "" if stopped is None else f"stands still at offset {stopped.offset}: {stopped}"
        if says not in ("", self.halted):
            logger.warning("partition %d %s", self.log.partition, says)
        self.halted = says

    async def close(self) -> None:
        """Let go of its readers."""
        for log in (self.log, *((self.relay.log,) if self.relay else ())):
            with suppress(Exception):
                await log.close()
