"""Reads the lines of a log file, with a progress bar on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from monitor.errors import Reason
from streams.replay.replay import ExcludedLine
from tocsin.common.exits import Exit, Stop
from tocsin.common.terminal import cli_console

if TYPE_CHECKING:
    from rich.progress import Progress

PROGRESS_EVERY_LINES = 500
BLOCK_BYTES = 1 << 20


@dataclass(slots=True)
class LogFile:
    """Reads the file at *path*; *truncated_line* is the number of a last line without newline."""

    path: Path
    show_progress: bool
    lines_read: int = 0
    truncated_line: int | None = None

    @contextmanager
    def lines(self) -> Generator[Iterator[bytes]]:
        """Open the file and yield its lines with their line ends.

        Raises Stop where the file cannot be read.
        """
        try:
            file = self.path.open("rb")
        except OSError as error:
            raise self._unreadable_file(error) from None
        with file:
            if not (self.show_progress and sys.stderr.isatty() and file.seekable()):
                yield self._read_lines(file)
                return
            # Imported here, because only a terminal shows progress.
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn

            columns = ("replaying", BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            console = cli_console(stderr=True)
            with Progress(*columns, console=console, transient=True) as progress:
                yield self._read_with_progress(file, progress)

    def hint(self, excluded: ExcludedLine) -> str:
        """Text to append to the refusal of a truncated last line; empty for other lines."""
        unreadable = excluded.refusal is not None and excluded.refusal.reason is Reason.NOT_JSON
        if unreadable and excluded.line == self.truncated_line:
            return " The file ends within this line: it may be truncated."
        return ""

    def _read_lines(self, file: BinaryIO) -> Iterator[bytes]:
        try:
            for line in file:
                self.lines_read += 1
                if not line.endswith(b"\n"):
                    self.truncated_line = self.lines_read
                yield line
        except OSError as error:
            raise self._unreadable_file(error) from None

    def _read_with_progress(self, file: BinaryIO, progress: Progress) -> Iterator[bytes]:
        total = sum(block.count(b"\n") for block in iter(lambda: file.read(BLOCK_BYTES), b""))
        file.seek(0)
        task = progress.add_task("replay", total=total)
        for line in self._read_lines(file):
            yield line
            if self.lines_read % PROGRESS_EVERY_LINES == 0:
                progress.update(task, completed=self.lines_read)

    def _unreadable_file(self, error: OSError) -> Stop:
        return Stop(Exit.USAGE, f"{self.path} cannot be read: {error.strerror}.")


def refuse_other_kind(path: Path) -> None:
    """Raise Stop where the file *path* is certainly no log, with what it is and what reads it."""
    if not path.is_file():  # What a pipe holds is read once.
        return
    # Imported here, because a log needs it not.
    from streams.sources.detect import kind_but_log
    from streams.sources.report import UnreadableSource

    try:
        kind = kind_but_log(path)
    except UnreadableSource as error:
        raise Stop(Exit.USAGE, f"{error}.") from None
    if kind is not None:
        raise Stop(Exit.REJECTED, f"{path} is no log of records; {kind.sentence}.")
