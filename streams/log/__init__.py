"""One partition of the log, read by offset without a consumer group."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol


class LogRecord(Protocol):
    """A record of the log; the records of aiokafka and kafka-python satisfy this protocol."""

    @property
    def offset(self) -> int:
        """Offset in the partition."""
        ...

    @property
    def key(self) -> bytes | None:
        """Key: the study's name in UTF-8."""
        ...

    @property
    def value(self) -> bytes | None:
        """Value in bytes; None is a tombstone."""
        ...


@dataclass(frozen=True, slots=True)
class LogIdentity:
    """Identifies a log by the id of its *cluster* and the number of *partitions* of its topic."""

    cluster: str
    partitions: int


@dataclass(frozen=True, slots=True)
class OffsetRange:
    """The first offset that is still stored, and the offset of the next record."""

    first: int
    next: int


class Log(Protocol):
    """One partition of the log.  Methods raise LogUnreachable where the service fails."""

    @property
    def partition(self) -> int:
        """Number of the partition."""
        ...

    async def identity(self) -> LogIdentity:
        """Return the identity of the log."""
        ...

    async def offset_range(self) -> OffsetRange:
        """Return the first and the next offset as of now."""
        ...

    async def read(self, start: int, max_records: int) -> Sequence[LogRecord]:
        """Return up to *max_records* records from offset *start* on, in order; none at the end.

        Offsets may have gaps, because transaction markers occupy some.  Raises RecordsGone where
        *start* is below the first offset that is still stored.
        """
        ...

    async def close(self) -> None:
        """Close the connection."""
        ...


class LogUnreachable(Exception):
    """The broker or the file does not answer.  Retry, or name the service to start: exit code 4."""


class RecordsGone(Exception):
    """The first records of the log were removed.  Input is lost: stop the partition."""


READ_MAX = 5_000
"""Records that one read of ``records_of`` asks for."""


async def records_of(log: Log, start: int = 0) -> AsyncIterator[LogRecord]:
    """Yield every record from offset *start* up to the end of the log."""
    while records := await log.read(start, READ_MAX):
        for record in records:
            yield record
        start = records[-1].offset + 1
