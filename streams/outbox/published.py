"""What was announced on ``safety.alerts.v1``, and what is announced from now on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

import orjson

from alerts.alert import Alert
from streams.log import Log, records_of
from streams.store.rows.alerts import alert_from

TURN_SECONDS = 0.5


@dataclass(slots=True)
class Announced:
    """Reads the partitions of the alerts, each revision once, the newest of each alert last.

    *heard* is how far each was read, *revisions* the highest revision of each alert; *unreadable*
    counts messages that are no alerts, or those of another version.
    """

    logs: Sequence[Log]
    heard: dict[int, int] = field(default_factory=dict[int, int])
    revisions: dict[str, int] = field(default_factory=dict[str, int])
    unreadable: int = 0

    async def new(self) -> list[Alert]:
        """The revisions that were announced since this was last asked.

        Raises LogUnreachable.
        """
        found: list[Alert] = []
        for number, log in enumerate(self.logs):
            start = self.heard.get(number)
            start = (await log.ends()).first if start is None else start
            async for record in records_of(log, start):
                start = record.offset + 1
                if (alert := alert_in(record.value)) is None:
                    self.unreadable += 1
                elif alert.revision > self.revisions.get(alert.id, 0):
                    self.revisions[alert.id] = alert.revision
                    found.append(alert)
            self.heard[number] = start
        return sorted(found, key=lambda alert: (alert.known_at, alert.line, alert.revision))

    async def follow(self) -> AsyncGenerator[list[Alert]]:
        """What is new, again and again, for as long as somebody listens."""
        while True:
            yield await self.new()
            await asyncio.sleep(TURN_SECONDS)


def alert_in(value: bytes | None) -> Alert | None:
    """The alert that a message tells of; None where there is none that this version knows."""
    try:
        said = orjson.loads(value or b"")
        del said["hypothetical"]  # Only the live space announces anything.
        return alert_from(said)
    except (ValueError, KeyError, TypeError, AssertionError):
        return None
