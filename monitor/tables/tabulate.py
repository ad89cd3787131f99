"""Reading the tables out: every cell with its exposure, every comparison of arms, the flow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

from monitor.exposure.person_time import spell_on
from monitor.state.cell import Cell
from monitor.state.study import Study, SubjectState
from monitor.stats.estimate import Estimate
from monitor.stats.garwood import DAYS_IN_100_YEARS, garwood
from monitor.terms import ANY, Term

ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One cell of the rate tables with the time that its events had to happen in."""

    period: str
    treatment: str
    term: Term
    cell: Cell
    subjects_exposed: int
    person_days: int
    person_days_to_first: int

    @property
    def rate(self) -> Estimate:
        """Events per 100 patient-years with Garwood's limits; no value without time at risk."""
        if not self.person_days:
            return Estimate(None, 0.0, inf)
        return garwood(self.cell.events, self.person_days / DAYS_IN_100_YEARS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposed:
    """Exposure to one treatment in one period; *cycles* are administrations."""

    period: str
    treatment: str
    subjects: int
    cycles: int
    person_days: int


Slot = tuple[str, str]


def slots(study: Study) -> Iterator[tuple[int, Slot]]:
    """Each table's number with its (period, treatment); "all" comes last."""
    width = len(study.treatments)
    for period, number in study.periods.items():
        for treatment, arm in study.treatments.items():
            yield number * width + arm, (period, treatment)
    for treatment, arm in study.treatments.items():
        number = len(study.periods) * width + arm if len(study.periods) > 1 else arm
        yield number, (ALL, treatment)


def rows(study: Study) -> Iterator[Row]:
    """Every term that appears anywhere, for every (period, treatment) with exposure.

    Empty cells are there too: "none seen in 80 patient-years" is a finding.
    """
    onsets = first_onsets(study)
    by_number = {subject.number: subject for subject in study.subjects.values()}
    names = study.vocabulary
    always = {names.number(ANY), *(names.number(group.term) for group in study.plan.groups)}
    seen = {term for table in study.tables for term, cell in table.items() if cell.events}
    ordered = sorted(always | seen, key=names.__getitem__)
    for number, slot in slots(study):
        exposed = exposure(study, slot)
        for term in ordered if exposed.subjects else ():
            since = study.collected.get(term, 0)
            subjects, days = exposed.subjects, exposed.person_days
            if since:
                subjects, days = collected_exposure(study, slot, since)
            later = sum(
                max(0, end - max(start, onset + 1))
                for subject, onset in onsets.get((number, term), {}).items()
                for start, end in spans(study, slot, by_number[subject], since)
            )
            yield Row(
                period=slot[0],
                treatment=slot[1],
                term=names[term],
                cell=study.tables[number].get(term) or Cell(),
                subjects_exposed=subjects,
                person_days=days,
                person_days_to_first=days - later,
            )


def _in_slot(study: Study, slot: Slot, period: int, treatment: int) -> bool:
    return study.treatments[slot[1]] == treatment and (
        slot[0] == ALL or study.periods[slot[0]] == period
    )


def spans(study: Study, slot: Slot, subject: SubjectState, since: int) -> Iterator[tuple[int, int]]:
    """The subject's days in *slot*, from *since* to the as-of date, as ``[start, end)``."""
    until = (study.as_of or 0) + 1
    for spell in subject.spells:
        if _in_slot(study, slot, spell.period, spell.treatment):
            start, end = max(spell.start, since), min(spell.end, until)
            if end > start:
                yield start, end


def exposure(study: Study, slot: Slot) -> Exposed:
    """Subjects, administrations and person-days of one slot as of now."""
    subjects = cycles = days = 0
    for subject in study.subjects.values():
        span = list(spans(study, slot, subject, 0))
        subjects += bool(span)
        days += sum(end - start for start, end in span)
        for dose in subject.doses:
            spell = spell_on(dose.first, subject.spells)
            cycles += bool(spell) and _in_slot(study, slot, spell.period, spell.treatment)
    return Exposed(
        period=slot[0], treatment=slot[1], subjects=subjects, cycles=cycles, person_days=days
    )


def collected_exposure(study: Study, slot: Slot, since: int) -> tuple[int, int]:
    """Subjects and person-days of *slot* since a term is collected."""
    each = [sum(e - s for s, e in spans(study, slot, x, since)) for x in study.subjects.values()]
    return sum(days > 0 for days in each), sum(each)


def first_onsets(study: Study) -> dict[tuple[int, int], dict[int, int]]:
    """Each subject's first onset, by table number and term."""
    found: dict[tuple[int, int], dict[int, int]] = {}
    for subject in study.subjects.values():
        places = [held.place for held in subject.cases.values() if held.place]
        for place in sorted(places, key=lambda place: place.onset):
            for number in study.table_numbers(place.period, place.treatment):
                for term in place.terms:
                    found.setdefault((number, term), {}).setdefault(subject.number, place.onset)
    return found
