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

from streams.processor.refold import silent
from tocsin.common.terminal import paper

EVERY = 500
"""Records between two looks: drawing costs more than folding."""


class Bars:
    """How far several things are, a line each; silent unless *watched* and on a terminal."""

    def __init__(self, *, watched: bool = True) -> None:
        self.progress: Progress | None = None
        if watched and sys.stderr.isatty():
            what = TextColumn("{task.description}")
            columns = (what, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            self.progress = Progress(*columns, console=paper(stderr=True), transient=True)

    def add(self, what: str, total: int) -> Callable[[int], None]:
        """A line for *what*, of *total*: who calls it with how many are done moves it on."""
        progress, shown = self.progress, 0
        if progress is None:
            return silent
        task = progress.add_task(what, total=total)

        def show(done: int) -> None:
            nonlocal shown
            if done - shown >= EVERY or done == total:
                shown = done
                progress.update(task, completed=done, visible=done < total)

        return show

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


class Bar(Bars):
    """How far one thing is, of *total*."""

    def __init__(self, what: str, total: int, *, watched: bool = True) -> None:
        super().__init__(watched=watched)
        self.show = self.add(what, total)
