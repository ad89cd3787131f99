"""The event stream of a study: a beat each second, and a notice of each new version."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from board.follower.protocol import StudySummary
from board.web.client import StudyClient
from board.web.health import Health, HealthCheck

BEAT_SECONDS = 1.0

NOTICE_SECONDS = 0.25
"""Shortest time between two notices: states may come five times a second."""

NOTICES_A_SECOND = 400
"""With many streams each has fewer notices, though a beat a second: the pages need the time."""

STREAMS_MAX = 1_000
STREAMS_OF_SESSION_MAX = 16


class WrittenEvents(NamedTuple):
    """The events of a study at one tick: its version, the notice of it, and the beat."""

    number: int
    version: int | None
    changed: bytes
    beat: bytes


@dataclass(slots=True)
class EventHub:
    """Writes each event once, whatever the number of streams.

    *tick* is set, and replaced, when streams should send.  *streams* counts those of each session.
    """

    client: StudyClient
    check: HealthCheck = field(default_factory=HealthCheck)
    tick: asyncio.Event = field(default_factory=asyncio.Event)
    number: int = 0
    written: dict[str, WrittenEvents] = field(default_factory=dict[str, "WrittenEvents"])
    streams: dict[str, int] = field(default_factory=dict[str, int])
    tasks: list[asyncio.Task[None]] = field(default_factory=list[asyncio.Task[None]])
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self) -> None:
        """Begin to follow the client's states."""
        self.tasks = [
            asyncio.ensure_future(self._follow_states()),
            asyncio.ensure_future(self._beat()),
        ]

    async def close(self) -> None:
        """End all streams."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.tasks = []
        self.tick.set()

    def health(self, study: str) -> Health:
        """Return the health of *study* now."""
        return self.check.health_of(self.client.state, self.client.silent_seconds, study)

    def admits(self, session_label: str) -> bool:
        """Return whether the session may open another stream."""
        own = self.streams.get(session_label, 0)
        return own < STREAMS_OF_SESSION_MAX and sum(self.streams.values()) < STREAMS_MAX

    async def stream(
        self, study: str, session_label: str, shown: int | None = None
    ) -> AsyncGenerator[bytes]:
        """Yield the events of *study*: `beat` and `changed`.

        *shown* is the version that the page shows; where the study has another, it has changed.
        """
        self.streams[session_label] = self.streams.get(session_label, 0) + 1
        version = shown
        try:
            yield b"retry: 1000\n\n"
            while True:
                written = self._write_events(study)
                has_changed = written.version not in (None, version)
                yield written.changed + written.beat if has_changed else written.beat
                version = written.version or version
                await self.tick.wait()
                if not self.tasks:
                    return
        finally:
            self.streams[session_label] -= 1
            if not self.streams[session_label]:
                del self.streams[session_label]

    def summary_of(self, study: str) -> StudySummary | None:
        """Return the latest summary of *study*, if there is one."""
        state = self.client.state
        return None if state is None else state.studies.get(study)

    def _write_events(self, study: str) -> WrittenEvents:
        """Return the events of *study*, written once for each tick."""
        written = self.written.get(study)
        if written is None or written.number != self.number:
            summary = self.summary_of(study)
            version = None if summary is None else summary.version
            changed = b"" if summary is None else changed_event(summary)
            beat = self._write_beat(study, summary)
            written = self.written[study] = WrittenEvents(self.number, version, changed, beat)
        return written

    def _write_beat(self, study: str, summary: StudySummary | None) -> bytes:
        health = self.health(study)
        fields: dict[str, Any] = {
            "live": health.live and summary is not None,
            "silent": health.silent,
            "silent_seconds": round(self.client.silent_seconds, 1),
            "fault": health.fault,
        }
        if summary is not None:
            complete = summary.completeness
            fields |= {
                "version": summary.version,
                "as_of": complete.as_of,
                "position": complete.position,
                "end": complete.end,
                "store_agrees": complete.store_agrees,
                "digest": complete.digest,
            }
        return event("beat", fields)

    async def _follow_states(self) -> None:
        async for state in self.client.states():
            self.check.add_state(state)
            self.changed.set()

    async def _beat(self) -> None:
        while True:
            pause = sum(self.streams.values()) / NOTICES_A_SECOND
            pause = min(BEAT_SECONDS, max(NOTICE_SECONDS, pause))
            await asyncio.sleep(pause)
            with suppress(TimeoutError):
                await asyncio.wait_for(self.changed.wait(), BEAT_SECONDS - pause)
            self.changed.clear()
            self.number += 1
            self.tick.set()
            self.tick = asyncio.Event()


def changed_event(summary: StudySummary) -> bytes:
    """Return the notice of a new version, with the present revision of each alert."""
    revisions = {each.id: each.revision for each in summary.alerts}
    return event("changed", {"version": summary.version, "revisions": revisions})


def event(name: str, fields: dict[str, Any]) -> bytes:
    r"""Return an event of a stream.

    >>> event("beat", {"position": 3})
    b'event: beat\ndata: {"position":3}\n\n'
    """
    return b"event: " + name.encode() + b"\ndata: " + orjson.dumps(fields) + b"\n\n"
