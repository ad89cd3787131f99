"""Reads one partition of the alerts and of the notification log to their ends, repeatedly."""

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
"""Handles one record that was read."""

FRESH_SECONDS = 3.0
"""Longest age of a read before a send: another deliverer may have sent since then."""


@dataclass(slots=True)
class AlertPartition:
    """The published alerts and the notification log of one partition, and their reader.

    Reading continues at *positions* even after another deliverer owned the partition, since both
    topics only grow.  *read_at* is when the last complete read began, in monotonic seconds.
    *unlogged* holds by route the entries of notifications that are sent but not logged yet; it
    survives a cancelled send task.
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

    async def catch_up(self) -> None:
        """Read both topics to their ends, and write content mismatches to the notification log.

        Alerts are read first, so the log read afterwards holds every notification of them.  Raises
        LogUnreachable, and Undelivered where a mismatch cannot be written.
        """
        began = self.monotonic_clock()
        await self._read_to_end(
            "alerts", self.alerts, lambda record: self.state.add_published(record.value)
        )
        await self._read_to_end(
            "notified",
            self.notifications,
            lambda record: self.state.add_log_record(record.key, record.value),
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
        """Whether the last complete read is recent enough to send on."""
        return self.monotonic_clock() - self.read_at <= FRESH_SECONDS

    async def wait_for_read(self, after: int) -> int:
        """Wait until more than *after* reads are complete; return their number.

        ``wake_waiters`` ends the wait early.
        """
        if self.reads_completed == after:
            await self._read_done.wait()
        return self.reads_completed

    def wake_waiters(self) -> None:
        """Wake all tasks that wait for a read."""
        completed, self._read_done = self._read_done, asyncio.Event()
        completed.set()

    async def log_notifications(self, entries: Mapping[NotificationKey, NotificationEntry]) -> None:
        """Write *entries* in order, each after every replica has the previous one.

        Raises Undelivered.
        """
        for key, entry in entries.items():
            await self._write(key.encode(), entry.encode())

    async def close(self) -> None:
        """Close both logs."""
        await self.alerts.close()
        await self.notifications.close()

    async def _write(self, key: bytes, value: bytes) -> None:
        message = Message(topic=NOTIFIED, partition=self.partition, key=key, value=value)
        await self.sender.send(message)

    async def _read_to_end(self, name: str, log: Log, handle: RecordHandler) -> None:
        ends = await log.offset_range()
        position, end = self.positions.get(name, 0), ends.next
        if position > end:  # The topic was created again: none of its records was read.
            position = ends.first
        while position < end:
            try:
                records = await log.read(position, READ_MAX)
            except RecordsGone:
                # Both topics are compacted: each removed record has a later one of the same key.
                position = (await log.offset_range()).first
                continue
            for record in records:
                handle(record)
            position = records[-1].offset + 1 if records else end
            self.positions[name] = position
