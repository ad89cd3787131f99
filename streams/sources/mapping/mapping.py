"""A study's mapping: turns the rows of its listings, from any format, into rows of the ingest."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unicodedata import normalize

from streams.sources.mapping.build import FieldReader, build_fields, build_known
from streams.sources.mapping.cells import CellRefused, Cells, trimmed
from streams.sources.mapping.errors import MappingError, nearest
from streams.sources.mapping.kinds import KINDS
from streams.sources.mapping.problems import EMPTY_ROW, NOT_SELECTED
from streams.sources.mapping.sources import FirstColumn
from streams.sources.mapping.tables import FileTable, StudyTable, read_tables
from streams.sources.report import IngestReport, UnreadableSource
from streams.sources.rows import AnyRow, SourceRow

Condition = Sequence[tuple[str, frozenset[str]]]
MAPPING_BYTES_MAX = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMapping:
    """One `[[file]]` of a mapping: which rows of a listing become which row of the ingest."""

    name: str
    path: str
    encoding: str | None
    delimiter: str
    kind: type[AnyRow]
    missing: frozenset[str]
    key: Sequence[str]
    version: str | None
    known: FirstColumn
    where: Condition
    removed: Condition
    fields: Sequence[FieldReader]

    @classmethod
    def build(cls, table: FileTable, study: StudyTable) -> FileMapping:
        """Build the mapping of *table*, with what *study* says for all files.

        Raises `MappingError` where a field, a code or a format is unknown or missing.
        """
        fields = build_fields(table, study)
        subject = next(each.source.columns for each in fields if each.attribute == "subject")
        missing = study.missing if table.missing is None else table.missing
        return cls(
            name=table.name,
            path=table.path,
            encoding=table.encoding or study.encoding,
            delimiter=table.delimiter or study.delimiter,
            kind=KINDS[table.record].row,
            missing=frozenset(missing),
            key=[column for column in table.key if column not in subject],
            version=table.version,
            known=build_known(table, study),
            where=_condition(table.where),
            removed=_condition(table.removed),
            fields=fields,
        )

    @property
    def columns(self) -> frozenset[str]:
        """All columns that the mapping reads."""
        named = {*self.key, *self.known.columns, *filter(None, [self.version])}
        named.update(column for column, _ in (*self.where, *self.removed))
        return frozenset(named.union(*(each.source.columns for each in self.fields)))

    def column(self, attribute: str) -> str:
        """Return the columns from which *attribute* of a row comes, joined for a message."""
        if attribute == "known":
            return ", ".join(self.known.columns)
        if attribute == "key":
            return ", ".join(self.key)
        columns = [each.source.columns for each in self.fields if each.attribute == attribute]
        return ", ".join(dict.fromkeys(column for each in columns for column in each))

    def selects(self, row: SourceRow) -> bool:
        """Return whether `where` selects *row*."""
        return _fulfils(row, self.where)

    def map_row(self, row: SourceRow, report: IngestReport) -> AnyRow | None:
        """Return what *row* is, or None where it is not selected, empty or refused.

        Each cell that is refused goes to *report*.
        """
        if not self.selects(row):
            return None
        cells = Cells(row.cells, self.missing)
        attempt = _Attempt(row, report)
        values: dict[str, Any] = {
            each.attribute: attempt.try_field(each, cells) for each in self.fields
        }
        values["known"] = attempt.try_field(FieldReader("known", self.known), cells)
        if attempt.refused:
            return None
        return self.kind(
            place=row.place,
            key=tuple(cells.text(column) for column in self.key),
            version=cells.text(self.version) if self.version else "",
            removed=bool(self.removed) and _fulfils(row, self.removed),
            **values,
        )


@dataclass(slots=True)
class _Attempt:
    """Reads the fields of one row, and notes whether one was refused."""

    row: SourceRow
    report: IngestReport
    refused: bool = False

    def try_field(self, field: FieldReader, cells: Cells) -> str | tuple[str, ...]:
        try:
            return field.read(cells)
        except CellRefused as refusal:
            self.report.refuse(refusal.problem, self.row.place, refusal.column)
            self.refused = True
            return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyMapping:
    """The mapping of a study's listings."""

    study: str | None
    system: str
    file_mappings: Sequence[FileMapping]

    @classmethod
    def read(cls, path: Path) -> StudyMapping:
        """Return the mapping in the file at *path*.

        Raises `UnreadableSource` where it cannot be read, and `MappingError` where it is wrong.
        """
        try:
            if path.stat().st_size > MAPPING_BYTES_MAX:
                raise MappingError("a mapping is shorter than 1 MiB: name another file")
            return cls.parse(path.read_text(encoding="utf-8-sig"))
        except OSError as error:
            raise UnreadableSource(f"{path} cannot be read: {error.strerror}") from None
        except UnicodeDecodeError as error:
            raise MappingError(
                f"{path} is not UTF-8 text (byte {error.start}): save it as UTF-8"
            ) from None
        except MappingError as error:
            raise MappingError(f"{path}: {error}") from None

    @classmethod
    def parse(cls, toml_text: str) -> StudyMapping:
        """Return the mapping in *toml_text*.

        Raises `MappingError`, which names each wrong key and what to write instead.
        """
        try:
            content = tomllib.loads(normalize("NFC", toml_text))
        except (
            ValueError,
            RecursionError,
        ) as error:  # An integer of 5,000 digits is no TOML error.
            raise MappingError(f"the mapping is no TOML: {error}; correct this place") from None
        tables = read_tables(content)
        mappings = [FileMapping.build(table, tables) for table in tables.file]
        return cls(study=tables.study, system=tables.system, file_mappings=mappings)

    def by_path(self) -> dict[str, list[FileMapping]]:
        """Return the mappings of each file, so that a file is read once."""
        mappings: dict[str, list[FileMapping]] = {}
        for each in self.file_mappings:
            mappings.setdefault(each.path, []).append(each)
        return mappings

    def column(self, file: str, kind: type[AnyRow], field: str) -> str:
        """Return the columns of *file* from which *field* of a row of *kind* comes."""
        columns = [
            each.column(field)
            for each in self.file_mappings
            if each.path == file and each.kind is kind
        ]
        return ", ".join(dict.fromkeys(filter(None, columns)))


def map_row(
    mappings: Sequence[FileMapping], row: SourceRow, report: IngestReport
) -> Iterator[AnyRow]:
    """Yield what *row* is by each of *mappings*, those of its file.

    An empty row, and one that no mapping selects, is a finding: no row is lost without a word.
    """
    if not any(map(str.strip, row.cells.values())):
        report.find(EMPTY_ROW, row.place)
        return
    selecting = [each for each in mappings if each.selects(row)]
    if not selecting:
        report.find(NOT_SELECTED, row.place, ", ".join(_where_columns(mappings)))
    for each in selecting:
        mapped = each.map_row(row, report)
        if mapped is not None:
            yield mapped


def check_columns(
    mappings: Sequence[FileMapping], file: str, header: Iterable[str], delimiter: str = ","
) -> None:
    """Raise `UnreadableSource` where a column that *mappings* name is not in *header*."""
    names = list(header)
    if len(names) == 1 and (other := [each for each in ";\t|," if each in names[0]]):
        raise UnreadableSource(
            f"{file} has no {delimiter!r} between its columns: write delimiter = {other[0]!r}"
            " in the mapping"
        )
    for each in mappings:
        for column in sorted(each.columns.difference(names)):
            raise UnreadableSource(
                f"{file} has no column {column}, which [[file]] {each.name} of the mapping"
                f" names: correct the mapping{nearest(column, names)}"
            )


def _where_columns(mappings: Sequence[FileMapping]) -> dict[str, None]:
    return dict.fromkeys(column for each in mappings for column, _ in each.where)


def _condition(texts_by_column: dict[str, list[str]]) -> Condition:
    return [(column, frozenset(texts)) for column, texts in texts_by_column.items()]


def _fulfils(row: SourceRow, condition: Condition) -> bool:
    return all(trimmed(row.cells, column) in texts for column, texts in condition)
