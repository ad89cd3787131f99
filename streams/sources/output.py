"""Writes a log so that it appears whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import NamedTemporaryFile


def write_whole(path: Path, lines: Iterable[bytes], on_progress: Callable[[int], None]) -> int:
    """Write *lines* to *path* and return their number.

    They are written beside it and renamed in the end: a reader sees the former file or the new one,
    also where this process ends half-way.  Raises OSError where the folder cannot be written.
    """
    number = 0
    with NamedTemporaryFile(
        dir=path.parent, prefix=f".{path.name}.", suffix=".part", delete=False
    ) as file:
        part = Path(file.name)
        try:
            for number, line in enumerate(lines, start=1):
                file.write(line)
                file.write(b"\n")
                on_progress(number)
            file.flush()
            os.fsync(file.fileno())
            part.chmod(_mode(path))
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    return number


def _mode(path: Path) -> int:
    """Return the permissions of the file that *path* replaces, or those of a new file."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
