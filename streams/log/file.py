"""A file of records as a log: one partition, whose offsets are the numbers of its lines."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from streams.log import LogIdentity, LogUnreachable, OffsetRange

FILE_CLUSTER = "file"
"""A file is known by its first record, not by its name: moved, it is the same log."""


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A line as the record it is; *offset* is its number, from 0."""

    offset: int
    key: bytes | None
    value: bytes


@dataclass(slots=True)
class FileLog:
    """The records in the file at *path*, which may grow.  *starts* is where lines begin."""

    path: Path
    partition: int = 0
    line_starts: array[int] = field(default_factory=lambda: array("q", (0,)))
    file: BinaryIO | None = None

    async def identity(self) -> LogIdentity:
        """A file, of one partition."""
        self._open()
        return LogIdentity(FILE_CLUSTER, 1)

    async def offset_range(self) -> OffsetRange:
        """From its first line to after its last."""
        try:
            return OffsetRange(0, self._count_lines())
        except OSError as error:
            raise self._unreadable(error) from None

    async def read(self, start: int, max_records: int) -> Sequence[FileRecord]:
        """Up to *most* lines from number *start* on."""
        try:
            count = self._count_lines()
            if start >= count:
                return []
            file = self._open()
            file.seek(self.line_starts[start])
            numbers = range(start, min(count, start + max_records))
            return [record_of(number, file.readline()) for number in numbers]
        except OSError as error:
            raise self._unreadable(error) from None

    async def close(self) -> None:
        """Close the file."""
        if self.file is not None:
            self.file.close()
            self.file = None

    def _open(self) -> BinaryIO:
        if self.file is None:
            try:
                self.file = self.path.open("rb")
            except OSError as error:
                raise self._unreadable(error) from None
        return self.file

    def _count_lines(self) -> int:
        """How many lines there are by now.

        A last line without an end counts, and is read anew next time: it may not be all there.
        """
        file = self._open()
        position = file.seek(self.line_starts[-1])
        for line in file:
            position += len(line)
            if not line.endswith(b"\n"):
                return len(self.line_starts)
            self.line_starts.append(position)
        return len(self.line_starts) - 1

    def _unreadable(self, error: OSError) -> LogUnreachable:
        return LogUnreachable(f"{self.path} cannot be read: {error.strerror}")


def record_of(offset: int, raw: bytes) -> FileRecord:
    """The record of the line *raw*, its end taken off."""
    value = raw.rstrip(b"\r\n")
    study = read_study(value)
    return FileRecord(offset, None if study is None else study.encode(), value)


def read_study(value: bytes) -> str | None:
    """The study that a record names, which is its key; None for bytes that name none."""
    try:
        fields: Any = orjson.loads(value)
        study = fields["study"]
    except (orjson.JSONDecodeError, TypeError, KeyError):
        return None
    return study if isinstance(study, str) else None
