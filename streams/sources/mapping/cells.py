"""The cells of a row as a mapping sees them, and the refusal of one that has no value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from unicodedata import normalize

from streams.sources.report import Problem

Convert = Callable[[str], str | Problem]
"""Turns the text of a cell into the value of a field, or says why it cannot."""


class CellRefused(Exception):
    """A cell has no value that a record can hold."""

    def __init__(self, problem: Problem, column: str) -> None:
        super().__init__(problem.sentence)
        self.problem = problem
        self.column = column


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of one row as a mapping sees them: trimmed, in NFC, "" where they say nothing."""

    by_column: dict[str, str]
    missing: frozenset[str]

    def text(self, column: str) -> str:
        """Return the text in *column*; "" where there is no such cell."""
        text = trimmed(self.by_column, column)
        return "" if text in self.missing else text


def trimmed(cells: dict[str, str], column: str) -> str:
    """Return the text in *column* in NFC without outer white space; "" where there is none."""
    text = cells.get(column, "").strip()
    return text if text.isascii() else normalize("NFC", text)


def converted(convert: Convert, text: str, column: str) -> str:
    """Return *text* converted; raises `CellRefused` for *column* where it cannot be."""
    value = convert(text)
    if isinstance(value, Problem):
        raise CellRefused(value, column)
    return value
