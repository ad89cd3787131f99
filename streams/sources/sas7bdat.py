"""Reads a data set from a SAS data file (sas7bdat) through pyreadstat, some rows at a time."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, cast
from warnings import catch_warnings

from streams.sources.cells import (
    check_encoding,
    checked_length,
    date_kind,
    decode_text,
    number_text,
)
from streams.sources.report import IngestReport, UnreadableSource
from streams.sources.rows import Place, SourceRow

ROWS_AT_ONCE = 10_000

BYTES = "ISO-8859-1"
"""An encoding in which each byte is a character: values are decoded here and not by pyreadstat."""


class Sas7bdat:
    """A `Table` in a sas7bdat file."""

    def __init__(self, path: Path, encoding: str | None = None) -> None:
        check_encoding(encoding)
        self._path = path
        _, described = self._read(metadataonly=True)
        self._encoding = encoding or _codec(described.file_encoding)
        self.name = str(described.table_name or path.stem).upper()
        names: list[str] = list(described.column_names)
        self.columns = tuple(str(name or "").strip().upper() for name in names)
        if "" in self.columns or len(set(self.columns)) < len(self.columns):
            raise self._damaged("the names of its columns cannot be right")
        formats: Mapping[str, str | None] = described.original_variable_types
        self._kinds = [date_kind(name.upper(), formats[name] or "") for name in names]
        self._widths = [int(described.variable_storage_width[name]) for name in names]

    def rows(self, report: IngestReport) -> Iterator[SourceRow]:
        """Yield the rows; texts that cannot be decoded as they should go to *report*."""
        number = 0
        while True:
            data, _ = self._read(
                encoding=BYTES,
                row_offset=number,
                row_limit=ROWS_AT_ONCE,
                disable_datetime_conversion=True,
            )
            columns = cast("list[Sequence[object]]", list(data.values()))
            for values in zip(*columns, strict=True):
                number += 1
                place = Place(str(self._path), number)
                texts = [
                    self._cell(index, value, report, place) for index, value in enumerate(values)
                ]
                yield SourceRow(place, dict(zip(self.columns, texts, strict=True)))
            if not columns or len(columns[0]) < ROWS_AT_ONCE:
                return

    def _cell(self, index: int, value: object, report: IngestReport, place: Place) -> str:
        if isinstance(value, int | float):
            return number_text(float(value), self._kinds[index])
        if not isinstance(value, str):
            return ""
        raw = value.encode(BYTES)
        full = len(raw) >= self._widths[index]
        text, problem = decode_text(raw, self._encoding, full=full)
        if problem is not None:
            report.find(problem, place, self.columns[index])
        return checked_length(text, report, place, self.columns[index])

    def _read(self, **options: Any) -> tuple[dict[str, Any], Any]:
        try:
            pyreadstat = import_module("pyreadstat")
        except ImportError as error:
            raise UnreadableSource(
                "reading sas7bdat files needs pyreadstat: pip install 'tocsin[clinical]'"
            ) from error
        try:
            with catch_warnings(action="ignore"):
                return pyreadstat.read_sas7bdat(str(self._path), output_format="dict", **options)
        except Exception as error:  # Of a damaged file pyreadstat raises whatever comes.
            known = isinstance(error, pyreadstat.ReadstatError)
            raise self._damaged(str(error) if known else "its content is damaged") from error

    def _damaged(self, what: str) -> UnreadableSource:
        return UnreadableSource(
            f"{self._path} cannot be read as a sas7bdat file ({what}): copy it again in binary"
            " mode, or write it as a transport file (XPORT engine)"
        )


def _codec(name: str | None) -> str | None:
    """Return the encoding that the file names, if Python knows it."""
    try:
        return codecs.lookup(name or "").name
    except LookupError:
        return None
