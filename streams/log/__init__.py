"""One partition of the log, read by offset without a consumer group."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from streams.log.batches import UnreadableBatch


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
        *start* is below the first offset that is still stored, and BatchUnreadable where the next
        batch cannot be read.
        """
        ...

    def leave_out(self, passed: Sequence[range]) -> None:
        """Read from now on as if there were no records at the offsets in *passed*."""
        ...

    async def close(self) -> None:
        """Close the connection."""
        ...


class LogUnreachable(Exception):
    """The broker or the file does not answer.  Retry, or name the service to start: exit code 4."""


class BatchUnreadable(LogUnreachable):
    """A batch of *partition* cannot be read: stop the partition, and read the others."""

    def __init__(self, partition: int, batch: UnreadableBatch) -> None:
        super().__init__(batch_text(batch))
        self.partition, self.batch = partition, batch


def batch_text(batch: UnreadableBatch) -> str:
    """Return a sentence about *batch* that quotes none of its bytes.

    >>> from streams.log.batches import BatchFault
    >>> batch_text(UnreadableBatch(41, 91, BatchFault.CHECKSUM))
    'The batch at offsets 41 to 90 cannot be read: its checksum is wrong.'
    """
    offsets = f"offset {batch.first}"
    if batch.next is not None:
        offsets = f"offsets {batch.first} to {batch.next - 1}"
    return f"The batch at {offsets} cannot be read: {batch.fault}."


class RecordsGone(Exception):
    """The first records of the log were removed.  Input is lost: stop the partition."""


def after_passed(passed: Sequence[range], offset: int) -> int | None:
    """Return the offset after the range of *passed* that contains *offset*, or None.

    >>> after_passed([range(41, 91)], 50), after_passed([range(41, 91)], 91)
    (91, None)
    """
    return next((each.stop for each in passed if offset in each), None)


READ_MAX = 5_000
"""Records that one read of ``records_of`` asks for."""


async def records_of(log: Log, start: int = 0) -> AsyncIterator[LogRecord]:
    """Yield every record from offset *start* up to the end of the log."""
    while records := await log.read(start, READ_MAX):
        for record in records:
            yield record
        start = records[-1].offset + 1
