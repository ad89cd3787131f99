"""Refuses texts that are longer than any term or description of a form."""

from __future__ import annotations

from collections.abc import Iterable

from streams.sources.report import IngestReport, Problem
from streams.sources.rows import SourceRow

MAX_TEXT = 10_000
"""Characters of a cell that a record can come from; a record itself holds fewer."""

TEXT_TOO_LONG = Problem(
    "oversized_text",
    f"a text is longer than {MAX_TEXT:,} characters",
    "correct it in its source, or remove its column from the mapping",
)


def refuse_long_texts(row: SourceRow, columns: Iterable[str], report: IngestReport) -> bool:
    """Refuse each of *columns* in which *row* has a text that is too long; return whether any."""
    long = sorted(column for column in columns if len(row.cells.get(column, "")) > MAX_TEXT)
    for column in long:
        report.refuse(TEXT_TOO_LONG, row.place, column)
    return bool(long)
