"""Rows of the rate tables: every cell with its exposure as of now."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from typing import NamedTuple

from monitor.exposure.person_time import DayRange
from monitor.state.cell import Cell
from monitor.state.entities import Contribution
from monitor.state.shown import shown_term
from monitor.state.study import Study
from monitor.stats.estimate import Estimate
from monitor.stats.garwood import DAYS_IN_100_YEARS, poisson_limits
from monitor.tables.exposure import table_exposures, table_keys
from monitor.terms import ANY, Term


class RateRow(NamedTuple):
    """One cell of the rate tables with its exposure.

    *person_days* are all days at risk since the term is collected; *person_days_to_first* end
    each subject's days with its first event, that day included.  *count_limits* are Garwood's
    limits of the expected number of events.
    """

    period: str
    treatment: str
    term: Term
    cell: Cell
    subjects_exposed: int
    person_days: int
    person_days_to_first: int
    count_limits: tuple[float, float]

    @property
    def rate(self) -> Estimate:
        """Events per 100 patient-years with Garwood's limits; value None without person-time."""
        if not self.person_days:
            return Estimate(None, 0.0, inf)
        low, high = self.count_limits
        time = self.person_days / DAYS_IN_100_YEARS
        return Estimate(self.cell.events / time, low / time, high / time)


class CountLimits:
    """Garwood's limits of counts, each computed once: most rows have the same few counts."""

    def __init__(self) -> None:
        """Begin without limits."""
        self._by_count: dict[int, tuple[float, float]] = {}

    def of(self, events: int) -> tuple[float, float]:
        """Return the limits of the expected number of *events*."""
        limits = self._by_count.get(events)
        if limits is None:
            limits = self._by_count[events] = poisson_limits(events)
        return limits


def rate_rows(study: Study) -> Iterator[RateRow]:
    """Yield every term that has an event in any table, for every table with exposed subjects.

    Cells without events are included, since zero events in known person-time is a result, and "any"
    and the plan's groups.  Before the first day at risk, a table has only the rows with events.
    """
    onsets, exposures, exempt_days = (
        first_onsets(study),
        table_exposures(study),
        exempt_days_by_term(study),
    )
    shown_terms, count_limits = shown_terms_of_tables(study), CountLimits()
    ordered_terms = sorted(shown_terms, key=shown_terms.__getitem__)
    for number, (period, treatment) in table_keys(study):
        all_exposure, table = exposures[number], study.tables[number]
        for term in ordered_terms:
            cell, exposure = table.get(term) or Cell(), all_exposure
            if not (exposure.subjects or cell.events):
                continue
            if term in exempt_days:
                exposure = exposure.outside(exempt_days[term])
            collected_from = study.collected_from.get(term, 0)
            subjects, person_days = exposure.subjects, exposure.person_days
            if collected_from:
                subjects, person_days = exposure.since(collected_from)
            days_after_first = exposure.days_after(onsets[number].get(term, {}), collected_from)
            yield RateRow(
                period=period,
                treatment=treatment,
                term=shown_terms[term],
                cell=cell,
                subjects_exposed=subjects,
                person_days=person_days,
                person_days_to_first=person_days - days_after_first,
                count_limits=count_limits.of(cell.events),
            )


def exempt_days_by_term(study: Study) -> dict[int, dict[int, tuple[DayRange, ...]]]:
    """Return the days on which subjects are not at risk, by term number and subject number."""
    days: dict[int, dict[int, tuple[DayRange, ...]]] = {}
    if study.exempt_terms:
        for subject in study.subjects.values():
            for term, ranges in (subject.exempt_days or {}).items():
                days.setdefault(term, {})[subject.number] = ranges
    return days


def shown_terms_of_tables(study: Study) -> dict[int, Term]:
    """Return the terms of the tables as they are shown, by number: see `rate_rows`."""
    terms = study.vocabulary
    numbers = {terms.number_of(ANY), *(terms.number_of(group.term) for group in study.plan.groups)}
    for table in study.tables:
        numbers.update(term for term, cell in table.items() if cell.events)
    return {number: shown_term(study, number) for number in numbers}


def first_onsets(study: Study) -> list[dict[int, dict[int, int]]]:
    """Return each subject's first onset, by table number, then term number and subject number."""
    onsets: list[dict[int, dict[int, int]]] = [{} for _ in study.tables]
    for subject in study.subjects.values():
        contributions = [
            contribution
            for entity in subject.cases.values()
            if (contribution := entity.contribution) is not None
        ]
        # From the last onset to the first, which so replaces all others.
        contributions.sort(key=_onset, reverse=True)
        for contribution in contributions:
            for number in study.table_numbers(contribution.period, contribution.treatment):
                onsets_by_term = onsets[number]
                for term in contribution.terms:
                    onsets_by_subject = onsets_by_term.get(term)
                    if onsets_by_subject is None:
                        onsets_by_subject = onsets_by_term[term] = {}
                    onsets_by_subject[subject.number] = contribution.onset
    return onsets


def _onset(contribution: Contribution) -> int:
    return contribution.onset
