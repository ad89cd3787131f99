"""Reads a table as a test wants it: its cells, and the codes of what was found."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.sources.report import IngestReport, UnreadableSource
from streams.sources.table import open_table


def read_cells(path: Path, encoding: str | None = None) -> list[dict[str, str]]:
    """Return the cells of each row of the data set at *path*."""
    return [row.cells for row in open_table(path, encoding).rows(IngestReport())]


def read_problems(path: Path, encoding: str | None = None) -> dict[tuple[str, str], list[int]]:
    """Return the rows by problem and column that were found in the data set at *path*."""
    report = IngestReport()
    for _ in open_table(path, encoding).rows(report):
        pass
    return {(group.problem.code, group.column): list(group.rows) for group in report.groups()}


def refusal(path: Path, encoding: str | None = None) -> str:
    """Return the message with which the data set at *path* is refused as a whole."""
    with pytest.raises(UnreadableSource) as error:
        read_cells(path, encoding)
    return str(error.value)
