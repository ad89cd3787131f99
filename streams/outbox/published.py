"""Reads the alert revisions that were published on ``safety.alerts.v1``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

import orjson

from alerts.alert import Alert
from streams.log import Log, records_of
from streams.store.rows.alerts import alert_from

POLL_SECONDS = 0.5
"""Pause between two reads of ``AlertFeed.follow``."""


@dataclass(slots=True)
class AlertFeed:
    """Reads the partitions of the alert topic, and yields each alert revision once, in order.

    *logs* are the partitions; *positions* has the next offset of each, and *revisions* the highest
    revision of each alert, by which repeated messages are dropped.  *unreadable* counts messages
    that are not alerts that this version can read.
    """

    logs: Sequence[Log]
    positions: dict[int, int] = field(default_factory=dict[int, int])
    revisions: dict[str, int] = field(default_factory=dict[str, int])
    unreadable: int = 0

    async def read_new(self) -> list[Alert]:
        """Return the alert revisions that were published since the last call, oldest first.

        Raises LogUnreachable where the broker does not answer.
        """
        alerts: list[Alert] = []
        for number, log in enumerate(self.logs):
            position = self.positions.get(number)
            position = (await log.offset_range()).first if position is None else position
            async for record in records_of(log, position):
                position = record.offset + 1
                if (alert := read_alert(record.value)) is None:
                    self.unreadable += 1
                elif alert.revision > self.revisions.get(alert.id, 0):
                    self.revisions[alert.id] = alert.revision
                    alerts.append(alert)
            self.positions[number] = position
        return sorted(alerts, key=lambda alert: (alert.known_at, alert.line, alert.revision))

    async def follow(self) -> AsyncGenerator[list[Alert]]:
        """Yield the new alert revisions, possibly none, every POLL_SECONDS."""
        while True:
            yield await self.read_new()
            await asyncio.sleep(POLL_SECONDS)


def read_alert(value: bytes | None) -> Alert | None:
    """Return the alert in a message; None where this version cannot read one."""
    try:
        fields = orjson.loads(value or b"")
        del fields["hypothetical"]  # Always false: only the live space publishes.
        return alert_from(fields)
    except (ValueError, KeyError, TypeError, AssertionError):
        return None
