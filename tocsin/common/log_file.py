"""A log from a file: its lines with a progress bar while somebody watches, and how it ended."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn

from monitor.errors import Reason
from streams.replay.replay import NotIncluded
from tocsin.common.exits import Exit, Stop
from tocsin.common.terminal import paper

PROGRESS_EVERY = 500
BLOCK = 1 << 20


@dataclass(slots=True)
class LogFile:
    """The lines of the file at *path*; *cut_off* is the number of a last line without an end."""

    path: Path
    watched: bool
    count: int = 0
    cut_off: int | None = None

    @contextmanager
    def lines(self) -> Generator[Iterator[bytes]]:
        """The lines, each with its end; a file that cannot be read ends the command."""
        try:
            file = self.path.open("rb")
        except OSError as error:
            raise self._unreadable(error) from None
        with file:
            if not (self.watched and sys.stderr.isatty() and file.seekable()):
                yield self._counted(file)
                return
            columns = ("replaying", BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            console = paper(stderr=True)
            with Progress(*columns, console=console, transient=True) as progress:
                yield self._shown(file, progress)

    def hint(self, missed: NotIncluded) -> str:
        """What the end of the file says about a line that is not included."""
        unreadable = missed.refusal is not None and missed.refusal.reason is Reason.NOT_JSON
        if unreadable and missed.line == self.cut_off:
            return " The file ends in the middle of this line: was it cut off?"
        return ""

    def _counted(self, file: BinaryIO) -> Iterator[bytes]:
        try:
            for line in file:
                self.count += 1
                if not line.endswith(b"\n"):
                    self.cut_off = self.count
                yield line
        except OSError as error:
            raise self._unreadable(error) from None

    def _shown(self, file: BinaryIO, progress: Progress) -> Iterator[bytes]:
        total = sum(block.count(b"\n") for block in iter(lambda: file.read(BLOCK), b""))
        file.seek(0)
        task = progress.add_task("replay", total=total)
        for line in self._counted(file):
            yield line
            if self.count % PROGRESS_EVERY == 0:
                progress.update(task, completed=self.count)

    def _unreadable(self, error: OSError) -> Stop:
        return Stop(Exit.USAGE, f"{self.path} cannot be read: {error.strerror}.")
