"""Reads the numbers of a rendered page back: tables by id, with the value of each cell."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass(slots=True)
class PageCell:
    """A cell: its text, and the attributes ``data-value`` of it and in it, but for charts."""

    text: str = ""
    values: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class PageTable:
    """A table's body: the attributes and the cells of each row."""

    rows: list[tuple[dict[str, str], list[PageCell]]] = field(
        default_factory=list[tuple[dict[str, str], list[PageCell]]]
    )


class PageReader(HTMLParser):
    """Collects the tables of a page by id, else by class."""

    def __init__(self, page: str) -> None:
        """Read *page*."""
        super().__init__()
        self.tables: dict[str, list[PageTable]] = {}
        self._in_body = False
        self._table: PageTable | None = None
        self._cell: PageCell | None = None
        self.feed(page)
        self.close()

    def table(self, name: str) -> list[tuple[dict[str, str], list[PageCell]]]:
        """Return the rows of the only table *name*."""
        (table,) = self.tables[name]
        return [row for row in table.rows if row[0]["first-class"] != "empty"]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a table, row or cell, and note the value of an element in a cell."""
        given = {name: value or "" for name, value in attrs}
        if tag == "table":
            self._table = PageTable()
            self.tables.setdefault(given.get("id", given.get("class", "")), []).append(self._table)
        elif tag in ("tbody", "thead", "tfoot"):
            self._in_body = tag == "tbody"
        elif self._table is not None and self._in_body:
            if tag == "tr":
                self._table.rows.append((given, []))
            elif tag in ("td", "th"):
                self._cell = PageCell()
                row, cells = self._table.rows[-1]
                if not cells:
                    row["first-class"] = given.get("class", "")
                cells.append(self._cell)
        if self._cell is not None and tag in ("td", "th", "span") and "data-value" in given:
            self._cell.values.append(given["data-value"])

    def handle_endtag(self, tag: str) -> None:
        """End a table or cell."""
        if tag == "table":
            self._table, self._in_body = None, False
        elif tag in ("td", "th"):
            self._cell = None

    def handle_data(self, data: str) -> None:
        """Add text to the open cell."""
        if self._cell is not None:
            self._cell.text += data
