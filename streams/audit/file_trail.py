"""Stores an audit trail in a file, and reads the last entry of any trail."""

from __future__ import annotations

import asyncio
import fcntl
import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from streams.audit.audit_log import TrailHead
from streams.audit.verify import head_of
from streams.log import Log, LogUnreachable
from streams.log.file import FileLog


@dataclass(slots=True)
class FileTrail:
    """An audit trail in a file, one entry a line.

    It is for one machine, and protects only if all users with write access are trusted.
    """

    path: Path

    async def head(self) -> TrailHead:
        """Return the last entry; a missing file is an empty trail."""
        return await read_head(FileLog(self.path)) if self.path.exists() else TrailHead()

    async def add(self, entry: bytes) -> None:
        """Append *entry* and flush it to disk.  Raises LogUnreachable."""
        try:
            await asyncio.to_thread(self._append, entry)
        except OSError as error:
            raise LogUnreachable(f"{self.path} cannot be written: {error.strerror}") from None

    async def close(self) -> None:
        """Do nothing: no file stays open."""

    def _append(self, entry: bytes) -> None:
        with self.path.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if not ends_with_newline(file):
                file.write(b"\n")
            file.write(entry + b"\n")
            file.flush()
            os.fsync(file.fileno())


def ends_with_newline(file: BinaryIO) -> bool:
    """Return whether *file* is empty or ends with a newline; a crash may leave a partial line."""
    if not file.seek(0, os.SEEK_END):
        return True
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


async def read_head(log: Log) -> TrailHead:
    """Return the last entry of *log*, and close the log.  Raises LogUnreachable."""
    try:
        ends = await log.offset_range()
        if ends.next == ends.first:
            return TrailHead()
        records = await log.read(ends.next - 1, 1)
        if not records:
            raise LogUnreachable("cannot read the last entry of the audit trail")
        return head_of(records[-1])
    finally:
        await log.close()
