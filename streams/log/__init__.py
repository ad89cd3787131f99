"""The log as everything but Faust sees it: one partition, read by offset, without a group."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol


class LogRecord(Protocol):
    """One record as the log holds it; aiokafka's and kafka-python's own records are such."""

    @property
    def offset(self) -> int:
        """Its place in the partition."""
        ...

    @property
    def key(self) -> bytes | None:
        """Its key: the study."""
        ...

    @property
    def value(self) -> bytes | None:
        """Its bytes; None is a tombstone."""
        ...


@dataclass(frozen=True, slots=True)
class LogIdentity:
    """Which log it is: the *cluster* that holds the topic, and in how many *partitions*."""

    cluster: str
    partitions: int


@dataclass(frozen=True, slots=True)
class OffsetRange:
    """The first offset that is still held, and the one that the next record will have."""

    first: int
    next: int


class Log(Protocol):
    """One partition of the log.  Errors of the service come as ``LogUnreachable``."""

    @property
    def partition(self) -> int:
        """Its number."""
        ...

    async def identity(self) -> LogIdentity:
        """Which log it is."""
        ...

    async def offset_range(self) -> OffsetRange:
        """Where it begins and ends at this moment."""
        ...

    async def read(self, start: int, max_records: int) -> Sequence[LogRecord]:
        """Up to *most* records from offset *start* on, in order; empty at the end, and past it.

        Offsets may have holes: transaction markers occupy some.  Records that the log does not
        hold any more are no hole: from there RecordsGone is raised.
        """
        ...

    async def close(self) -> None:
        """Let go of the service."""
        ...


class LogUnreachable(Exception):
    """The broker or the file does not answer.  Try again, or say what to start: exit code 4."""


class RecordsGone(Exception):
    """The log begins later than asked: its first records were removed.  Lost input: stop."""


READ_MAX = 5_000


async def records_of(log: Log, start: int = 0) -> AsyncIterator[LogRecord]:
    """Every record from *start* to the end of this moment."""
    while records := await log.read(start, READ_MAX):
        for record in records:
            yield record
        start = records[-1].offset + 1
