"""Reads listings as CSV a row at a time: text cells by column, in bounded memory.

A file that may be read in two ways is refused with a message: a row with too many or too few
cells, two columns of one name, a quote that is never closed, bytes that are no text.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO
from unicodedata import normalize

from streams.sources.cells import check_encoding, checked_length, decode_text
from streams.sources.detect import CSV, PLAN, identify
from streams.sources.mapping.mapping import FileMapping, StudyMapping, check_columns, map_row
from streams.sources.report import IngestReport, Problem, UnreadableSource
from streams.sources.rows import AnyRow, Place, SourceRow

LINE_CHARACTERS_MAX = 1 << 20
"""The longest line; a quote that is never closed ends before, at the limit of a cell."""

RAGGED_ROW = Problem(
    "ragged_row",
    "a row has not as many cells as the header has columns",
    "put cells with a delimiter or a line break in quotes, or correct `delimiter`; nobody can know "
    "which cell belongs to which column",
)

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UTF_16 = ("utf-16", "utf-16-le", "utf-16-be")
_CSV_FAULTS = {
    "field larger": "a cell is longer than any text of a listing, or its quote is never closed:"
    " close the quote, or leave documents out of the file",
    "unexpected end": "a quote is opened that is never closed: close it, or double the quotes"
    " inside a cell",
    "expected after": "text follows a closing quote: double the quotes inside a cell, or correct"
    " `delimiter`",
}
"""What to do, by a part of the message of the csv module."""


def check_listing(path: Path) -> None:
    """Raise `UnreadableSource` where *path* is no file, or certainly of another kind than CSV."""
    kind = identify(path)
    if kind not in (None, CSV, PLAN):  # A header in square brackets looks like TOML.
        raise UnreadableSource(f"{path} is no listing; {kind.sentence}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvFile:
    """One listing: *file* is its path as the mapping names it."""

    path: Path
    file: str
    encoding: str | None = None
    delimiter: str = ","

    def header(self) -> list[str]:
        """Return the names of the columns; raises `UnreadableSource` where two are one name."""
        with self._open() as stream:
            return self._header(self._records(stream))

    def rows(self, columns: frozenset[str], report: IngestReport) -> Iterator[SourceRow]:
        """Yield the rows below the header, with the cells of *columns*; the header is row 1.

        A row that does not fit the header goes to *report*.  Raises `UnreadableSource` where the
        file cannot be read to its end.
        """
        with self._open() as stream:
            records = self._records(stream)
            header = self._header(records)
            used = [(index, name) for index, name in enumerate(header) if name in columns]
            for number, record in enumerate(records, start=2):
                place = Place(self.file, number)
                if not record:
                    continue
                if len(record) < len(header) or any(map(str.strip, record[len(header) :])):
                    report.refuse(RAGGED_ROW, place)
                    continue
                cells = {name: record[index] for index, name in used}
                yield SourceRow(place, self._checked(cells, place, report))

    def _checked(self, cells: dict[str, str], place: Place, report: IngestReport) -> dict[str, str]:
        """Return *cells* with each value that the encoding does not fit decoded by itself."""
        for column, text in cells.items():
            if not text.isascii() and (raw := self._undecoded(text)) is not None:
                # A UTF-8 text is cut where its other characters are UTF-8 too.
                full = not raw[:-3].isascii()
                cells[column], problem = decode_text(raw, self.encoding, full=full)
                if problem:
                    report.find(problem, place, column)
            if len(text) > 1000:
                cells[column] = checked_length(cells[column], report, place, column)
        return cells

    def _decoded(self, name: str) -> str:
        raw = self._undecoded(name)
        if raw is None:
            return normalize("NFC", name)
        return decode_text(raw, self.encoding, full=False)[0]

    def _undecoded(self, text: str) -> bytes | None:
        """Return the bytes of *text* where some of them could not be decoded."""
        if not any("\udc80" <= character <= "\udcff" for character in text):
            return None
        return text.encode(self.encoding or "utf-8", "surrogateescape")

    @contextmanager
    def _open(self) -> Generator[TextIO]:
        check_listing(self.path)
        marked = self._marked_encoding()
        encoding = marked or self.encoding or "utf-8"
        if not marked and encoding.lower().replace("_", "-") not in _UTF_16:
            check_encoding(encoding)
        try:
            with self.path.open(encoding=encoding, errors="surrogateescape", newline="") as stream:
                yield stream
        except UnicodeError:
            raise UnreadableSource(
                f"{self.file} is not in the encoding {encoding}: name the right one with --encoding"
            ) from None
        except OSError as error:
            raise UnreadableSource(f"{self.file} cannot be read: {error.strerror}") from None

    def _marked_encoding(self) -> str | None:
        """Return the encoding that a byte order mark names, which is never wrong."""
        with self.path.open("rb") as file:
            start = file.read(3)
        return next((name for mark, name in _MARKS if start.startswith(mark)), None)

    def _records(self, stream: TextIO) -> Iterator[list[str]]:
        """Yield the cells of each record of *stream*; raises `UnreadableSource` with its row."""
        reader = csv.reader(self._lines(stream), delimiter=self.delimiter, strict=True)
        row = 0
        while True:
            row += 1
            try:
                record = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                reasons = (text for part, text in _CSV_FAULTS.items() if part in str(error))
                reason = next(reasons, "the row is no CSV: correct its quotes")
                raise UnreadableSource(f"{self.file}, row {row}: {reason}") from None
            yield record

    def _lines(self, stream: TextIO) -> Iterator[str]:
        number = 0
        while line := stream.readline(LINE_CHARACTERS_MAX):
            number += 1
            if len(line) == LINE_CHARACTERS_MAX:
                raise UnreadableSource(
                    f"{self.file}, line {number}: the line has {LINE_CHARACTERS_MAX:,} characters"
                    " or more: leave documents out of the file, or write line breaks"
                )
            if "\0" in line:
                raise UnreadableSource(
                    f"{self.file}, line {number}: a NUL byte is in no listing: if the file is"
                    " UTF-16, name it with --encoding utf-16-le or utf-16-be"
                )
            yield line

    def _header(self, records: Iterator[list[str]]) -> list[str]:
        header = [self._decoded(name).strip() for name in next(records, list[str]())]
        if not any(header):
            raise UnreadableSource(f"{self.file} has no header: name the columns in its first row")
        named = [name for name in header if name]
        twice = sorted({name for name in named if named.count(name) > 1})
        if twice:
            raise UnreadableSource(
                f"{self.file} has two columns {twice[0]}: rename one, nobody can know which is read"
            )
        return header


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvStudy:
    """The listings of a study with their mapping: a `StudyReader`."""

    mapping: StudyMapping
    path: Path
    """The folder of the files that the mapping names, or the only one of them."""
    encoding: str | None = None
    """The encoding of all files, which overrules the mapping."""

    @property
    def system(self) -> str:
        """Name of the source system in records."""
        return self.mapping.system

    def study_rows(self, report: IngestReport) -> Iterator[AnyRow]:
        """Yield all rows of the study, file by file; all headers are checked first."""
        files = [
            (self._open(file, mappings), mappings)
            for file, mappings in self.mapping.by_path().items()
        ]
        for each, mappings in files:
            check_columns(mappings, each.file, each.header(), each.delimiter)
        for each, mappings in files:
            columns = frozenset[str]().union(*(mapping.columns for mapping in mappings))
            for row in each.rows(columns, report):
                yield from map_row(mappings, row, report)

    def column(self, file: str, kind: type[AnyRow], field: str) -> str:
        """Return the column of *file* from which *field* of a row of *kind* comes."""
        return self.mapping.column(file, kind, field)

    def _open(self, file: str, mappings: Sequence[FileMapping]) -> CsvFile:
        if len({(each.encoding, each.delimiter) for each in mappings}) > 1:
            raise UnreadableSource(
                f"the mapping gives {file} two encodings or delimiters: give each [[file]] the same"
            )
        path = self.path if self.path.is_file() else self.path / file
        check_listing(path)
        if self.path.is_file() and len(self.mapping.by_path()) > 1:
            raise UnreadableSource(
                f"{self.path} is one file, and the mapping names several: give their folder"
            )
        return CsvFile(
            path=path,
            file=file,
            encoding=self.encoding or mappings[0].encoding,
            delimiter=mappings[0].delimiter,
        )
