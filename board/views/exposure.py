"""Exposure and counts of the tables of a study, each computed once for a view."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import isfinite

from monitor.evidence.evaluate import DAYS_PER_YEAR
from monitor.state.cell import Cell
from monitor.state.study import ActiveWatch, Study, SubjectState
from monitor.tables.exposure import ALL_PERIODS, ExposureRow, TableKey, exposure_rows, table_keys
from monitor.terms import Term


@dataclass(frozen=True)
class StudyTables:
    """The tables of *study* by period (or "all") and treatment, with their exposure."""

    study: Study

    @cached_property
    def numbers(self) -> dict[TableKey, int]:
        """The number of each table by its key."""
        return {key: number for number, key in table_keys(self.study)}

    @cached_property
    def exposure(self) -> dict[TableKey, ExposureRow]:
        """The exposure of each table by its key."""
        return {(row.period, row.treatment): row for row in exposure_rows(self.study)}

    def cell(self, key: TableKey, term: Term) -> Cell:
        """Return the counts of *term* in a table."""
        number = self.study.vocabulary.number_of(term)
        return self.study.tables[self.numbers[key]].get(number) or Cell()

    def person_years(self, key: TableKey) -> float:
        """Return the person-years at risk of a table."""
        return self.exposure[key].person_days / DAYS_PER_YEAR

    @cached_property
    def watches(self) -> dict[str, ActiveWatch]:
        """Every watch of the study by its id."""
        return self.study.watches_by_id

    @cached_property
    def subjects(self) -> dict[int, SubjectState]:
        """The subjects by their number."""
        return {subject.number: subject for subject in self.study.subjects.values()}

    @cached_property
    def total_person_years(self) -> float:
        """The person-years at risk of the whole study."""
        keys = [key for key in self.numbers if key[0] == ALL_PERIODS]
        return sum(self.person_years(key) for key in keys)


def finite(value: float | None) -> float | None:
    """Return *value*, or None where it is infinite or no number.

    >>> finite(float("inf")), finite(2.0)
    (None, 2.0)
    """
    return value if value is not None and isfinite(value) else None
