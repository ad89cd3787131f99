"""Reads records of a log before they are folded, and counts those that wait and are no reviews.

How many reviews the board makes, and when, may depend on treatments.  So the open board counts
waiting records without them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

import orjson

from streams.log import BatchUnreadable, Log, LogRecord

WAITING_MAX = 500
"""Waiting records that are counted; more are as many."""

READ_MAX = 100
"""Records of one read, and of one step of the fold: about 20 ms."""


@dataclass(slots=True)
class ReadAhead:
    """Records of *log* from offset *begin* to *end*, which are read once and kept until folded."""

    log: Log
    records: deque[LogRecord] = field(default_factory=deque[LogRecord])
    begin: int = 0
    end: int = 0

    async def next_records(self, start: int) -> Sequence[LogRecord]:
        """Return up to READ_MAX records from *start* on, as the log's ``read`` does."""
        self._move(start)
        if not self.records:
            await self._read_more()
        return [self.records[number] for number in range(min(READ_MAX, len(self.records)))]

    async def read_waiting(self, start: int, end: int) -> list[int]:
        """Return the offsets of the first WAITING_MAX records from *start* on that are no reviews.

        Reads as far as that takes, whatever the number of reviews, and not beyond *end*.
        """
        if not self.begin <= start <= self.end:
            self._move(start)
        waiting = self._waiting(start)
        while self.end < end and len(waiting) < WAITING_MAX:
            try:
                if not await self._read_more():
                    break
            except BatchUnreadable:  # The fold stops before it, and says so.
                break
            waiting = self._waiting(start)
        return waiting[:WAITING_MAX]

    def _move(self, start: int) -> None:
        """Forget the records before *start*, or all where *start* was not read."""
        if not self.begin <= start <= self.end:
            self.records.clear()
            self.end = start
        self.begin = start
        while self.records and self.records[0].offset < start:
            self.records.popleft()

    async def _read_more(self) -> bool:
        read = await self.log.read(self.end, READ_MAX)
        self.records.extend(read)
        if read:
            self.end = read[-1].offset + 1
        return bool(read)

    def _waiting(self, start: int) -> list[int]:
        return [
            each.offset for each in self.records if each.offset >= start and not is_review(each)
        ]


def is_review(record: LogRecord) -> bool:
    """Return whether *record* says that it is a review."""
    value = record.value or b""
    if b"review" not in value:
        return False
    try:
        content: object = orjson.loads(value)
    except orjson.JSONDecodeError:
        return False
    return isinstance(content, dict) and cast(dict[str, object], content).get("type") == "review"
