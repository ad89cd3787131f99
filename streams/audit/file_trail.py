"""An audit trail in a file, and the end of any trail as it is read."""

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
    """A file, one entry a line: for one machine, and whoever trusts those who may write to it."""

    path: Path

    async def head(self) -> TrailHead:
        """The last line; a file that is not there yet has none."""
        return await read_head(FileLog(self.path)) if self.path.exists() else TrailHead()

    async def add(self, entry: bytes) -> None:
        """Write it to the end, and have it on the disk."""
        try:
            await asyncio.to_thread(self._append, entry)
        except OSError as error:
            raise LogUnreachable(f"{self.path} cannot be written: {error.strerror}") from None

    async def close(self) -> None:
        """Nothing is open."""

    def _append(self, entry: bytes) -> None:
        with self.path.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if not ends_with_newline(file):
                file.write(b"\n")
            file.write(entry + b"\n")
            file.flush()
            os.fsync(file.fileno())


def ends_with_newline(file: BinaryIO) -> bool:
    """Whether *file* ends with a whole line: whoever wrote last may have been cut off in it."""
    if not file.seek(0, os.SEEK_END):
        return True
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


async def read_head(log: Log) -> TrailHead:
    """The last entry of *log*, which is closed then."""
    try:
        ends = await log.offset_range()
        if ends.next == ends.first:
            return TrailHead()
        records = await log.read(ends.next - 1, 1)
        if not records:
            raise LogUnreachable("the end of the audit cannot be read")
        return head_of(records[-1])
    finally:
        await log.close()
