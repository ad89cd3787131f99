"""Tables that fit the terminal by leaving columns out, never by breaking a number."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from tocsin.common.terminal import plain

GAP = "  "


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column.  It may be left out (the greatest *drop* first) or its words cut to *least*.

    Words of one that is *pliant* are cut before any column is left out.
    """

    title: str
    right: bool = True
    drop: int = 0
    least: int | None = None
    pliant: bool = False

    @staticmethod
    def words(title: str, *, drop: int = 0, least: int = 12, pliant: bool = False) -> Column:
        """A column of names, which may be cut."""
        return Column(title=title, right=False, drop=drop, least=least, pliant=pliant)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row, and below it a *note* over the whole width."""

    cells: tuple[str, ...]
    style: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """A titled table.  Every row has a cell for every column; missing ones at its end are empty."""

    title: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]

    @property
    def width(self) -> int:
        """How wide it is with every column and every name in full."""
        return _total(self._natural())

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        widths = self.fit(options.max_width)
        yield Text(plain(self.title), style="bold")
        titles = tuple(column.title for column in self.columns)
        yield self._row(Line(cells=titles, style="dim"), widths)
        for line in self.lines:
            yield self._row(line, widths)
            if line.note:
                for part in Text(plain(line.note)).wrap(console, options.max_width - len(GAP)):
                    yield Text(GAP + part.plain.rstrip(), style="dim")

    def fit(self, width: int) -> list[int | None]:
        """The width of each column, None for those left out, so that all fit *width*."""
        widths: list[int | None] = [*self._natural()]
        order = sorted(range(len(widths)), key=lambda index: -self.columns[index].drop)
        for index in order:
            if _total(self._bent(widths)) > width and self.columns[index].drop:
                widths[index] = None
        for index, column in enumerate(self.columns):
            now, over = widths[index], _total(widths) - width
            if now is not None and column.least is not None and over > 0:
                widths[index] = max(min(now, column.least), now - over)
        return widths

    def _bent(self, widths: list[int | None]) -> list[int | None]:
        """The same with the words of pliant columns cut as far as they may be."""
        return [
            min(now, column.least) if now is not None and column.pliant and column.least else now
            for now, column in zip(widths, self.columns, strict=True)
        ]

    def _natural(self) -> list[int]:
        longest = [cell_len(column.title) for column in self.columns]
        for line in self.lines:
            for index, cell in enumerate(line.cells):
                longest[index] = max(longest[index], cell_len(plain(cell)))
        return longest

    def _row(self, line: Line, widths: list[int | None]) -> Text:
        cells = (*line.cells, *("" for _ in range(len(widths) - len(line.cells))))
        parts = [
            _fitted(plain(cell), width, right=column.right)
            for cell, width, column in zip(cells, widths, self.columns, strict=True)
            if width is not None
        ]
        return Text(GAP.join(parts).rstrip(), style=line.style, no_wrap=True, overflow="ignore")


@dataclass(frozen=True, slots=True)
class Fitting:
    """The *full* table where the terminal is wide enough for all of it, else the *short* one."""

    full: Grid
    short: Grid

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield self.full if self.full.width <= options.max_width else self.short


def _total(widths: list[int] | list[int | None]) -> int:
    kept = [width for width in widths if width is not None]
    return sum(kept) + len(GAP) * (len(kept) - 1)


def _fitted(cell: str, width: int, *, right: bool) -> str:
    length = cell_len(cell)
    if length > width:
        return set_cell_size(cell, width - 1) + "…"
    return " " * (width - length) + cell if right else cell + " " * (width - length)
