"""Paces of producing a log: unpaced, a fixed rate, or the original times sped up."""

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
"""A shorter wait is skipped; the next wait makes up for it."""

RATE_PATTERN = re.compile(r"(\d+(?:\.\d+)?)/s")
SPEED_PATTERN = re.compile(r"(\d+(?:\.\d+)?)x")


class Pace(Protocol):
    """Decides when the next record is due."""

    async def wait(self, record: LogRecord) -> None:
        """Wait until *record* is due."""
        ...


@dataclass(slots=True)
class Unpaced:
    """A pace without waits."""

    async def wait(self, record: LogRecord) -> None:
        """Do not wait."""


@dataclass(slots=True)
class Schedule:
    """Sleeps until moments in seconds from a start, which the first call sets."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    started_at: float | None = None

    async def sleep_until(self, seconds: float) -> None:
        """Wait until *seconds* after the start; return at once on the first call or if late."""
        now = self.clock()
        if self.started_at is None:
            self.started_at = now - seconds
        remaining = self.started_at + seconds - now
        if remaining > SLEEP_SECONDS_MIN:
            await self.sleep(remaining)


@dataclass(slots=True)
class Rate:
    """A pace of evenly spaced records, *per_second* of them, independent of sending times."""

    per_second: float
    sent: int = 0
    schedule: Schedule = field(default_factory=Schedule)

    async def wait(self, record: LogRecord) -> None:
        """Wait for the next of the evenly spaced moments."""
        self.sent += 1
        await self.schedule.sleep_until(self.sent / self.per_second)


@dataclass(slots=True)
class Speed:
    """A pace at which records became known, *factor* times as fast."""

    factor: float
    schedule: Schedule = field(default_factory=Schedule)

    async def wait(self, record: LogRecord) -> None:
        """Wait for the time between the first record and *record*, divided by the factor.

        A record without ``known_at`` is due at once.
        """
        known_at = read_known_at(record.value)
        if known_at is not None:
            await self.schedule.sleep_until(known_at / self.factor)


def read_known_at(value: bytes | None) -> int | None:
    """Return when the record became known, in seconds since 1970; None if it has no such time."""
    try:
        return parse_instant(orjson.loads(value or b"")["known_at"])
    except (orjson.JSONDecodeError, TypeError, KeyError, RecordRefused):
        return None


def parse_rate(text: str) -> Rate:
    """Parse a rate such as `500/s`.  Raises ValueError."""
    if (match := RATE_PATTERN.fullmatch(text)) is None or not float(match[1]):
        raise ValueError(f"{text} is not a rate: give records per second, such as 500/s")
    return Rate(float(match[1]))


def parse_speed(text: str) -> Pace:
    """Parse a speed: `max`, or a factor such as `60x`.  Raises ValueError."""
    if text == "max":
        return Unpaced()
    if (match := SPEED_PATTERN.fullmatch(text)) is None or not float(match[1]):
        raise ValueError(f"{text} is not a speed: give max, or a factor such as 60x")
    return Speed(float(match[1]))
