"""How fast a log is produced: at once, so many a second, or as time went by, only faster."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

import orjson

from streams.log import LogRecord
from streams.records.dates import parse_instant
from streams.records.parse import RecordRefused

SLEEP_SECONDS_MIN = 0.001
"""A wait shorter than this is left out and made up for by the next."""

RATE_PATTERN = re.compile(r"(\d+(?:\.\d+)?)/s")
SPEED_PATTERN = re.compile(r"(\d+(?:\.\d+)?)x")


class Pace(Protocol):
    """When the next record is due."""

    async def wait(self, record: LogRecord) -> None:
        """Come back when it is."""
        ...


@dataclass(slots=True)
class Unpaced:
    """As fast as it goes."""

    async def wait(self, record: LogRecord) -> None:
        """It is due."""


@dataclass(slots=True)
class Schedule:
    """Keeps appointments, counted in seconds from the first one on."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    started_at: float | None = None

    async def sleep_until(self, seconds: float) -> None:
        """Come back at *seconds* after the beginning; at once if that is past."""
        now = self.clock()
        if self.started_at is None:
            self.started_at = now - seconds
        remaining = self.started_at + seconds - now
        if remaining > SLEEP_SECONDS_MIN:
            await self.sleep(remaining)


@dataclass(slots=True)
class Rate:
    """So many records *per_second*, evenly, however long each takes."""

    per_second: float
    sent: int = 0
    schedule: Schedule = field(default_factory=Schedule)

    async def wait(self, record: LogRecord) -> None:
        """The next of evenly spaced moments."""
        self.sent += 1
        await self.schedule.sleep_until(self.sent / self.per_second)


@dataclass(slots=True)
class Speed:
    """As the records became known, *times* as fast."""

    factor: float
    schedule: Schedule = field(default_factory=Schedule)

    async def wait(self, record: LogRecord) -> None:
        """When as much time has passed as lies between it and the first, divided."""
        known_at = read_known_at(record.value)
        if known_at is not None:
            await self.schedule.sleep_until(known_at / self.factor)


def read_known_at(value: bytes | None) -> int | None:
    """When the record became known; None for one that does not say."""
    try:
        return parse_instant(orjson.loads(value or b"")["known_at"])
    except (orjson.JSONDecodeError, TypeError, KeyError, RecordRefused):
        return None


def parse_rate(text: str) -> Rate:
    """The pace that `500/s` means.  Raises ValueError."""
    if (match := RATE_PATTERN.fullmatch(text)) is None or not float(match[1]):
        raise ValueError(f"{text} is no rate: say how many a second, as in 500/s")
    return Rate(float(match[1]))


def parse_speed(text: str) -> Pace:
    """The pace that `max` or `60x` means.  Raises ValueError."""
    if text == "max":
        return Unpaced()
    if (match := SPEED_PATTERN.fullmatch(text)) is None or not float(match[1]):
        raise ValueError(f"{text} is no speed: say max, or how many times as fast, as in 60x")
    return Speed(float(match[1]))
