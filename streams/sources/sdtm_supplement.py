"""Adds the variables of a supplemental domain (SUPPAE) to the rows of its parent, on disk."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from streams.sources.report import IngestReport
from streams.sources.rows import SourceRow
from streams.sources.table import Table

CACHE_KIB = 16 << 10
COLUMNS = ("USUBJID", "IDVAR", "IDVARVAL", "QNAM", "QVAL")


class SupplementedTable:
    """A table whose rows also have the variables QNAM that *supplement* gives them."""

    def __init__(self, parent: Table, supplement: Table) -> None:
        self.name = parent.name
        self.columns = parent.columns
        self._parent = parent
        self._supplement = supplement

    def rows(self, report: IngestReport) -> Iterator[SourceRow]:
        """Yield the rows of the parent; a variable that it has itself keeps its value."""
        # The empty name is a private database on disk, which sqlite deletes.
        database = sqlite3.connect("", isolation_level=None)
        try:
            id_columns = self._load(database, report)
            for row in self._parent.rows(report):
                added: dict[str, str] = {}
                for column in id_columns:
                    added |= _found(database, row.cells, column)
                yield SourceRow(row.place, added | {k: v for k, v in row.cells.items() if v})
        finally:
            database.close()

    def _load(self, database: sqlite3.Connection, report: IngestReport) -> list[str]:
        """Store the supplement, and return the variables (IDVAR) by which its rows are found."""
        database.executescript(
            f"PRAGMA journal_mode = OFF; PRAGMA cache_size = -{CACHE_KIB};"
            "CREATE TABLE added (subject, idvar, value, qnam, qval); BEGIN"
        )
        values = (
            [row.cells.get(name, "") for name in COLUMNS] for row in self._supplement.rows(report)
        )
        database.executemany("INSERT INTO added VALUES (?, ?, ?, ?, ?)", values)
        database.execute("CREATE INDEX place ON added (subject, idvar, value)")
        return [name for (name,) in database.execute("SELECT DISTINCT idvar FROM added")]


def _found(database: sqlite3.Connection, cells: dict[str, str], column: str) -> dict[str, str]:
    value = cells.get(column, "") if column else ""
    if column and not value:
        return {}
    found = database.execute(
        "SELECT qnam, qval FROM added WHERE subject = ? AND idvar = ? AND value = ?",
        (cells.get("USUBJID", ""), column, value),
    )
    return dict(found.fetchall())
