"""Progress bars on stderr, shown only on a terminal."""

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
"""Records between two redraws, because drawing takes longer than folding."""


class ProgressBars:
    """Progress bars of several tasks; shown if *enabled* and stderr is a terminal."""

    def __init__(self, *, enabled: bool = True) -> None:
        self.progress: Progress | None = None
        if enabled and sys.stderr.isatty():
            description_column = TextColumn("{task.description}")
            columns = (description_column, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            self.progress = Progress(*columns, console=cli_console(stderr=True), transient=True)

    def add(self, description: str, total: int | None) -> Callable[[int], None]:
        """Add a bar with *total* steps, None where nobody knows it.

        Returns a function that sets how many are completed.
        """
        progress, last_drawn = self.progress, 0
        if progress is None:
            return ignore_progress
        task = progress.add_task(description, total=total)

        def set_completed(done: int) -> None:
            nonlocal last_drawn
            if done - last_drawn >= REDRAW_EVERY_RECORDS or done == total:
                last_drawn = done
                progress.update(task, completed=done, visible=total is None or done < total)

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
    """Progress bar of one task with *total* steps."""

    def __init__(self, description: str, total: int, *, enabled: bool = True) -> None:
        super().__init__(enabled=enabled)
        self.set_completed = self.add(description, total)
