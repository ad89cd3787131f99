"""A file of records as a log of one partition, whose offsets are line numbers from 0."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from streams.log import LogIdentity, LogUnreachable, OffsetRange

FILE_CLUSTER = "file"
"""Cluster id of every file: a file is identified by its first record, so it may be moved."""


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A line of a file as a record; *offset* is the line number from 0."""

    offset: int
    key: bytes | None
    value: bytes


@dataclass(slots=True)
class FileLog:
    """Reads the file at *path*, which may grow; *line_starts* are the byte positions of lines."""

    path: Path
    partition: int = 0
    line_starts: array[int] = field(default_factory=lambda: array("q", (0,)))
    file: BinaryIO | None = None

    async def identity(self) -> LogIdentity:
        """Return the identity that all files share, after the file was opened."""
        self._open()
        return LogIdentity(FILE_CLUSTER, 1)

    async def offset_range(self) -> OffsetRange:
        """Return 0 and the number of lines as of now."""
        try:
            return OffsetRange(0, self._count_lines())
        except OSError as error:
            raise self._unreadable(error) from None

    async def read(self, start: int, max_records: int) -> Sequence[FileRecord]:
        """Return up to *max_records* lines from line *start* on; none past the end."""
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

    def leave_out(self, passed: Sequence[range]) -> None:
        """Do nothing: every line of a file can be read."""

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
        """Return the number of lines as of now, and index the new ones.

        A last line without a line end counts, but is not indexed: it may be incomplete.
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
    """Return the line *raw*, without its line end, as the record at *offset*."""
    value = raw.rstrip(b"\r\n")
    study = read_study(value)
    return FileRecord(offset, None if study is None else study.encode(), value)


def read_study(value: bytes) -> str | None:
    """Return the study that the record *value* names, which is its key; None if it names none."""
    try:
        fields: Any = orjson.loads(value)
        study = fields["study"]
    except (orjson.JSONDecodeError, TypeError, KeyError):
        return None
    return study if isinstance(study, str) else None
