"""What an ingest found: problems grouped by kind, file and column, and never a value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from monitor.errors import MonitorError
from streams.sources.rows import Place

PLACES_SHOWN = 5
"""Rows that a group names, unless its problem lists more; it counts all of them."""


FILES_SHOWN = 3
"""Files whose groups of one problem and column are shown one by one."""


class UnreadableSource(MonitorError):
    """A file or folder cannot be read at all; the message names the problem and the remedy."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A kind of problem: its code, a sentence on what it is, and what happens or what to do.

    A finding's `remedy` says what the ingest decided; a refusal's says what the user has to do.
    Each reader and rule declares its own as constants; codes are unique.
    """

    code: str
    sentence: str
    remedy: str
    shown: int = PLACES_SHOWN
    """Rows that the report names."""


@dataclass(frozen=True, slots=True)
class Group:
    """The rows with one problem in one column of one file."""

    problem: Problem
    refused: bool
    file: str
    column: str
    count: int
    rows: tuple[int, ...]


@dataclass(slots=True)
class _Places:
    count: int = 0
    rows: list[int] = field(default_factory=list[int])


class IngestReport:
    """Collects findings, with which rows become records, and refusals, with which nothing does.

    Memory is bounded by the number of kinds, files and columns.
    """

    def __init__(self) -> None:
        self._groups: dict[tuple[Problem, bool, str, str], _Places] = {}

    def find(self, problem: Problem, place: Place, column: str = "") -> None:
        """Add a finding about the cell in *column* of the row at *place*."""
        self._add(problem, place, column, refused=False)

    def refuse(self, problem: Problem, place: Place, column: str = "") -> None:
        """Add a refusal: the ingest ends without an output once all rows are read."""
        self._add(problem, place, column, refused=True)

    def _add(self, problem: Problem, place: Place, column: str, *, refused: bool) -> None:
        places = self._groups.setdefault((problem, refused, place.file, column), _Places())
        places.count += 1
        if len(places.rows) < problem.shown:
            places.rows.append(place.row)

    @property
    def refused(self) -> bool:
        """Whether any row was refused."""
        return any(refused for _, refused, _, _ in self._groups)

    def groups(self) -> Iterator[Group]:
        """Yield the groups, refusals first, then in the order in which they were found."""
        for key in sorted(self._groups, key=lambda each: not each[1]):
            problem, refused, file, column = key
            places = self._groups[key]
            yield Group(problem, refused, file, column, places.count, tuple(places.rows))


def across_files(groups: Iterable[Group]) -> Iterator[Group]:
    """Yield *groups*, but those of one problem and column in many files as one.

    A folder of reports has a file a case: a line for each would hide every other problem.
    """
    alike: dict[tuple[Problem, bool, str], list[Group]] = {}
    for group in groups:
        alike.setdefault((group.problem, group.refused, group.column), []).append(group)
    for same in alike.values():
        if len(same) <= FILES_SHOWN:
            yield from same
            continue
        count = sum(group.count for group in same)
        files = f"{same[0].file} and {len(same) - 1} more files"
        yield replace(same[0], file=files, count=count)
