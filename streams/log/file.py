"""A file of records as a log: one partition, whose offsets are the numbers of its lines."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from streams.log import Ends, Identity, LogUnreachable

CLUSTER = "file"
"""A file is known by its first record, not by its name: moved, it is the same log."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line as the record it is; *offset* is its number, from 0."""

    offset: int
    key: bytes | None
    value: bytes


@dataclass(slots=True)
class FileLog:
    """The records in the file at *path*, which may grow.  *starts* is where lines begin."""

    path: Path
    partition: int = 0
    starts: array[int] = field(default_factory=lambda: array("q", (0,)))
    file: BinaryIO | None = None

    async def identity(self) -> Identity:
        """A file, of one partition."""
        self._open()
        return Identity(CLUSTER, 1)

    async def ends(self) -> Ends:
        """From its first line to after its last."""
        try:
            return Ends(0, self._count())
        except OSError as error:
            raise self._unreadable(error) from None

    async def read(self, start: int, most: int) -> Sequence[Line]:
        """Up to *most* lines from number *start* on."""
        try:
            count = self._count()
            if start >= count:
                return []
            file = self._open()
            file.seek(self.starts[start])
            numbers = range(start, min(count, start + most))
            return [line_of(number, file.readline()) for number in numbers]
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

    def _count(self) -> int:
        """How many lines there are by now.

        A last line without an end counts, and is read anew next time: it may not be all there.
        """
        file = self._open()
        place = file.seek(self.starts[-1])
        for line in file:
            place += len(line)
            if not line.endswith(b"\n"):
                return len(self.starts)
            self.starts.append(place)
        return len(self.starts) - 1

    def _unreadable(self, error: OSError) -> LogUnreachable:
        return LogUnreachable(f"{self.path} cannot be read: {error.strerror}")


def line_of(offset: int, raw: bytes) -> Line:
    """The record of the line *raw*, its end taken off."""
    value = raw.rstrip(b"\r\n")
    study = study_in(value)
    return Line(offset, None if study is None else study.encode(), value)


def study_in(value: bytes) -> str | None:
    """The study that a record names, which is its key; None for bytes that name none."""
    try:
        said: Any = orjson.loads(value)
        study = said["study"]
    except (orjson.JSONDecodeError, TypeError, KeyError):
        return None
    return study if isinstance(study, str) else None
