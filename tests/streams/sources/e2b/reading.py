"""Reads built reports of E2B(R3), and says what they become."""

from __future__ import annotations

from pathlib import Path

from streams.sources.e2b.mapping import E2BMapping
from streams.sources.e2b.reader import E2BReader
from streams.sources.report import IngestReport
from streams.sources.rows import AnyRow, EventRow
from tests.streams.sources.e2b.reports import Report, batch
from tests.streams.sources.found import codes


def read_rows(
    folder: Path, *reports: Report, mapping: E2BMapping | None = None
) -> tuple[list[AnyRow], IngestReport]:
    """The rows of *reports*, written as one batch to *folder*, and what was found."""
    path = folder / "batch.xml"
    path.write_text(batch(*reports))
    report = IngestReport()
    reader = E2BReader(path=path, mapping=mapping or E2BMapping())
    return list(reader.study_rows(report)), report


def event(folder: Path, report: Report, mapping: E2BMapping | None = None) -> EventRow:
    """The only event of *report*."""
    rows, _ = read_rows(folder, report, mapping=mapping)
    (row,) = rows
    assert isinstance(row, EventRow)
    return row


def found(folder: Path, report: Report, mapping: E2BMapping | None = None) -> dict[str, int]:
    """How often each problem of *report* was found, with a mark where it is refused."""
    _, problems = read_rows(folder, report, mapping=mapping)
    return {**codes(problems), **({"refused": 1} if problems.refused else {})}
