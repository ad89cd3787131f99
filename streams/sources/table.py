"""Opens a data set of CDISC, whichever of its file formats it is in, as a table of text cells."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from streams.sources.dataset_json import DatasetJson
from streams.sources.detect import DATASET_JSON, SAS7BDAT, XPT, FileKind, check_kind
from streams.sources.report import IngestReport
from streams.sources.rows import SourceRow
from streams.sources.sas7bdat import Sas7bdat
from streams.sources.sas_transport import TransportFile


class Table(Protocol):
    """A data set: its name and columns in capitals, and its rows in their order."""

    name: str
    """As the file says, such as "AE"; the name of the file where it says nothing."""
    columns: tuple[str, ...]

    def rows(self, report: IngestReport) -> Iterator[SourceRow]:
        """Yield the rows, in bounded memory: numbers as short texts, counted days as ISO dates.

        What could not be read as it should goes to *report*.  Raises `UnreadableSource` where the
        file cannot be read to its end.
        """
        ...


TABLE_KINDS: tuple[FileKind, ...] = (XPT, SAS7BDAT, DATASET_JSON)
"""Formats that hold one data set of CDISC."""


def open_table(path: Path, encoding: str | None = None) -> Table:
    """Return the data set at *path*; texts are in *encoding*, or else UTF-8 or Windows-1252.

    Raises `UnreadableSource` where it is something else, which the message names, or damaged.
    """
    kind = check_kind(path, *TABLE_KINDS)
    if kind is XPT:
        return TransportFile(path, encoding)
    if kind is SAS7BDAT:
        return Sas7bdat(path, encoding)
    return DatasetJson(path, encoding)
