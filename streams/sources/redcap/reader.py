"""Turns flat JSON exports of REDCap into rows of a study, through its mapping."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from streams.sources.changes import ChangedRows
from streams.sources.detect import REDCAP_JSON, check_kind
from streams.sources.json_stream import JsonStream, text_encoding
from streams.sources.long_texts import refuse_long_texts
from streams.sources.mapping.mapping import StudyMapping, check_columns, map_row
from streams.sources.redcap.snapshots import pulled_at
from streams.sources.report import IngestReport, Problem, UnreadableSource
from streams.sources.rows import AnyRow, Place, SourceRow, SubjectRow

PULLED_AT = "pulled_at"
"""Column beside the fields of the project: when the file was pulled, "" where it was not."""

_INSTANCE = ("redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance")
"""Fields that REDCap adds to tell the rows of a record apart."""

_EAV_FIELDS = {"record", "field_name", "value"}

NO_RECORD = Problem("redcap_no_record", "the export has no record", "nothing is read from it")
NOT_A_TEXT = Problem(
    "redcap_not_a_text",
    "the value of a field is a list or an object",
    "export with type=flat, in which each field is a text",
)


@dataclass(slots=True, kw_only=True)
class RedcapReader:
    """Reads flat JSON exports of one project: a file, or the .json files of a folder by name."""

    path: Path
    mapping: StudyMapping

    @property
    def system(self) -> str:
        """Name of the source system in records."""
        return self.mapping.system if self.mapping.system != "csv" else "redcap"

    def study_rows(self, report: IngestReport) -> Iterator[AnyRow]:
        """Yield what the mapping makes of each record, export by export.

        Of several exports, a row is yielded again where its content changed: the later export
        corrects the earlier.  Where the mapping has no `known_at`, a row is known when its export
        was pulled.
        """
        files = self._files()
        with ChangedRows() as changes:
            for number, path in enumerate(files, start=1):
                check_kind(path, REDCAP_JSON)
                version = f"{number:09}" if len(files) > 1 else ""
                for row in self._rows_of(path, report):
                    complete = replace(row, version=row.version or version)
                    if changes.is_changed(complete) or not version:
                        yield complete

    def _rows_of(self, path: Path, report: IngestReport) -> Iterator[AnyRow]:
        """Yield the rows of one export, with the key and the time that REDCap itself gives."""
        pulled = pulled_at(path)
        mappings = self.mapping.file_mappings
        columns = frozenset[str]().union(*(each.columns for each in mappings))
        number = 0
        for number, record in enumerate(_records(path), start=1):
            if number == 1:
                self._check_fields(path, record)
            row = SourceRow(Place(str(path), number), {PULLED_AT: pulled, **_cells(record)})
            if _is_sound(row, record, columns, report):
                key = tuple(row.cells.get(name, "") for name in _INSTANCE)
                for mapped in map_row(mappings, row, report):
                    own = () if isinstance(mapped, SubjectRow) else key
                    yield replace(mapped, key=mapped.key or own, known=mapped.known or pulled)
        if not number:
            report.find(NO_RECORD, Place(str(path), 0))

    def column(self, file: str, kind: type[AnyRow], field: str) -> str:
        """Return the fields of the project that *field* of a row of *kind* comes from."""
        columns = [each.column(field) for each in self.mapping.file_mappings if each.kind is kind]
        return ", ".join(dict.fromkeys(filter(None, columns)))

    def _files(self) -> Sequence[Path]:
        files = sorted(self.path.glob("*.json")) if self.path.is_dir() else [self.path]
        if not files:
            raise UnreadableSource(
                f"{self.path} holds no .json file: give exports of type flat, or --pull"
            )
        return files

    def _check_fields(self, path: Path, record: Mapping[str, Any]) -> None:
        if set(record) >= _EAV_FIELDS:
            raise UnreadableSource(f"{path} is an export of type eav: export it with type=flat")
        check_columns(self.mapping.file_mappings, str(path), [PULLED_AT, *record])


def _records(path: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of the JSON array in *path*."""
    try:
        stream = JsonStream(path, text_encoding(path, None))
    except OSError as error:
        raise UnreadableSource(f"{path} cannot be read: {error.strerror}") from error
    with closing(stream):
        stream.take("[")
        following = stream.take("]") if stream.peek() == "]" else ","
        while following == ",":
            value = stream.value()
            if not isinstance(value, dict):
                stream.refuse("it holds something else than records")
            yield cast("Mapping[str, Any]", value)
            following = stream.take(",]")
        if stream.peek():
            stream.refuse("something stands after its records")


def _is_sound(
    row: SourceRow, record: Mapping[str, Any], columns: frozenset[str], report: IngestReport
) -> bool:
    """Return whether the fields in *columns* of *record* are texts; refuse each that is none."""
    nested = sorted(name for name in columns if isinstance(record.get(name), list | dict))
    for name in nested:
        report.refuse(NOT_A_TEXT, row.place, name)
    return not refuse_long_texts(row, columns, report) and not nested


def _cells(record: Mapping[str, Any]) -> dict[str, str]:
    return {name: _text(value) for name, value in record.items()}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return "" if value is None else str(value)
