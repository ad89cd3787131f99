"""A bar on stderr for what takes long, where somebody watches."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn

from tocsin.terminal import paper

EVERY = 500
"""Records between two looks: drawing costs more than folding."""


class Bar:
    """How far something is, of *total*; silent unless *watched* and on a terminal."""

    def __init__(self, what: str, total: int, *, watched: bool = True) -> None:
        self.progress: Progress | None = None
        self.shown = 0
        if watched and sys.stderr.isatty():
            columns = (what, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            self.progress = Progress(*columns, console=paper(stderr=True), transient=True)
            self.task = self.progress.add_task(what, total=total)

    def show(self, done: int) -> None:
        """Say that *done* are done."""
        if self.progress is not None and done - self.shown >= EVERY:
            self.shown = done
            self.progress.update(self.task, completed=done)

    def __enter__(self) -> Self:
        if self.progress is not None:
            self.progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if self.progress is not None:
            self.progress.stop()
