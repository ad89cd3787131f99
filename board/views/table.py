"""A table of a view: typed columns and plain rows, the same for HTML, CSV and JSON."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from io import StringIO

Cell = str | int | float | bool | None
"""A value of a table.  Days are ISO text; an infinite or undefined number is None."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""First characters that make a spreadsheet run a text as a formula."""


class ColumnKind(StrEnum):
    """How a column's values are shown; a chart column has no value of its own."""

    TEXT = "text"
    COUNT = "count"
    NUMBER = "number"
    PERCENT = "percent"
    DAY = "day"
    CHART = "chart"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: *key* names its cells, *label* is its heading, *unit* stands below the heading.

    A column that is not *shown* is in CSV and JSON only.
    """

    key: str
    label: str
    kind: ColumnKind = ColumnKind.TEXT
    unit: str = ""
    shown: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table: *name* is part of its address, *caption* says what it shows, *note* how to read it.

    Each row maps the keys of the columns to cells.
    """

    name: str
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Mapping[str, Cell]]
    note: str = ""

    def csv_text(self) -> str:
        r"""Return the table as CSV with a heading; no cell of text begins a formula.

        >>> column = Column(key="term", label="Term")
        >>> Table(name="t", caption="", columns=[column], rows=[{"term": "=1+1"}]).csv_text()
        "term\r\n'=1+1\r\n"
        """
        columns = [each for each in self.columns if each.kind is not ColumnKind.CHART]
        text = StringIO()
        writer = csv.writer(text)
        writer.writerow([each.key for each in columns])
        for row in self.rows:
            writer.writerow([_formula_safe(row.get(each.key)) for each in columns])
        return text.getvalue()


def table_of_items(
    items: Iterable[object],
    *columns: Column,
    name: str,
    caption: str,
    note: str = "",
) -> Table:
    """Return the table with a row of each item: its attributes named by the keys of *columns*."""
    rows = [{column.key: getattr(item, column.key) for column in columns} for item in items]
    return Table(name=name, caption=caption, columns=columns, rows=rows, note=note)


def _formula_safe(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_STARTS) else cell
