"""What was announced on ``safety.alerts.v1``, and what is announced from now on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

import orjson

from alerts.alert import Alert
from streams.log import Log, records_of
from streams.store.rows.alerts import alert_from

POLL_SECONDS = 0.5


@dataclass(slots=True)
class AlertFeed:
    """Reads the partitions of the alerts, each revision once, the newest of each alert last.

    *heard* is how far each was read, *revisions* the highest revision of each alert; *unreadable*
    counts messages that are no alerts, or those of another version.
    """

    logs: Sequence[Log]
    positions: dict[int, int] = field(default_factory=dict[int, int])
    revisions: dict[str, int] = field(default_factory=dict[str, int])
    unreadable: int = 0

    async def read_new(self) -> list[Alert]:
        """The revisions that were announced since this was last asked.

        Raises LogUnreachable.
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
        """What is new, again and again, for as long as somebody listens."""
        while True:
            yield await self.read_new()
            await asyncio.sleep(POLL_SECONDS)


def read_alert(value: bytes | None) -> Alert | None:
    """The alert that a message tells of; None where there is none that this version knows."""
    try:
        fields = orjson.loads(value or b"")
        del fields["hypothetical"]  # Only the live space announces anything.
        return alert_from(fields)
    except (ValueError, KeyError, TypeError, AssertionError):
        return None
