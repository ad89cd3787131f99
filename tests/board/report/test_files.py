"""Tests of the files of a report: what each page says, hostile texts, and equal bytes."""

from __future__ import annotations

import csv
import time
from functools import cache
from io import StringIO
from pathlib import Path

import pytest

from board.report.closed import closed_report
from board.report.document import Report, ReportHead, Section
from board.report.files import ReportFormat, report_files, write_reports
from board.report.html import page_style, report_html
from board.report.pooled import open_report, pool
from board.views.table import Column, ColumnKind, Table
from tests.board.independent.pages import PageReader
from tests.board.studies import proderm_facts

HOSTILE = "=HYPERLINK(1) <script>alert(1)</script> {\\b x} \\fs99 'q' \"q\" ≥ é 🧪 \n@import"
ALL = tuple(ReportFormat)


@cache
def reports() -> dict[str, Report]:
    """Return both reports of ProDERM."""
    facts = proderm_facts()
    return {"closed": closed_report(facts, 737000), "open": open_report(pool(facts, 737000))}


def hostile_report() -> Report:
    """Return a small report in which every text is hostile."""
    table = Table(
        name="hostile",
        caption=HOSTILE,
        columns=[
            Column(key="label", label=HOSTILE),
            Column(key="number", label=HOSTILE, kind=ColumnKind.COUNT, unit=HOSTILE),
        ],
        rows=[{"label": HOSTILE, "number": 7, "number percent": 12.5, "indent": 1}],
        note=HOSTILE,
    )
    head = ReportHead(
        study=HOSTILE,
        title=HOSTILE,
        zone="open",
        as_of="2020-01-25",
        since=None,
        plan_sha256="p" * 64,
        digest="d" * 32,
    )
    return Report(head=head, sections=[Section(id="one", title=HOSTILE, tables=[table])])


@pytest.mark.parametrize("zone", ["closed", "open"])
def test_every_page_names_the_look(zone: str):
    """As-of date, whole plan hash and whole digest stand on the page and in its printed foot."""
    report = reports()[zone]
    html, foot = report_html(report), page_style(report.head)

    assert report.head.as_of == "2020-01-25"
    assert len(report.head.plan_sha256) == 64 and len(report.head.digest) >= 32
    for text in (report.head.as_of, report.head.plan_sha256, report.head.digest):
        assert text in foot and html.count(text) >= 3
    assert "counter(page) ' of ' counter(pages)" in html


def test_the_page_loads_nothing():
    """Style and charts stand in the file; no element has an address outside of it."""
    for report in reports().values():
        html = report_html(report)
        assert "http" not in html.replace("http://www.w3.org", "")
        assert not [tag for tag in ("<script", "<link", "<img", "@import", "url(") if tag in html]
        assert 'href="#' in html


def test_the_page_shows_every_table():
    """Each table of a section is on the page with as many rows, and its numbers are its own."""
    for report in reports().values():
        page = PageReader(report_html(report))
        for table in (table for section in report.sections for table in section.tables):
            rows = page.table(f"table-{table.name}")
            assert len(rows) == len(table.rows), table.name
            numbers = [c for c in table.columns if c.shown and c.kind is ColumnKind.COUNT]
            for (_, cells), row in zip(rows, table.rows, strict=False):
                values = [v for cell in cells for v in cell.values]
                for column in numbers:
                    value = row.get(column.key)
                    assert value is None or str(value) in values, (table.name, column.key)


def test_every_table_is_a_csv_file():
    """The names of tables are distinct, so that none overwrites another."""
    for report in reports().values():
        files = dict(report_files(report, [ReportFormat.CSV]))
        tables = list(report.tables)
        assert len(files) == len(tables) == len({table.name for table in tables})
        for table in tables:
            rows = list(csv.reader(StringIO(files[f"csv/{table.name}.csv"].decode())))
            assert len(rows) == len(table.rows) + 1


def test_hostile_texts_stay_texts():
    """No text of a study becomes markup, style, a formula or a control word."""
    pytest.importorskip("rtflite", reason="rtflite is not installed")
    files = dict(report_files(hostile_report(), [f for f in ALL if f is not ReportFormat.PDF]))
    html, rtf = files["report.html"].decode(), files["rtf/hostile.rtf"].decode("ascii")

    assert "<script" not in html and html.count("<style>") == html.count("</style>") == 1
    assert "@import" not in html.partition("<style>")[2].partition("</style>")[0]
    (row,) = list(csv.reader(StringIO(files["csv/hostile.csv"].decode())))[1:]
    assert row[0].startswith("'=HYPERLINK")
    assert "\\{\\\\b x\\}" in rtf and "\\\\fs99" in rtf
    unescaped = rtf.replace("\\\\", "").replace("\\{", "").replace("\\}", "")
    assert unescaped.count("{") == unescaped.count("}")
    assert "\\fs99" not in unescaped


def test_equal_reports_give_equal_bytes(tmp_path: Path):
    """PDF and all other files are the same when they are written again at another time."""
    pytest.importorskip("weasyprint", reason="WeasyPrint is not installed")
    pytest.importorskip("rtflite", reason="rtflite is not installed")
    written = {"open": reports()["open"], "hostile": hostile_report()}
    first = write_reports(tmp_path / "a", written, ALL)
    time.sleep(1.1)
    second = write_reports(tmp_path / "b", written, ALL)

    assert [path.relative_to(tmp_path / "a") for path in first] == [
        path.relative_to(tmp_path / "b") for path in second
    ]
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes(), one
    assert (tmp_path / "a/open/report.pdf").read_bytes().startswith(b"%PDF-")
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["a", "b"]
