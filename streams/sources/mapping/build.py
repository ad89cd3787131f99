"""Builds the readers of a mapping's fields from its tables, and refuses what cannot be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from streams.sources.mapping.cells import Cells, Convert
from streams.sources.mapping.convert import CODED_VALUES, RANKS, build_convert, check_codes
from streams.sources.mapping.dates import next_day
from streams.sources.mapping.errors import MappingError, nearest
from streams.sources.mapping.kinds import DATES, KINDS, RecordKind
from streams.sources.mapping.problems import NO_SUBJECT, NO_TREATMENT
from streams.sources.mapping.sources import (
    Constant,
    Criteria,
    DateParts,
    FirstColumn,
    Required,
    Strongest,
    ValueSource,
)
from streams.sources.mapping.tables import FileTable, SourceTable, StudyTable
from streams.sources.report import Problem

WAYS = ("column", "const", "first", "strongest", "day_after", "randomised", "year")
"""The ways in which a field can get its value."""


@dataclass(frozen=True, slots=True)
class FieldReader:
    """Reads one attribute of a row from cells."""

    attribute: str
    source: ValueSource | Criteria

    def read(self, cells: Cells) -> str | tuple[str, ...]:
        """Return the value of the attribute; raises `CellRefused`."""
        return self.source.value(cells)


def build_fields(table: FileTable, study: StudyTable) -> list[FieldReader]:
    """Return a reader for each field of *table*.

    Raises `MappingError` where a field, a code or a format is unknown or missing.
    """
    kind = KINDS[table.record]
    sources = table.fields.sources
    where = f"[[file]] {table.name}"
    for name in sources:
        if name not in kind.fields:
            known = nearest(name, kind.fields)
            raise MappingError(f"{where}: {table.record} has no field {name}{known}")
    for name in kind.required:
        if name not in sources:
            raise MappingError(f"{where}: fields.{name} is missing: name its column")
    check_codes(table, kind, where)
    fields = [
        FieldReader(kind.fields[name], _build_source(name, source, table, study))
        for name, source in sources.items()
    ]
    if table.fields.criteria:
        fields.append(FieldReader("criteria", _build_criteria(table, kind, study)))
    return fields


def build_known(table: FileTable, study: StudyTable) -> FirstColumn:
    """Return the reader of the first date in the columns of `known_at`."""
    return FirstColumn(table.known_at, build_convert("known_at", None, table, study))


def _build_criteria(table: FileTable, kind: RecordKind, study: StudyTable) -> Criteria:
    if "criteria" not in kind.fields:
        raise MappingError(f"[[file]] {table.name}: {table.record} has no criteria: remove them")
    convert = build_convert("criteria", None, table, study)
    columns = {
        criterion.value: _column_of(f"criteria.{criterion}", source, table)
        for criterion, source in table.fields.criteria.items()
    }
    return Criteria(columns, convert)


def _column_of(name: str, source: SourceTable, table: FileTable) -> str:
    if source.column is None:
        raise MappingError(f"[[file]] {table.name}: fields.{name} has no column: name one")
    return source.column


def _build_source(
    name: str, source: SourceTable, table: FileTable, study: StudyTable
) -> ValueSource:
    where = f"[[file]] {table.name}: fields.{name}"
    _check_way(name, source, where)
    convert = build_convert(name, source.dates, table, study)
    built = _source_of(name, source, convert, where)
    if name == "subject":
        return Required(built, NO_SUBJECT)
    if source.randomised is not None:
        _check_randomised(source.randomised, table, where)
    elif name == "treatment" and table.record == "treatment":
        return Required(built, NO_TREATMENT)
    return built


def _source_of(name: str, source: SourceTable, convert: Convert, where: str) -> ValueSource:
    if source.const is not None:
        return Constant(_constant(name, source.const, convert, where))
    if source.randomised is not None:
        return Constant("", (source.randomised,))
    if source.year is not None:
        return DateParts([part for part in (source.year, source.month, source.day) if part])
    if source.strongest is not None:
        return Strongest(source.strongest, convert, RANKS[name])
    if source.day_after is not None:
        return FirstColumn([source.day_after], _day_after(convert))
    return FirstColumn(source.first or [source.column or ""], convert)


def _check_way(name: str, source: SourceTable, where: str) -> None:
    """Raise `MappingError` where *source* has not exactly one way, or one of another field."""
    ways = [way for way in WAYS if getattr(source, way) is not None]
    if len(ways) != 1:
        given = " and ".join(ways) if ways else "no way to its value"
        raise MappingError(f"{where} has {given}: give exactly one of {', '.join(WAYS)}")
    if (source.day and not source.month) or (source.month and not source.year):
        raise MappingError(f"{where} has a day or month alone: give year, then month, then day")
    refusals: Sequence[tuple[bool, str]] = (
        (ways[0] in ("day_after", "year") or source.dates is not None, "is no date"),
        (ways[0] == "strongest", f"has no order: only {', '.join(RANKS)} have"),
        (ways[0] == "randomised", "is no treatment"),
    )
    fits = (name in DATES, name in RANKS, name == "treatment")
    for (used, reason), fit in zip(refusals, fits, strict=True):
        if used and not fit:
            raise MappingError(f"{where} {reason}: name its column")


def _check_randomised(column: str, table: FileTable, where: str) -> None:
    subject = table.fields.sources["subject"]
    if column not in (subject.column, *(subject.first or ())):
        raise MappingError(
            f"{where}.randomised is not the column of the subject: name that of fields.subject"
        )


def _constant(name: str, text: str, convert: Convert, where: str) -> str:
    if not text or text in CODED_VALUES.get(name, ()):
        return text
    value = convert(text)
    if isinstance(value, Problem):
        known = nearest(text, CODED_VALUES.get(name, ()))
        raise MappingError(f"{where}.const is no value of {name}{known}")
    return value


def _day_after(convert: Convert) -> Convert:
    def convert_to_next(text: str) -> str | Problem:
        value = convert(text)
        return value if isinstance(value, Problem) else next_day(value)

    return convert_to_next
