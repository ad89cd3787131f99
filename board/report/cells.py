"""The text of a cell as a report shows it: a count with its percent, a difference with limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from board.views.table import Cell, Column, ColumnKind, Table
from board.views.wording import NONE, cell, percent, points

DIFFERENCE = "difference"
"""The end of the key of a column in points of percent, whose limits end in ``low`` and ``high``."""


class CellText(NamedTuple):
    """What a cell shows, and what stands in brackets after it, or ""."""

    text: str
    detail: str = ""

    @property
    def joined(self) -> str:
        """The text with its detail in brackets."""
        return f"{self.text} ({self.detail})" if self.detail else self.text


def shown_columns(table: Table) -> Sequence[Column]:
    """Return the columns that a report shows; a chart column has no value."""
    return [each for each in table.columns if each.shown and each.kind is not ColumnKind.CHART]


def cell_text(row: Mapping[str, Cell], column: Column) -> CellText:
    """Return the text of the cell of *column* in *row*."""
    value = row.get(column.key)
    if column.key.endswith(DIFFERENCE) and isinstance(value, float):
        prefix = column.key.removesuffix(DIFFERENCE)
        low, high = row.get(f"{prefix}low"), row.get(f"{prefix}high")
        return CellText(points(value), f"{_points(low)} to {_points(high)}")
    share = row.get(f"{column.key} percent")
    detail = percent(share) if isinstance(share, float) else ""
    return CellText(cell(value, column.kind), detail)


def _points(value: Cell) -> str:
    return points(value) if isinstance(value, float) else NONE


def indent_of(row: Mapping[str, Cell], column: Column) -> int:
    """Return how far the label of *row* is indented: 0, 1 or 2."""
    indent = row.get("indent")
    return indent if column.key == "label" and isinstance(indent, int) else 0
