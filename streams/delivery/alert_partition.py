"""One partition of the alerts and of the ledger beside it, read to their ends again and again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from alerts.notification.due import DeliveryState
from alerts.notification.notification_log import (
    ContentMismatch,
    NotificationEntry,
    NotificationKey,
    Route,
)
from streams.kafka.sender import Message, Sender
from streams.kafka.topics import NOTIFIED
from streams.log import Log, LogRecord, RecordsGone

READ_MAX = 500

RecordHandler = Callable[[LogRecord], None]
"""What takes in one record that was read."""

FRESH_SECONDS = 3.0
"""What was read longer ago says nothing about what somebody else may have sent since."""


@dataclass(slots=True)
class AlertPartition:
    """What is known of partition *partition*, and where it is written down.

    Reading goes on where it stopped, also after the partition was somebody else's: both topics
    only grow.  *read_at* is when the last complete reading began.  *owed* are entries, by route,
    of what was sent and is not yet written down: they outlive whoever was cut off in between.
    """

    partition: int
    alerts: Log
    notifications: Log
    sender: Sender
    monotonic_clock: Callable[[], float] = time.monotonic
    state: DeliveryState = field(default_factory=DeliveryState)
    positions: dict[str, int] = field(default_factory=dict[str, int])
    read_at: float = float("-inf")
    reads_completed: int = 0
    mismatches: list[ContentMismatch] = field(default_factory=list[ContentMismatch])
    unlogged: dict[Route, dict[NotificationKey, NotificationEntry]] = field(
        default_factory=dict[Route, dict[NotificationKey, NotificationEntry]]
    )
    _read_done: asyncio.Event = field(default_factory=asyncio.Event)

    async def read(self) -> None:
        """Read both to their ends, the alerts first: what was told of them is in the ledger.

        Raises LogUnreachable, and Undelivered where a finding cannot be written down.
        """
        began = self.monotonic_clock()
        await self._read_to_end(
            "alerts", self.alerts, lambda one: self.state.add_published(one.value)
        )
        await self._read_to_end(
            "notified",
            self.notifications,
            lambda one: self.state.add_log_record(one.key, one.value),
        )
        self.mismatches.extend(self.state.find_mismatches())
        while self.mismatches:
            await self._write(*self.mismatches[0].encode())
            self.state.notification_log.mismatches.add(self.mismatches.pop(0))
        self.read_at = began
        self.reads_completed += 1
        self.wake_waiters()

    @property
    def is_fresh(self) -> bool:
        """Whether both were read to their ends a moment ago."""
        return self.monotonic_clock() - self.read_at <= FRESH_SECONDS

    async def wait_for_read(self, after: int) -> int:
        """Wait until a later reading is complete than that with the number *after*; its number."""
        if self.reads_completed == after:
            await self._read_done.wait()
        return self.reads_completed

    def wake_waiters(self) -> None:
        """Let go on who waits for a reading."""
        completed, self._read_done = self._read_done, asyncio.Event()
        completed.set()

    async def log_notifications(self, entries: Mapping[NotificationKey, NotificationEntry]) -> None:
        """Write *entries* down, each when the one before it is on every copy."""
        for key, entry in entries.items():
            await self._write(key.encode(), entry.encode())

    async def close(self) -> None:
        """Stop reading."""
        await self.alerts.close()
        await self.notifications.close()

    async def _write(self, key: bytes, value: bytes) -> None:
        message = Message(topic=NOTIFIED, partition=self.partition, key=key, value=value)
        await self.sender.send(message)

    async def _read_to_end(self, name: str, log: Log, handle: RecordHandler) -> None:
        ends = await log.offset_range()
        position, end = self.positions.get(name, 0), ends.next
        if position > end:  # The topic was made anew: nothing that it holds was ever read.
            position = ends.first
        while position < end:
            try:
                records = await log.read(position, READ_MAX)
            except RecordsGone:
                # Both are compacted, so nothing is missing: what is gone was said again later.
                position = (await log.offset_range()).first
                continue
            for record in records:
                handle(record)
            position = records[-1].offset + 1 if records else end
            self.positions[name] = position
