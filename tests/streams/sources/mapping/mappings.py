"""Builds small mappings and maps single rows by them."""

from __future__ import annotations

from collections.abc import Sequence

from streams.sources.mapping.mapping import StudyMapping, map_row
from streams.sources.report import IngestReport
from streams.sources.rows import AnyRow, EventRow, Place, SourceRow

EVENTS = """\
{head}
[[file]]
name = "ae"
path = "ae.csv"
record = "adverse_event"
{file}
[file.fields]
subject = "PATNO"
preferred_term = "TERM"
onset = "ONSET"
{fields}
{tables}
"""

CELLS = {"PATNO": "P-1", "TERM": "Headache", "ONSET": "2026-03-02"}


def events_toml(head: str = "", file: str = "", fields: str = "", tables: str = "") -> str:
    """Return a mapping of one listing of events, with more keys in each of its places."""
    return EVENTS.format(head=head, file=file, fields=fields, tables=tables)


def map_cells(
    toml: str, cells: dict[str, str], report: IngestReport | None = None
) -> Sequence[AnyRow]:
    """Return what a row with *cells* is by the mapping *toml*."""
    mapping = StudyMapping.parse(toml)
    row = SourceRow(Place("ae.csv", 2), cells)
    return list(map_row(mapping.file_mappings, row, report or IngestReport()))


def event(toml: str, **cells: str) -> EventRow:
    """Return the event of a row with *cells* beside a subject, a term and an onset."""
    report = IngestReport()
    (row,) = map_cells(toml, CELLS | cells, report)
    assert isinstance(row, EventRow)
    assert not report.refused
    return row


def refusals(toml: str, **cells: str) -> list[tuple[str, str]]:
    """Return code and column of what is refused in a row with *cells*; no row comes of it."""
    report = IngestReport()
    assert map_cells(toml, CELLS | cells, report) == []
    return [(group.problem.code, group.column) for group in report.groups() if group.refused]
