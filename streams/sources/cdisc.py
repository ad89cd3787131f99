"""What SDTM and ADaM share: how rows find their cells, code lists, and the criteria of seriousness.

A field of a row comes from the first of several columns that has a value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from streams.sources.codes import find_code
from streams.sources.report import IngestReport, Problem, UnreadableSource
from streams.sources.rows import SourceRow

UNKNOWN_TERM = Problem(
    "unknown_term",
    "a word is in none of the code lists of CDISC",
    "correct it in the source, or say what it means in [file.codes] of a mapping (--mapping)",
)
NO_SUBJECT = Problem(
    "no_usubjid",
    "a row names no subject",
    "give USUBJID in its source: nobody can know whom the row is about",
)

CRITERIA = {
    "AESDTH": "death",
    "AESLIFE": "life_threatening",
    "AESHOSP": "hospitalisation",
    "AESDISAB": "disability",
    "AESCONG": "congenital_anomaly",
    "AESMIE": "medically_important",
}
"""The seriousness criteria of ICH E2A, which do not include AESCAN and AESOD."""


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of one row, with the report to which their problems go."""

    row: SourceRow
    report: IngestReport

    def first(self, columns: Iterable[str]) -> str:
        """Return the first value among *columns*, "" where none has one."""
        cells = self.row.cells
        return next((cells[column] for column in columns if cells.get(column)), "")

    def code(self, field: str, columns: Iterable[str]) -> str:
        """Return the record's value of the coded *field*; a word in no list is refused."""
        for column in columns:
            text = self.row.cells.get(column, "")
            if not text:
                continue
            value = find_code(field, text)
            if value is None:
                self.report.refuse(UNKNOWN_TERM, self.row.place, column)
            return value or ""
        return ""

    def date(self, columns: Iterable[str]) -> str:
        """Return the first date among *columns*, without the parts that ADaM says it imputed."""
        for column in columns:
            if text := self.row.cells.get(column, ""):
                return known_part(text, self.row.cells.get(imputation_flag(column), ""))
        return ""

    def criteria(self) -> tuple[str, ...]:
        """Return the seriousness criteria that the row marks."""
        return tuple(
            name for column, name in CRITERIA.items() if self.code("serious", (column,)) == "yes"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Variables:
    """The columns of each field of a row, by how they are read; the first with a value counts."""

    texts: Mapping[str, tuple[str, ...]]
    dates: Mapping[str, tuple[str, ...]]
    codes: Mapping[str, tuple[str, ...]]

    def columns(self, field: str) -> tuple[str, ...]:
        """Return the columns of *field*, none where it has none."""
        return {**self.texts, **self.dates, **self.codes}.get(field, ())

    def values(self, cells: Cells) -> dict[str, Any]:
        """Return the value of every field in the row of *cells*, all texts."""
        return {
            **{field: cells.first(columns) for field, columns in self.texts.items()},
            **{field: cells.date(columns) for field, columns in self.dates.items()},
            **{field: cells.code(field, columns) for field, columns in self.codes.items()},
        }


def imputation_flag(column: str) -> str:
    """Return the column that flags imputed parts of the dates in *column*.

    >>> imputation_flag("ASTDT"), imputation_flag("TRTSDTM"), imputation_flag("AESTDTC")
    ('ASTDTF', 'TRTSDTF', '')
    """
    name = column.removesuffix("M")
    return f"{name}F" if name.endswith("DT") else ""


def known_part(text: str, flag: str) -> str:
    """Return what is known of the date *text*, of which ADaM imputed what *flag* says.

    >>> known_part("2014-03-01", "D"), known_part("2014-01-01", "M"), known_part("2014-03-01", "")
    ('2014-03', '2014', '2014-03-01')
    """
    known = {"D": text[:7], "M": text[:4], "Y": ""}
    return known.get(flag.upper(), text)


def check_columns(
    name: str, columns: Iterable[str], required: Mapping[str, tuple[str, ...]]
) -> None:
    """Raise `UnreadableSource` where none of the *required* columns of a field are in *columns*."""
    present = set(columns)
    missing = [" or ".join(each) for each in required.values() if present.isdisjoint(each)]
    if missing:
        raise UnreadableSource(
            f"{name} has no variable {', '.join(missing)}: export the data set again with it, or"
            " say which variable it is in a mapping (--mapping)"
        )
