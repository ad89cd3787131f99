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
from streams.records.dates import instant
from streams.records.parse import Refused

SOONER_SECONDS = 0.001
"""A wait shorter than this is left out and made up for by the next."""

RATE = re.compile(r"(\d+(?:\.\d+)?)/s")
SPEED = re.compile(r"(\d+(?:\.\d+)?)x")


class Pace(Protocol):
    """When the next record is due."""

    async def wait(self, record: LogRecord) -> None:
        """Come back when it is."""
        ...


@dataclass(slots=True)
class AtOnce:
    """As fast as it goes."""

    async def wait(self, record: LogRecord) -> None:
        """It is due."""


@dataclass(slots=True)
class Due:
    """Keeps appointments, counted in seconds from the first one on."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    begun: float | None = None

    async def until(self, seconds: float) -> None:
        """Come back at *seconds* after the beginning; at once if that is past."""
        now = self.clock()
        if self.begun is None:
            self.begun = now - seconds
        left = self.begun + seconds - now
        if left > SOONER_SECONDS:
            await self.sleep(left)


@dataclass(slots=True)
class Rate:
    """So many records *per_second*, evenly, however long each takes."""

    per_second: float
    count: int = 0
    due: Due = field(default_factory=Due)

    async def wait(self, record: LogRecord) -> None:
        """The next of evenly spaced moments."""
        self.count += 1
        await self.due.until(self.count / self.per_second)


@dataclass(slots=True)
class Speed:
    """As the records became known, *times* as fast."""

    times: float
    due: Due = field(default_factory=Due)

    async def wait(self, record: LogRecord) -> None:
        """When as much time has passed as lies between it and the first, divided."""
        known_at = known(record.value)
        if known_at is not None:
            await self.due.until(known_at / self.times)


def known(value: bytes | None) -> int | None:
    """When the record became known; None for one that does not say."""
    try:
        return instant(orjson.loads(value or b"")["known_at"])
    except (orjson.JSONDecodeError, TypeError, KeyError, Refused):
        return None


def rate(text: str) -> Rate:
    """The pace that `500/s` means.  Raises ValueError."""
    if (found := RATE.fullmatch(text)) is None or not float(found[1]):
        raise ValueError(f"{text} is no rate: say how many a second, as in 500/s")
    return Rate(float(found[1]))


def speed(text: str) -> Pace:
    """The pace that `max` or `60x` means.  Raises ValueError."""
    if text == "max":
        return AtOnce()
    if (found := SPEED.fullmatch(text)) is None or not float(found[1]):
        raise ValueError(f"{text} is no speed: say max, or how many times as fast, as in 60x")
    return Speed(float(found[1]))
