"""A partition of the log in memory, for tests without a broker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from streams.log import BatchUnreadable, LogIdentity, OffsetRange, RecordsGone
from streams.log.batches import UnreadableBatch


@dataclass(frozen=True)
class ListRecord:
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


@dataclass
class ListLog:
    """Partition in memory: records by offset from *first* on, and offsets of *markers*.

    The batch *unreadable* cannot be read, and the offsets of *passed* are left out.
    """

    partition: int = 0
    records: dict[int, ListRecord] = field(default_factory=dict[int, ListRecord])
    first: int = 0
    cluster: str = "kept"
    partitions: int = 12
    markers: set[int] = field(default_factory=set[int])
    passed: Sequence[range] = ()
    unreadable: UnreadableBatch | None = None

    def append(
        self,
        value: bytes | None,
        key: bytes | None = None,
        headers: tuple[tuple[str, bytes], ...] = (),
    ) -> ListRecord:
        record = ListRecord(self.next, key, value, headers)
        self.records[record.offset] = record
        return record

    def append_marker(self) -> int:
        """Append a transaction marker: it takes an offset and is not read as a record."""
        self.markers.add(offset := self.next)
        return offset

    @property
    def next(self) -> int:
        return max([*self.records, *self.markers, self.first - 1]) + 1

    async def identity(self) -> LogIdentity:
        return LogIdentity(self.cluster, self.partitions)

    async def offset_range(self) -> OffsetRange:
        return OffsetRange(self.first, self.next)

    async def read(self, start: int, max_records: int) -> Sequence[ListRecord]:
        if start < self.first:
            raise RecordsGone(f"the log begins at {self.first}")
        if self.unreadable is not None and not any(self.unreadable.first in p for p in self.passed):
            if start in range(self.unreadable.first, self.unreadable.next or self.next):
                raise BatchUnreadable(self.partition, self.unreadable)
            max_records = min(max_records, max(1, self.unreadable.first - start))
        return [
            record
            for offset, record in sorted(self.records.items())
            if offset >= start and not any(offset in each for each in self.passed)
        ][:max_records]

    def leave_out(self, passed: Sequence[range]) -> None:
        self.passed = passed

    async def close(self) -> None: ...
