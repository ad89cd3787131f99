"""One partition of the alerts and of the ledger beside it, read to their ends again and again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from alerts.notification.due import Standing
from alerts.notification.notification_log import Entry, Finding, Key, Route
from streams.kafka.sender import Message, Sender
from streams.kafka.topics import NOTIFIED
from streams.log import Log, LogRecord, RecordsGone

READ_MAX = 500

Take = Callable[[LogRecord], None]
"""What takes in one record that was read."""

FRESH_SECONDS = 3.0
"""What was read longer ago says nothing about what somebody else may have sent since."""


@dataclass(slots=True)
class Desk:
    """What is known of partition *partition*, and where it is written down.

    Reading goes on where it stopped, also after the partition was somebody else's: both topics
    only grow.  *read_at* is when the last complete reading began.  *owed* are entries, by route,
    of what was sent and is not yet written down: they outlive whoever was cut off in between.
    """

    partition: int
    alerts: Log
    notified: Log
    sender: Sender
    steady: Callable[[], float] = time.monotonic
    standing: Standing = field(default_factory=Standing)
    places: dict[str, int] = field(default_factory=dict[str, int])
    read_at: float = float("-inf")
    readings: int = 0
    found: list[Finding] = field(default_factory=list[Finding])
    owed: dict[Route, dict[Key, Entry]] = field(default_factory=dict[Route, dict[Key, Entry]])
    _read: asyncio.Event = field(default_factory=asyncio.Event)

    async def read(self) -> None:
        """Read both to their ends, the alerts first: what was told of them is in the ledger.

        Raises LogUnreachable, and Undelivered where a finding cannot be written down.
        """
        began = self.steady()
        await self._follow("alerts", self.alerts, lambda one: self.standing.announce(one.value))
        await self._follow(
            "notified", self.notified, lambda one: self.standing.note(one.key, one.value)
        )
        self.found.extend(self.standing.compare())
        while self.found:
            await self._write(*self.found[0].wire())
            self.standing.ledger.findings.add(self.found.pop(0))
        self.read_at = began
        self.readings += 1
        self.release()

    @property
    def fresh(self) -> bool:
        """Whether both were read to their ends a moment ago."""
        return self.steady() - self.read_at <= FRESH_SECONDS

    async def reading(self, after: int) -> int:
        """Wait until a later reading is complete than that with the number *after*; its number."""
        if self.readings == after:
            await self._read.wait()
        return self.readings

    def release(self) -> None:
        """Let go on who waits for a reading."""
        before, self._read = self._read, asyncio.Event()
        before.set()

    async def note(self, entries: Mapping[Key, Entry]) -> None:
        """Write *entries* down, each when the one before it is on every copy."""
        for key, entry in entries.items():
            await self._write(key.wire(), entry.wire())

    async def close(self) -> None:
        """Stop reading."""
        await self.alerts.close()
        await self.notified.close()

    async def _write(self, key: bytes, value: bytes) -> None:
        message = Message(topic=NOTIFIED, partition=self.partition, key=key, value=value)
        await self.sender.send(message)

    async def _follow(self, name: str, log: Log, take: Take) -> None:
        ends = await log.ends()
        place, end = self.places.get(name, 0), ends.next
        if place > end:  # The topic was made anew: nothing that it holds was ever read.
            place = ends.first
        while place < end:
            try:
                records = await log.read(place, READ_MAX)
            except RecordsGone:
                # Both are compacted, so nothing is missing: what is gone was said again later.
                place = (await log.ends()).first
                continue
            for record in records:
                take(record)
            place = records[-1].offset + 1 if records else end
            self.places[name] = place
