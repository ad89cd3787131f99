"""Tests that the page, the CSV and the JSON of every view have the same numbers."""

from __future__ import annotations

import csv
from io import StringIO
from typing import Any

import orjson
import pytest

from board.views.catalogue import VIEWS
from board.views.table import FORMULA_STARTS, ColumnKind, Table
from tests.board.independent.logs import LOGS, BoardLog, board_log
from tests.board.independent.pages import PageReader
from tests.board.preview import page_of

NUMBERS = (ColumnKind.COUNT, ColumnKind.NUMBER, ColumnKind.PERCENT)
VIEWS_WITHOUT_ARGUMENTS = ("overview", "alerts", "rates", "over-time", "subjects", "trust", "since")
DRAWN_OTHERWISE = {("rates", "terms")}
"""Tables whose page is drawn by the template itself, compared in other tests."""


def pages_of(log: BoardLog) -> list[tuple[str, dict[str, str]]]:
    """Return the view and arguments of every page, with all alerts and some subjects."""
    pages: list[tuple[str, dict[str, str]]] = [(name, {}) for name in VIEWS_WITHOUT_ARGUMENTS]
    alerts = VIEWS["alerts"].build(log.facts, {}).tables[0].rows
    subjects = sorted(log.count.trial.intervals)[::17]
    pages += [("alert", {"id": str(row["id"])}) for row in alerts[:12]]
    pages += [("subject", {"id": name}) for name in subjects]
    kinds = ("preferred_term", "system_organ_class", "group", "any")
    pages += [("rates", {"kind": kind, "form": "fda16"}) for kind in kinds]
    return pages + [("rates", {"kind": kind, "all": "yes"}) for kind in kinds]


@pytest.mark.parametrize("name", LOGS)
def test_page_csv_and_json_agree(name: str):
    """Every cell of every table is the same in all three; a number's text is that number."""
    log = board_log(name)
    for view_name, arguments in pages_of(log):
        view = VIEWS[view_name].build(log.facts, arguments)
        sent = orjson.loads(orjson.dumps(view))
        page = PageReader(page_of(log.facts, view_name, arguments))
        for table, in_json in zip(view.tables, sent["tables"], strict=True):
            where = (log.name, view_name, arguments, table.name)
            assert csv_rows(table) == [csv_row(table, row) for row in in_json["rows"]], where
            drawn = page.tables.get(f"table-{table.name}", [])
            if len(drawn) == 1 and (view_name, table.name) not in DRAWN_OTHERWISE:
                compare_page(table, in_json["rows"], page, where)


def csv_rows(table: Table) -> list[list[str]]:
    """Return the rows of the CSV of *table*, without its heading."""
    return list(csv.reader(StringIO(table.csv_text())))[1:]


def csv_row(table: Table, row: dict[str, Any]) -> list[str]:
    """Return the cells of a row of JSON as CSV has to have them."""
    cells = [row.get(each.key) for each in table.columns if each.kind is not ColumnKind.CHART]
    texts = ["" if cell is None else str(cell) for cell in cells]
    return [
        f"'{text}" if isinstance(cell, str) and text.startswith(FORMULA_STARTS) else text
        for cell, text in zip(cells, texts, strict=True)
    ]


def compare_page(table: Table, rows: list[Any], page: PageReader, where: object) -> None:
    """Compare the cells of *table* on the page with those of JSON."""
    shown = [column for column in table.columns if column.shown]
    has_charts = len(page.table(f"table-{table.name}")[0][1]) == len(shown) if rows else True
    if not has_charts:
        shown = [column for column in shown if column.kind is not ColumnKind.CHART]
    drawn = page.table(f"table-{table.name}")
    assert len(drawn) == len(rows), where
    for (_, cells), row in zip(drawn, rows, strict=True):
        assert len(cells) == len(shown), where
        for position, (cell, column) in enumerate(zip(cells, shown, strict=True)):
            value = row.get(column.key)
            if position and column.kind in NUMBERS:
                assert cell.values[:1] == ([] if value is None else [str(value)]), (where, column)
            if column.kind in NUMBERS and value is not None:
                kind = ColumnKind.PERCENT if column.unit.startswith("points") else column.kind
                assert says(cell.text, value, kind), (where, column, cell.text, value)


def says(text: str, value: float, kind: ColumnKind) -> bool:
    """Return whether *text* begins with *value*, rounded as its kind may be."""
    words = text.replace("−", "-").replace(",", "").replace("%", " ").split()
    first = words[0].partition("/")[0]
    if kind is ColumnKind.COUNT:
        return first == str(value)
    allowed = 0.51 if kind is ColumnKind.PERCENT else 0.0051 * abs(value) + 1e-9
    return first == "∞" or abs(float(first) - value) <= allowed
