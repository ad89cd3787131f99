"""Reads the value of one field from the cells of a row, in each of the ways a mapping can name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from streams.sources.mapping.cells import CellRefused, Cells, Convert, converted
from streams.sources.mapping.dates import UNKNOWN_PART_PATTERN, join_parts, month_number
from streams.sources.mapping.problems import BAD_DATE_PART
from streams.sources.report import Problem


class ValueSource(Protocol):
    """One way to a value."""

    @property
    def columns(self) -> Sequence[str]:
        """The columns that it reads."""
        ...

    def value(self, cells: Cells) -> str:
        """Return the value in *cells*; raises `CellRefused`."""
        ...


@dataclass(frozen=True, slots=True)
class FirstColumn:
    """The first of *columns* that has a value."""

    columns: Sequence[str]
    convert: Convert

    def value(self, cells: Cells) -> str:
        """Return the converted text of the first cell that has one."""
        for column in self.columns:
            if text := cells.text(column):
                return converted(self.convert, text, column)
        return ""


@dataclass(frozen=True, slots=True)
class Strongest:
    """The strongest of the codes of *columns*, by the order of *ranks*."""

    columns: Sequence[str]
    convert: Convert
    ranks: Sequence[str]

    def value(self, cells: Cells) -> str:
        """Return the strongest converted code; "" where no cell has one."""
        texts = [(cells.text(column), column) for column in self.columns]
        codes = [converted(self.convert, text, column) for text, column in texts if text]
        return max(filter(None, codes), key=self.ranks.index, default="")


@dataclass(frozen=True, slots=True)
class Constant:
    """The same value in every row."""

    text: str
    columns: Sequence[str] = ()

    def value(self, cells: Cells) -> str:
        """Return the constant."""
        return self.text


@dataclass(frozen=True, slots=True)
class Required:
    """A value that must not be empty; *problem* says so."""

    source: ValueSource
    problem: Problem

    @property
    def columns(self) -> Sequence[str]:
        """The columns of the source."""
        return self.source.columns

    def value(self, cells: Cells) -> str:
        """Return the value of the source; raises `CellRefused` where it is empty."""
        value = self.source.value(cells)
        if not value:
            raise CellRefused(self.problem, ", ".join(self.columns))
        return value


@dataclass(frozen=True, slots=True)
class Criteria:
    """The seriousness criteria that a row meets, each with a column of its own."""

    column_by_criterion: dict[str, str]
    convert: Convert

    @property
    def columns(self) -> Sequence[str]:
        """The columns of all criteria."""
        return list(self.column_by_criterion.values())

    def value(self, cells: Cells) -> tuple[str, ...]:
        """Return the criteria whose column says yes."""
        return tuple(
            criterion
            for criterion, column in self.column_by_criterion.items()
            if (text := cells.text(column)) and converted(self.convert, text, column) == "yes"
        )


@dataclass(frozen=True, slots=True)
class DateParts:
    """A date whose year, month and day stand in *columns*; the first that is unknown ends it."""

    columns: Sequence[str]

    def value(self, cells: Cells) -> str:
        """Return the ISO date, partial where a part is unknown."""
        year, month, day = (self._part(cells, index) for index in range(3))
        return join_parts(year, month, day)

    def _part(self, cells: Cells, index: int) -> str:
        if index >= len(self.columns):
            return ""
        text = cells.text(self.columns[index]).removesuffix(".0")
        if not text or UNKNOWN_PART_PATTERN.fullmatch(text):
            return ""
        number = month_number(text) if index == 1 else _digits(text, 4 if index == 0 else 2)
        if number is None:
            raise CellRefused(BAD_DATE_PART, self.columns[index])
        return number


def _digits(text: str, length: int) -> str | None:
    if not (text.isascii() and text.isdecimal() and len(text) <= length):
        return None
    return text.zfill(length) if length == 2 or len(text) == 4 else None
