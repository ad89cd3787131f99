"""What a reader of a format gives to the ingest: tables of rows, and nothing decided about them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from streams.sources.report import IngestReport
from streams.sources.rows import AnyRow


class StudyReader(Protocol):
    """A format's reader with its mapping, opened on the files that the user named."""

    @property
    def system(self) -> str:
        """Name of the source system in records, such as "sdtm" or "edc": 1 to 32 characters."""
        ...

    def study_rows(self, report: IngestReport) -> Iterator[AnyRow]:
        """Yield all rows of the study in the order of its files, in bounded memory.

        Cells that cannot be mapped go to *report* by file, row and column.  Raises
        `UnreadableSource` where a file cannot be read at all.
        """
        ...

    def column(self, file: str, kind: type[AnyRow], field: str) -> str:
        """Return the column of *file* from which *field* of a row of *kind* comes, for messages."""
        ...
