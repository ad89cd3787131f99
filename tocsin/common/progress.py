"""A bar on stderr for what takes long, where somebody watches."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)

from streams.processor.refold import ignore_progress
from tocsin.common.terminal import cli_console

REDRAW_EVERY_RECORDS = 500
"""Records between two looks: drawing costs more than folding."""


class ProgressBars:
    """How far several things are, a line each; silent unless *watched* and on a terminal."""

    def __init__(self, *, enabled: bool = True) -> None:
        self.progress: Progress | None = None
        if enabled and sys.stderr.isatty():
            description_column = TextColumn("{task.description}")
            columns = (description_column, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            self.progress = Progress(*columns, console=cli_console(stderr=True), transient=True)

    def add(self, description: str, total: int) -> Callable[[int], None]:
        """A line for *what*, of *total*: who calls it with how many are done moves it on."""
        progress, last_drawn = self.progress, 0
        if progress is None:
            return ignore_progress
        task = progress.add_task(description, total=total)

        def set_completed(done: int) -> None:
            nonlocal last_drawn
            if done - last_drawn >= REDRAW_EVERY_RECORDS or done == total:
                last_drawn = done
                progress.update(task, completed=done, visible=done < total)

        return set_completed

    def __enter__(self) -> Self:
        if self.progress is not None:
            self.progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self.progress is not None:
            self.progress.stop()


class ProgressBar(ProgressBars):
    """How far one thing is, of *total*."""

    def __init__(self, description: str, total: int, *, enabled: bool = True) -> None:
        super().__init__(enabled=enabled)
        self.set_completed = self.add(description, total)
