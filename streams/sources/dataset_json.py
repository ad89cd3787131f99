"""Reads a data set from CDISC Dataset-JSON 1.1, as one object (.json) or line by line (.ndjson).

Both forms are read value by value, so that the memory depends on the longest row only.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from unicodedata import normalize

from streams.sources.cells import (
    WHOLE_BELOW,
    DateKind,
    check_encoding,
    checked_length,
    date_kind,
    decode_text,
    number_text,
)
from streams.sources.json_stream import JsonStream, text_encoding
from streams.sources.report import IngestReport, Problem, UnreadableSource
from streams.sources.rows import Place, SourceRow

ROW_LENGTH = Problem(
    "row_length",
    "a row has not as many values as there are columns",
    "have the file written again: nobody can know which value is of which column",
)
NO_CELL = Problem(
    "no_cell",
    "a value is a list, an object or half a character",
    "write texts, numbers, true, false or null in rows",
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a data set: its name in capitals, its length, what its numbers count."""

    name: str
    length: int | None
    date_kind: DateKind | None


class DatasetJson:
    """A `Table` in a Dataset-JSON file of either form."""

    def __init__(self, path: Path, encoding: str | None = None) -> None:
        check_encoding(encoding)
        self._path = path
        self._encoding = encoding
        try:
            self._text_encoding = text_encoding(path, encoding)
            with closing(self._open()) as stream:
                header = _header(stream)
        except OSError as error:
            raise UnreadableSource(f"{path} cannot be read: {error.strerror}") from error
        self._columns = self._checked_columns(header)
        name = header.get("name")
        self.name = (
            name.strip().upper() if isinstance(name, str) and name.isascii() else path.stem.upper()
        )
        self.columns = tuple(column.name for column in self._columns)
        self._records = header.get("records")

    def rows(self, report: IngestReport) -> Iterator[SourceRow]:
        """Yield the rows; raises UnreadableSource where the file ends before its last row."""
        number = 0
        file = str(self._path)
        with closing(self._open()) as stream:
            for number, row in enumerate(_rows(stream), start=1):
                place = Place(file, number)
                values = cast("list[object]", row) if isinstance(row, list) else []
                if len(values) != len(self._columns):
                    report.refuse(ROW_LENGTH, place)
                    continue
                cells = {
                    column.name: self._cell(column, value, report, place)
                    for column, value in zip(self._columns, values, strict=True)
                }
                yield SourceRow(place, cells)
        if isinstance(self._records, int) and self._records != number:
            raise UnreadableSource(
                f"{self._path} has {number:,} rows and says that it has {self._records:,}: copy it"
                " again as a whole, or have it written again"
            )

    def _open(self) -> JsonStream:
        return JsonStream(self._path, self._text_encoding)

    def _checked_columns(self, header: dict[str, Any]) -> tuple[Column, ...]:
        columns: object = header.get("columns")
        version = str(header.get("datasetJSONVersion", ""))
        if not isinstance(columns, list) or not version.startswith("1.1"):
            raise UnreadableSource(
                f"{self._path} is no Dataset-JSON 1.1 (an object with datasetJSONVersion 1.1 and"
                " columns, and rows in it or after it): have it written in this version"
            )
        found = tuple(_column(column) for column in cast("list[object]", columns))
        names = {column.name for column in found if column}
        if len(names) < len(found) or not names:
            raise UnreadableSource(
                f"{self._path}: a column has no name in ASCII, or the name of another one: have the"
                " file written again"
            )
        return tuple(column for column in found if column)

    def _cell(self, column: Column, value: object, report: IngestReport, place: Place) -> str:
        if isinstance(value, str):
            text = self._text(column, value, report, place)
            return checked_length(text, report, place, column.name)
        if value is None:
            return ""
        if isinstance(value, bool):
            return "Y" if value else "N"
        if isinstance(value, int | float):
            return _number(value, column.date_kind)
        report.refuse(NO_CELL, place, column.name)
        return ""

    def _text(self, column: Column, value: str, report: IngestReport, place: Place) -> str:
        """Return *value* in NFC; bytes outside the file's encoding are decoded by themselves."""
        if value.isascii():
            return value.strip()
        try:
            value.encode()
            return normalize("NFC", value).strip()
        except UnicodeEncodeError:
            pass
        try:
            raw = value.encode(self._text_encoding.removesuffix("-sig"), "surrogateescape")
        except UnicodeEncodeError:
            report.refuse(NO_CELL, place, column.name)
            return ""
        full = column.length is not None and len(raw) >= column.length
        text, problem = decode_text(raw, self._encoding, full=full)
        if problem is not None:
            report.find(problem, place, column.name)
        return text


def _number(value: float, kind: DateKind | None) -> str:
    """Return *value* as text: a whole number with all its digits, unless it counts days."""
    if isinstance(value, int) and (kind is None or abs(value) >= WHOLE_BELOW):
        return str(value)
    return number_text(float(value), kind)


def _column(fields: object) -> Column | None:
    """Return the column that *fields* describe, or None where they have no usable name."""
    if not isinstance(fields, dict):
        return None
    found = cast("dict[str, Any]", fields)
    name, length = _name(found), found.get("length")
    counted = date_kind(name, str(found.get("displayFormat", "")))
    return Column(name, length if isinstance(length, int) else None, counted) if name else None


def _name(fields: dict[str, Any]) -> str:
    """Return the name in *fields*, in capitals; "" where there is none of ASCII characters."""
    name = fields.get("name")
    return name.strip().upper() if isinstance(name, str) and name.isascii() else ""


def _header(stream: JsonStream) -> dict[str, Any]:
    """Return the attributes of the data set; rows that precede them are passed over."""
    header: dict[str, Any] = {}
    for name in _members(stream):
        if name != "rows":
            header[name] = stream.value()
        elif "columns" in header:
            break
        else:
            for _ in _elements(stream):
                pass
    return header


def _rows(stream: JsonStream) -> Iterator[object]:
    """Yield the rows in the object, or those after it."""
    inside = False
    for name in _members(stream):
        if name == "rows":
            inside = True
            yield from _elements(stream)
        else:
            stream.value()
    while stream.peek():
        if inside:
            stream.refuse("something follows its end")
        yield stream.value()


def _members(stream: JsonStream) -> Iterator[str]:
    """Yield the names of an object's members; the caller takes the value of each."""
    stream.take("{")
    while stream.peek() != "}":
        name = stream.value()
        stream.take(":")
        yield str(name)
        if stream.peek() != "}":
            stream.take(",")
    stream.take("}")


def _elements(stream: JsonStream) -> Iterator[object]:
    """Yield the elements of a list."""
    stream.take("[")
    while stream.peek() != "]":
        yield stream.value()
        if stream.peek() != "]":
            stream.take(",")
    stream.take("]")
