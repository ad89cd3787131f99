"""Rows of the rate tables: every cell with its exposure as of now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

from monitor.exposure.person_time import Spell, spell_on
from monitor.state.cell import Cell
from monitor.state.shown import shown_term
from monitor.state.study import Study, SubjectState
from monitor.stats.estimate import Estimate
from monitor.stats.garwood import DAYS_IN_100_YEARS, garwood
from monitor.terms import ANY, Term

ALL_PERIODS = "all"
"""Period name of the tables that sum over all periods."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateRow:
    """One cell of the rate tables with its exposure.

    *person_days* are all days at risk since the term is collected; *person_days_to_first* end
    each subject's days with its first event, that day included.
    """

    period: str
    treatment: str
    term: Term
    cell: Cell
    subjects_exposed: int
    person_days: int
    person_days_to_first: int

    @property
    def rate(self) -> Estimate:
        """Events per 100 patient-years with Garwood's limits; value None without person-time."""
        if not self.person_days:
            return Estimate(None, 0.0, inf)
        return garwood(self.cell.events, self.person_days / DAYS_IN_100_YEARS)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureRow:
    """Exposure to one treatment in one period; *cycles* counts administrations."""

    period: str
    treatment: str
    subjects: int
    cycles: int
    person_days: int


TableKey = tuple[str, str]
"""Period (or "all") and treatment."""


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


def rate_rows(study: Study) -> Iterator[RateRow]:
    """Yield every term that has an event in any table, for every table with exposed subjects.

    Cells without events are included, since zero events in known person-time is a result, and "any"
    and the plan's groups.  Before the first day at risk, a table has only the rows with events.
    """
    onsets = first_onsets(study)
    terms = study.vocabulary
    always = {terms.number_of(ANY), *(terms.number_of(group.term) for group in study.plan.groups)}
    seen_terms = {term for table in study.tables for term, cell in table.items() if cell.events}
    shown_terms = {term: shown_term(study, term) for term in always | seen_terms}
    ordered_terms = sorted(shown_terms, key=shown_terms.__getitem__)
    for number, table_key in table_keys(study):
        table_exposure = exposure_row(study, table_key)
        intervals_of = {
            subject.number: list(intervals_in_table(study, table_key, subject, 0))
            for subject in study.subjects.values()
        }
        for term in ordered_terms:
            cell = study.tables[number].get(term) or Cell()
            if not (table_exposure.subjects or cell.events):
                continue
            collected_from = study.collected_from.get(term, 0)
            subjects, person_days = table_exposure.subjects, table_exposure.person_days
            if collected_from:
                subjects, person_days = exposure_since_collection(study, table_key, collected_from)
            days_after_first = sum(
                max(0, end - max(start, onset + 1, collected_from))
                for subject, onset in onsets.get((number, term), {}).items()
                for start, end in intervals_of[subject]
            )
            yield RateRow(
                period=table_key[0],
                treatment=table_key[1],
                term=shown_terms[term],
                cell=cell,
                subjects_exposed=subjects,
                person_days=person_days,
                person_days_to_first=person_days - days_after_first,
            )


def spells_in_table(study: Study, table_key: TableKey, subject: SubjectState) -> list[Spell]:
    """Return the subject's spells that count in a table."""
    arm, period = study.treatment_numbers[table_key[1]], study.period_numbers.get(table_key[0])
    is_of_all = table_key[0] == ALL_PERIODS
    return [
        spell
        for spell in subject.spells
        if spell.treatment == arm and (is_of_all or spell.period == period)
    ]


def intervals_in_table(
    study: Study, table_key: TableKey, subject: SubjectState, from_day: int
) -> Iterator[tuple[int, int]]:
    """Yield the subject's days at risk in a table as ``[start, end)``, ordinals.

    They begin no earlier than *from_day*, and end with the as-of date.
    """
    end_day = (study.as_of or 0) + 1
    for spell in spells_in_table(study, table_key, subject):
        start, end = max(spell.start, from_day), min(spell.end, end_day)
        if end > start:
            yield start, end


def exposure_row(study: Study, table_key: TableKey) -> ExposureRow:
    """Return subjects, administrations and person-days of one table as of now."""
    subjects = cycles = person_days = 0
    for subject in study.subjects.values():
        intervals = list(intervals_in_table(study, table_key, subject, 0))
        subjects += bool(intervals)
        person_days += sum(end - start for start, end in intervals)
        if spells := tuple(spells_in_table(study, table_key, subject)):
            cycles += sum(spell_on(dose.first, spells) is not None for dose in subject.doses)
    return ExposureRow(
        period=table_key[0],
        treatment=table_key[1],
        subjects=subjects,
        cycles=cycles,
        person_days=person_days,
    )


def exposure_since_collection(
    study: Study, table_key: TableKey, collected_from: int
) -> tuple[int, int]:
    """Return subjects and person-days of a table from the day *collected_from* on."""
    days_by_subject = [
        sum(e - s for s, e in intervals_in_table(study, table_key, x, collected_from))
        for x in study.subjects.values()
    ]
    return sum(days > 0 for days in days_by_subject), sum(days_by_subject)


def first_onsets(study: Study) -> dict[tuple[int, int], dict[int, int]]:
    """Return each subject's first onset, by (table number, term number) and subject number."""
    onsets: dict[tuple[int, int], dict[int, int]] = {}
    for subject in study.subjects.values():
        contributions = [
            entity.contribution for entity in subject.cases.values() if entity.contribution
        ]
        for contribution in sorted(contributions, key=lambda contribution: contribution.onset):
            for number in study.table_numbers(contribution.period, contribution.treatment):
                for term in contribution.terms:
                    onsets.setdefault((number, term), {}).setdefault(
                        subject.number, contribution.onset
                    )
    return onsets
