"""Days at risk by table and subject, counted in one pass over the subjects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from monitor.exposure.person_time import DayRange, days_outside, spell_on
from monitor.state.study import Study, SubjectState

ALL_PERIODS = "all"
"""Period name of the tables that sum over all periods."""

TableKey = tuple[str, str]
"""Period (or "all") and treatment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureRow:
    """Exposure to one treatment in one period; *cycles* counts administrations."""

    period: str
    treatment: str
    subjects: int
    cycles: int
    person_days: int


@dataclass(slots=True)
class TableExposure:
    """The days at risk that count in one table, as ``[start, end)`` by subject number.

    Days are ordinals and end with the as-of date; a subject without any is absent.  *cycles*
    counts administrations on days at risk, later ones too.
    """

    intervals: dict[int, list[tuple[int, int]]] = field(
        default_factory=dict[int, list[tuple[int, int]]]
    )
    cycles: int = 0
    person_days: int = 0

    @property
    def subjects(self) -> int:
        """The number of subjects with a day at risk."""
        return len(self.intervals)

    def add(self, subject: int, start: int, end: int) -> None:
        """Add days at risk of a subject."""
        self.person_days += end - start
        self.intervals.setdefault(subject, []).append((start, end))

    def outside(self, excluded: dict[int, tuple[DayRange, ...]]) -> TableExposure:
        """Return the days at risk that are not *excluded*, by subject number."""
        rest = TableExposure(cycles=self.cycles)
        for subject, intervals in self.intervals.items():
            for start, end in intervals:
                for first, after in days_outside(start, end, excluded.get(subject, ())):
                    rest.add(subject, first, after)
        return rest

    def since(self, day: int) -> tuple[int, int]:
        """Return subjects and person-days from the ordinal *day* on."""
        subjects = person_days = 0
        for intervals in self.intervals.values():
            days = sum(max(0, end - max(start, day)) for start, end in intervals)
            subjects += days > 0
            person_days += days
        return subjects, person_days

    def days_after(self, onsets: dict[int, int], day: int) -> int:
        """Return the person-days after each subject's onset, by subject number, from *day* on."""
        person_days = 0
        for subject, onset in onsets.items():
            for start, end in self.intervals.get(subject, ()):
                person_days += max(0, end - max(start, onset + 1, day))
        return person_days


def table_exposures(study: Study) -> list[TableExposure]:
    """Return the exposure of each table of *study*, by table number."""
    exposures = [TableExposure() for _ in study.tables]
    for subject in study.subjects.values():
        _add_subject(exposures, study, subject)
    return exposures


def _add_subject(exposures: list[TableExposure], study: Study, subject: SubjectState) -> None:
    end_day = (study.as_of or 0) + 1
    for spell in subject.spells:
        end = min(spell.end, end_day)
        if end > spell.start:
            for number in study.table_numbers(spell.period, spell.treatment):
                exposures[number].add(subject.number, spell.start, end)
    for dose in subject.doses:
        dosed = spell_on(dose.first, subject.spells)
        if dosed is not None:
            for number in study.table_numbers(dosed.period, dosed.treatment):
                exposures[number].cycles += 1


def table_keys(study: Study) -> Iterator[tuple[int, TableKey]]:
    """Yield each table's number with its key; those of all periods are last.

    With a single period, "all" has the number of that period.
    """
    treatment_count = len(study.treatment_numbers)
    for period, number in study.period_numbers.items():
        for treatment, arm in study.treatment_numbers.items():
            yield number * treatment_count + arm, (period, treatment)
    for treatment, arm in study.treatment_numbers.items():
        number = (
            len(study.period_numbers) * treatment_count + arm
            if len(study.period_numbers) > 1
            else arm
        )
        yield number, (ALL_PERIODS, treatment)


def exposure_row(study: Study, table_key: TableKey) -> ExposureRow:
    """Return subjects, administrations and person-days of one table as of now."""
    rows = {(row.period, row.treatment): row for row in exposure_rows(study)}
    return rows[table_key]


def exposure_rows(study: Study) -> Iterator[ExposureRow]:
    """Yield subjects, administrations and person-days of each table as of now."""
    exposures = table_exposures(study)
    for number, (period, treatment) in table_keys(study):
        exposure = exposures[number]
        yield ExposureRow(
            period=period,
            treatment=treatment,
            subjects=exposure.subjects,
            cycles=exposure.cycles,
            person_days=exposure.person_days,
        )
