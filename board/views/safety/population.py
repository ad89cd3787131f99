"""The subjects of one column of a safety report, as they are counted in it.

No type of this file has a field for a treatment or an arm, so that a report for blinded people can
be made of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from board.views.arms import Arm
from board.views.subject_rows import dispositions_of
from monitor.exposure.doses import DosedDays
from monitor.exposure.person_time import Spell
from monitor.plan.case_rules import is_fatal
from monitor.records import AdverseEvent, Disposition, Status, TermKind
from monitor.state.entities import Entity
from monitor.state.shown import shown_term
from monitor.state.study import Study, SubjectState
from monitor.tables.context import first_treated_day, onset_of


class SafetyCase(NamedTuple):
    """A case that counts; a term is None where it was not collected on the day of *onset*."""

    case_id: str
    version: int
    body: AdverseEvent
    onset: int | None
    preferred_term: str | None
    system_organ_class: str | None
    groups: tuple[str, ...]


class Death(NamedTuple):
    """A death: its ordinal day, None where it is unknown, and whether that is a day at risk."""

    day: int | None
    is_at_risk: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetySubject:
    """One subject; *start* is its first day of treatment in the study.

    Days at risk, days on treatment among them, *cases* and *death* are those that the column
    counts; *uncounted* are the other cases of a subject that all columns together leave out.
    *end* is the disposition of the study, or of the last period that the subject entered.
    """

    number: int
    name: str
    is_randomised: bool
    start: int | None
    days_at_risk: int
    days_on_treatment: int
    doses: tuple[DosedDays, ...]
    cases: tuple[SafetyCase, ...]
    uncounted: tuple[SafetyCase, ...]
    end: Disposition | None
    death: Death | None

    @property
    def all_cases(self) -> tuple[SafetyCase, ...]:
        """The cases that count, then those that no table counts."""
        return self.cases + self.uncounted


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """The subjects of a column, by name."""

    subjects: tuple[SafetySubject, ...]

    @property
    def exposed(self) -> int:
        """The number of subjects with a day at risk: the safety population."""
        return sum(subject.days_at_risk > 0 for subject in self.subjects)

    @property
    def person_days(self) -> int:
        """The days at risk of all subjects."""
        return sum(subject.days_at_risk for subject in self.subjects)

    @property
    def cases(self) -> Iterator[tuple[SafetySubject, SafetyCase]]:
        """Each case with its subject."""
        return ((subject, case) for subject in self.subjects for case in subject.cases)


def population_of(study: Study, arm: Arm) -> Population:
    """Return the subjects of *arm* as of now.

    An arm by treatment has those with a day at risk, a case or their death in it; an arm by
    randomisation has all of its subjects.
    """
    found = [
        subject
        for _, state in sorted(study.subjects.items())
        if (subject := _subject_of(study, state, arm)) is not None
    ]
    return Population(subjects=tuple(found))


def _subject_of(study: Study, state: SubjectState, arm: Arm) -> SafetySubject | None:
    if arm.randomised not in (None, state.allocated_arm):
        return None
    end_day = (study.as_of or 0) + 1
    spells = [
        spell._replace(end=min(spell.end, end_day))
        for spell in state.spells
        if spell.start < end_day and arm.counts(state, spell.period, spell.treatment)
    ]
    cases = tuple(
        safety_case(study, state, case_id, entity)
        for case_id, entity in state.cases.items()
        if entity.counted_versions and arm.counts(state, entity.period, entity.treatment)
    )
    death = _death_in(study, state, arm)
    by_treatment = (arm.period, arm.treatment) != (None, None)
    if by_treatment and not (spells or cases or death):
        return None
    return SafetySubject(
        number=state.number,
        name=state.name,
        is_randomised=state.allocated_arm is not None,
        start=first_treated_day(state),
        days_at_risk=sum(spell.end - spell.start for spell in spells),
        days_on_treatment=sum(_days_on_treatment(study, state, spell) for spell in spells),
        doses=state.doses,
        cases=cases,
        uncounted=tuple(
            safety_case(study, state, case_id, entity)
            for case_id, entity in state.cases.items()
            if not entity.counted_versions
        ),
        end=end_of(state, study.period_numbers),
        death=death,
    )


def _days_on_treatment(study: Study, state: SubjectState, spell: Spell) -> int:
    """Return the days of *spell* that a treatment of its own covers: the rest is the window."""
    covered: set[int] = set()
    for interval in study.treatment_intervals_of(state):
        if (interval.period, interval.treatment) == (spell.period, spell.treatment):
            covered |= set(range(max(interval.start, spell.start), min(interval.end, spell.end)))
    return len(covered)


def safety_case(study: Study, state: SubjectState, case_id: str, entity: Entity) -> SafetyCase:
    """Return a case with its terms: as they are shown where it counts, else as it has them."""
    body = entity.body
    assert isinstance(body, AdverseEvent)
    if not entity.counted_versions:
        onset = onset_of(study, state, body)
        names = body.preferred_term, body.system_organ_class
        return SafetyCase(case_id, entity.version, body, onset, *names, ())
    terms = [shown_term(study, number) for number in entity.terms]
    by_kind = {term.kind: term.name for term in terms}
    return SafetyCase(
        case_id,
        entity.version,
        body,
        entity.onset,
        by_kind.get(TermKind.PREFERRED_TERM),
        by_kind.get(TermKind.SYSTEM_ORGAN_CLASS),
        tuple(sorted(term.name for term in terms if term.kind is TermKind.GROUP)),
    )


def end_of(state: SubjectState, periods: Mapping[str, int]) -> Disposition | None:
    """Return the last disposition of the study, else that of the last period entered, else None.

    A subject who has completed a period and goes on in the next has no disposition yet.  *periods*
    has the number of each period.
    """
    dispositions = dispositions_of(state)
    of_study = [body for body in dispositions if body.period is None]
    last = {spell.period for spell in state.spells[-1:]}
    of_period = [body for body in dispositions if body.period and periods[body.period] in last]
    return (of_study or of_period or [None])[-1]


def _death_in(study: Study, state: SubjectState, arm: Arm) -> Death | None:
    """Return the death of a subject where *arm* counts it: on the day, or the last treatment."""
    if not has_died(state):
        return None
    day = death_day(study, state)
    before = [spell for spell in state.spells if day is None or spell.start <= day]
    if not before:
        is_any = (arm.period, arm.treatment) == (None, None)
        return Death(day, is_at_risk=False) if is_any else None
    last = before[-1]
    if not arm.counts(state, last.period, last.treatment):
        return None
    return Death(day, is_at_risk=day is not None and day < last.end)


def has_died(state: SubjectState) -> bool:
    """Return whether a disposition or a fatal case says that the subject died."""
    statuses = [body.status for body in dispositions_of(state)]
    return Status.DIED in statuses or any(map(_is_fatal_case, state.cases.values()))


def death_day(study: Study, state: SubjectState) -> int | None:
    """Return the day of death: of the first disposition, else the first onset of a fatal case."""
    days = [body.date for body in dispositions_of(state) if body.status is Status.DIED]
    if not days:
        bodies = [each.body for each in state.cases.values() if _is_fatal_case(each)]
        onsets = [onset_of(study, state, b) for b in bodies if isinstance(b, AdverseEvent)]
        days = [onset for onset in onsets if onset is not None]
    return min(days, default=None)


def _is_fatal_case(entity: Entity) -> bool:
    return isinstance(entity.body, AdverseEvent) and is_fatal(entity.body)
