"""Follows the reactions of one case from report to report: what a later report drops is removed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from streams.sources.e2b import elements
from streams.sources.e2b.document import CaseReport
from streams.sources.e2b.rows import ReportRow, known_time
from streams.sources.rows import Place


class Version(NamedTuple):
    """A report as a version of its case."""

    place: Place
    case: CaseReport
    number: int


class CaseState:
    """The rows of a case that none of its reports so far has removed."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, ...], ReportRow] = {}
        self._removals = Counter[tuple[str, ...]]()

    def update(self, rows: Sequence[ReportRow], version: Version) -> Iterator[ReportRow]:
        """Yield what *version* removes of the case, then its own *rows*.

        A nullification removes its own rows too: an earlier ingest may have written them.  A
        removal is final, so a row that comes again later gets another key.
        """
        own = {row.key: self._named(row) for row in rows}
        is_nullified = version.case.nullification == elements.NULLIFICATION
        before = {**self._rows, **own} if is_nullified else self._rows
        self._rows = {} if is_nullified else own
        for key, row in before.items():
            if key not in self._rows:
                self._removals[key] += 1
                yield _removed(row, version)
        yield from self._rows.values()

    def _named(self, row: ReportRow) -> ReportRow:
        times = self._removals[row.key]
        return replace(row, key=(*row.key, f"again{times}")) if times else row


def _removed(row: ReportRow, version: Version) -> ReportRow:
    return replace(
        row,
        place=version.place,
        known=known_time(version.case),
        version=str(version.number),
        removed=True,
    )
