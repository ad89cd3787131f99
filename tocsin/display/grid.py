"""Fits tables to the terminal by dropping columns and shortening names, never numbers."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from tocsin.common.terminal import printable

COLUMN_GAP = "  "


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table.

    Columns with a *drop_order* above 0 are dropped where space is short, the highest first.  Text
    may be cut to *width_min* characters; where *shrinks_first*, before any column is dropped.
    """

    title: str
    align_right: bool = True
    drop_order: int = 0
    width_min: int | None = None
    shrinks_first: bool = False

    @staticmethod
    def text(
        title: str, *, drop_order: int = 0, width_min: int = 12, shrinks_first: bool = False
    ) -> Column:
        """A left-aligned column of names, which may be cut to *width_min* characters."""
        return Column(
            title=title,
            align_right=False,
            drop_order=drop_order,
            width_min=width_min,
            shrinks_first=shrinks_first,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class GridRow:
    """One row, with an optional *note* below it over the whole width."""

    cells: tuple[str, ...]
    style: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table with a title; cells missing at the end of a row are empty."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[GridRow, ...]

    @property
    def width(self) -> int:
        """Width in terminal columns with every column shown and nothing cut."""
        return _total_width(self._natural_widths())

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        widths = self.fit_widths(options.max_width)
        yield Text(printable(self.title), style="bold")
        titles = tuple(column.title for column in self.columns)
        yield self._render_row(GridRow(cells=titles, style="dim"), widths)
        for row in self.rows:
            yield self._render_row(row, widths)
            if row.note:
                for part in Text(printable(row.note)).wrap(
                    console, options.max_width - len(COLUMN_GAP)
                ):
                    yield Text(COLUMN_GAP + part.plain.rstrip(), style="dim")

    def fit_widths(self, width: int) -> list[int | None]:
        """Width of each column in a table *width* columns wide; None for a dropped column."""
        widths: list[int | None] = [*self._natural_widths()]
        dropped_first = sorted(
            range(len(widths)), key=lambda index: -self.columns[index].drop_order
        )
        for index in dropped_first:
            if _total_width(self._shrunk_widths(widths)) > width and self.columns[index].drop_order:
                widths[index] = None
        for index, column in enumerate(self.columns):
            current, excess = widths[index], _total_width(widths) - width
            if current is not None and column.width_min is not None and excess > 0:
                widths[index] = max(min(current, column.width_min), current - excess)
        return widths

    def _shrunk_widths(self, widths: list[int | None]) -> list[int | None]:
        """The same widths, with columns that shrink first at their minimum."""
        return [
            min(current, column.width_min)
            if current is not None and column.shrinks_first and column.width_min
            else current
            for current, column in zip(widths, self.columns, strict=True)
        ]

    def _natural_widths(self) -> list[int]:
        widths = [cell_len(column.title) for column in self.columns]
        for row in self.rows:
            for index, cell in enumerate(row.cells):
                widths[index] = max(widths[index], cell_len(printable(cell)))
        return widths

    def _render_row(self, row: GridRow, widths: list[int | None]) -> Text:
        cells = (*row.cells, *("" for _ in range(len(widths) - len(row.cells))))
        parts = [
            _fit_cell(printable(cell), width, right=column.align_right)
            for cell, width, column in zip(cells, widths, self.columns, strict=True)
            if width is not None
        ]
        return Text(
            COLUMN_GAP.join(parts).rstrip(), style=row.style, no_wrap=True, overflow="ignore"
        )


@dataclass(frozen=True, slots=True)
class AdaptiveGrid:
    """Shows the *full* table where the terminal is wide enough, otherwise the *shortened* one."""

    full: Grid
    shortened: Grid

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield self.full if self.full.width <= options.max_width else self.shortened


def _total_width(widths: list[int] | list[int | None]) -> int:
    visible = [width for width in widths if width is not None]
    return sum(visible) + len(COLUMN_GAP) * (len(visible) - 1)


def _fit_cell(cell: str, width: int, *, right: bool) -> str:
    cell_width = cell_len(cell)
    if cell_width > width:
        return set_cell_size(cell, width - 1) + "…"
    return " " * (width - cell_width) + cell if right else cell + " " * (width - cell_width)
