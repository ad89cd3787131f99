"""A log that is a list, for tests that have no broker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from streams.log import Ends, Identity, RecordsGone


@dataclass(frozen=True)
class Kept:
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


@dataclass
class KeptLog:
    """Holds records by offset, from *first* on; offsets that are not there are markers."""

    partition: int = 0
    records: dict[int, Kept] = field(default_factory=dict[int, Kept])
    first: int = 0
    cluster: str = "kept"
    partitions: int = 12
    markers: set[int] = field(default_factory=set[int])

    def append(
        self,
        value: bytes | None,
        key: bytes | None = None,
        headers: tuple[tuple[str, bytes], ...] = (),
    ) -> Kept:
        record = Kept(self.next, key, value, headers)
        self.records[record.offset] = record
        return record

    def mark(self) -> int:
        """A transaction marker: it has an offset and is never read."""
        self.markers.add(offset := self.next)
        return offset

    @property
    def next(self) -> int:
        return max([*self.records, *self.markers, self.first - 1]) + 1

    async def identity(self) -> Identity:
        return Identity(self.cluster, self.partitions)

    async def ends(self) -> Ends:
        return Ends(self.first, self.next)

    async def read(self, start: int, most: int) -> Sequence[Kept]:
        if start < self.first:
            raise RecordsGone(f"the log begins at {self.first}")
        return [self.records[offset] for offset in sorted(self.records) if offset >= start][:most]

    async def close(self) -> None: ...
