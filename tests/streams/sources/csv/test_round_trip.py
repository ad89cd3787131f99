"""Tests that what a CSV writer writes is read as it was, whatever its texts and its dialect."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path
from unicodedata import normalize

from hypothesis import given
from hypothesis import strategies as st

from streams.sources.csv_files import CsvFile
from streams.sources.report import IngestReport

COLUMNS = ("A", "B", "Ö")
TEXTS = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=30
) | st.sampled_from(['"', ",", "a\nb", "a\r\nb", ";", "\ufeff", "'", "\\"])


@given(
    rows=st.lists(st.tuples(TEXTS, TEXTS, TEXTS), max_size=6),
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from([None, "utf-8-sig", "utf-16", "gb18030"]),
    quote_all=st.booleans(),
)
def test_cells_come_back(
    rows: list[tuple[str, str, str]], delimiter: str, encoding: str | None, quote_all: bool
):
    """Delimiters, quotes and line breaks in a cell stay in it; texts are in NFC when they leave."""
    stream = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL
    writer = csv.writer(stream, delimiter=delimiter, quoting=quoting)
    writer.writerows([COLUMNS, *rows])
    named = encoding if encoding == "gb18030" else None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_bytes(stream.getvalue().encode(encoding or "utf-8"))
        file = CsvFile(path=path, file="a.csv", delimiter=delimiter, encoding=named)
        report = IngestReport()
        read = [tuple(row.cells.values()) for row in file.rows(frozenset(COLUMNS), report)]

    assert list(report.groups()) == []
    assert [[normalize("NFC", cell) for cell in row] for row in read] == [
        [normalize("NFC", cell) for cell in row] for row in rows
    ]
