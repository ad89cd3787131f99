"""Writes each table of a report as an RTF file with rtflite, as submissions have them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any

from board.report.cells import cell_text, indent_of, shown_columns
from board.report.document import Report, ReportHead
from board.report.pdf import FormatUnavailableError
from board.views.table import Column, ColumnKind, Table
from board.views.wording import capitalised

LABEL_WIDTH = 3.0
"""Width of the first column, in those of a number."""

INDENT = "    "


def check_rtf() -> None:
    """Raise FormatUnavailableError where rtflite, or polars that it takes, is missing."""
    _load("rtflite")
    _load("polars")


def report_rtf(report: Report) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the RTF of each table that has a row."""
    for section in report.sections:
        for table in section.tables:
            if table.rows:
                yield table.name, table_rtf(table, report.head).encode("ascii")


def table_rtf(table: Table, head: ReportHead) -> str:
    """Return *table* as an RTF document, with the look and its digests at the foot of each page."""
    rtf, columns = _load("rtflite"), shown_columns(table)
    widths = [LABEL_WIDTH, *(1.5 if _is_text(each) else 1.0 for each in columns[1:])]
    sides = ["l" if _is_text(each) else "r" for each in columns]
    plain = {"text_convert": False}
    document = rtf.RTFDocument(
        df=_frame(table, columns),
        rtf_page=rtf.RTFPage(orientation="landscape"),
        rtf_page_header=rtf.RTFPageHeader(),
        rtf_page_footer=rtf.RTFPageFooter(text=[*map(rtf_text, _foot(head))], **plain),
        rtf_title=rtf.RTFTitle(text=[rtf_text(table.caption), rtf_text(head.study)], **plain),
        rtf_column_header=[
            rtf.RTFColumnHeader(
                text=[rtf_text(_heading(each)) for each in columns],
                col_rel_width=widths,
                text_justification=[sides],
                **plain,
            )
        ],
        rtf_body=rtf.RTFBody(col_rel_width=widths, text_justification=[sides], **plain),
        rtf_footnote=rtf.RTFFootnote(text=rtf_text(table.note), **plain) if table.note else None,
    )
    return document.rtf_encode()


def _foot(head: ReportHead) -> tuple[str, str]:
    return (
        f"{head.study}, {head.zone}, as of {head.as_of}",
        f"plan {head.plan_sha256}, digest {head.digest}",
    )


def _heading(column: Column) -> str:
    label = capitalised(column.label)
    return f"{label} ({column.unit})" if column.unit else label


def _is_text(column: Column) -> bool:
    return column.kind in (ColumnKind.TEXT, ColumnKind.DAY)


def _frame(table: Table, columns: Sequence[Column]) -> Any:
    """Return the cells of *table* as the data frame that rtflite takes."""
    cells = {
        f"c{number}": [
            INDENT * indent_of(row, column) + rtf_text(cell_text(row, column).joined)
            for row in table.rows
        ]
        for number, column in enumerate(columns)
    }
    return _load("polars").DataFrame(cells)


def rtf_text(text: str) -> str:
    r"""Return *text* as RTF of ASCII characters, in which nothing is a control word.

    >>> rtf_text("{a\\b} ≥ ü")
    '\\{a\\\\b\\} \\u8805? \\u252?'
    """
    return "".join(map(_rtf_character, text))


def _rtf_character(character: str) -> str:
    if character in "\\{}":
        return f"\\{character}"
    if character.isascii():
        return character if character.isprintable() else " "
    units = character.encode("utf-16-le", "replace")
    starts = range(0, len(units), 2)
    numbers = (int.from_bytes(units[at : at + 2], "little", signed=True) for at in starts)
    return "".join(f"\\u{number}?" for number in numbers)


def _load(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        raise FormatUnavailableError(
            f"RTF needs rtflite ({name} is not installed): pip install 'tocsin[rtf]'"
        ) from None
