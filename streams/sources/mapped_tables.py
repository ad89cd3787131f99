"""Reads data sets of CDISC by a mapping of the user's, for studies that are not as CDISC has them.

It is the mapping of CSV listings: its files are data sets here, in any of their formats.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from streams.sources.mapping.mapping import StudyMapping, check_columns, map_row
from streams.sources.report import IngestReport
from streams.sources.rows import AnyRow, Place, SourceRow
from streams.sources.table import open_table


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedTables:
    """The data sets in *folder* that *mapping* names: a `StudyReader`."""

    folder: Path
    mapping: StudyMapping
    encoding: str | None = None

    @property
    def system(self) -> str:
        """Name of the source system in records."""
        return self.mapping.system

    def study_rows(self, report: IngestReport) -> Iterator[AnyRow]:
        """Yield all rows of the study, file by file; all columns are checked first."""
        files = [
            (file, mappings, open_table(self.folder / file, self.encoding or mappings[0].encoding))
            for file, mappings in self.mapping.by_path().items()
        ]
        for file, mappings, table in files:
            check_columns(mappings, file, table.columns)
        for file, mappings, table in files:
            for row in table.rows(report):
                named = SourceRow(Place(file, row.place.row), row.cells)
                yield from map_row(mappings, named, report)

    def column(self, file: str, kind: type[AnyRow], field: str) -> str:
        """Return the column of *file* from which *field* of a row of *kind* comes."""
        return self.mapping.column(file, kind, field)
