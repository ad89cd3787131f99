"""Converts the text of a cell to the value of a field: dates, codes, treatments and plain text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from monitor.records import ActionTaken, Outcome, Relatedness, Severity, Status
from streams.sources.codes import find_code, fold_word
from streams.sources.mapping.cells import Convert
from streams.sources.mapping.dates import DateFormats
from streams.sources.mapping.errors import MappingError, nearest
from streams.sources.mapping.kinds import ARMS, DATES, KINDS, TREATMENTS, RecordKind
from streams.sources.mapping.problems import UNKNOWN_ARM, UNKNOWN_CODE
from streams.sources.mapping.tables import FileTable, StudyTable
from streams.sources.report import Problem

_ENUMS: Mapping[str, type[StrEnum]] = {
    "severity": Severity,
    "grade": Severity,
    "relatedness": Relatedness,
    "outcome": Outcome,
    "action_taken": ActionTaken,
    "status": Status,
}
_FLAGS = ("serious", "criteria", "died", "given", "treatment_emergent")

CODED_VALUES: Mapping[str, Sequence[str]] = {
    **{name: [member.value for member in enum] for name, enum in _ENUMS.items()},
    **dict.fromkeys(_FLAGS, ("yes", "no")),
}
"""By coded field, the values that a record can hold."""

RANKS = {name: CODED_VALUES[name] for name in ("relatedness", "severity", "grade")}
"""By field of which the strongest value can be taken, its values in ascending order."""


def build_convert(
    name: str, dates: Sequence[str] | None, table: FileTable, study: StudyTable
) -> Convert:
    """Return the conversion of field *name*; *dates* are the formats of this field alone."""
    if name in DATES:
        return _date_convert(name, dates, table, study)
    codes = {fold_word(word): value for word, value in table.codes.get(name, {}).items()}
    if name in CODED_VALUES:
        attribute = "serious" if name == "criteria" else KINDS[table.record].fields[name]
        return _code_convert(attribute, codes)
    if name in TREATMENTS:
        return _arm_convert(study.arms, strict=name in ARMS or table.record == "treatment")
    return (lambda text: codes.get(fold_word(text), UNKNOWN_CODE)) if codes else str


def check_codes(table: FileTable, kind: RecordKind, where: str) -> None:
    """Raise `MappingError` where codes are of an unknown field, or stand for an unknown value."""
    coded = [name for name in kind.fields if name not in DATES | TREATMENTS | {"subject"}]
    for name, codes in table.codes.items():
        if name not in coded:
            raise MappingError(f"{where}: codes.{name} is of no coded field{nearest(name, coded)}")
        values = CODED_VALUES.get(name)
        for word, value in codes.items():
            if value and values and value not in values:
                known = nearest(value, values)
                raise MappingError(f"{where}: codes.{name}.{word!r} is no value of {name}{known}")


def _date_convert(
    name: str, dates: Sequence[str] | None, table: FileTable, study: StudyTable
) -> Convert:
    formats = next(each for each in (dates, table.dates, study.dates) if each is not None)
    try:
        return DateFormats(formats).read
    except MappingError as error:
        raise MappingError(f"[[file]] {table.name}: the date format {error} ({name})") from None


def _code_convert(attribute: str, codes: Mapping[str, str]) -> Convert:
    """Return a conversion by *codes*, then by the words that are known for *attribute*.

    Beside codes of the user's a bare number is never a word: 0 may be anything in their list.
    """
    other = "other" if attribute == "status" else None

    def convert(text: str) -> str | Problem:
        word = fold_word(text)
        if word in codes:
            return codes[word]
        if codes and word.replace(".", "").isdigit():
            return UNKNOWN_CODE
        known = find_code(attribute, text) or other
        return UNKNOWN_CODE if known is None else known

    return convert


def _arm_convert(arms: Mapping[str, str], *, strict: bool) -> Convert:
    """Return a conversion by *arms*; the plan's own names stay what they are.

    Where it is not *strict*, or there are no arms, another word stays as the source spells it.
    """
    known = {fold_word(value): value for value in arms.values() if value}
    known |= {fold_word(word): value for word, value in arms.items()}

    def convert(text: str) -> str | Problem:
        value = known.get(fold_word(text))
        if value is None:
            return UNKNOWN_ARM if strict and arms else text
        return value

    return convert
