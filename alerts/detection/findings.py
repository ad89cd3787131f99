"""Findings: what is accepted and still looks wrong, said once to whoever keeps the data."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from operator import attrgetter
from typing import NamedTuple

from monitor.dates import last_day
from monitor.plan.case_rules import is_fatal
from monitor.records import AdverseEvent, Criterion, Outcome, PartialDate, Severity
from monitor.state.cell import MASK
from monitor.state.entities import Thing
from monitor.state.study import Study, SubjectState

TWIN_DAYS = 2
"""How far apart the onsets of two reports of one event may lie."""

TWINS_MAX = 8
"""Pairs that one record may be told of: a feed gone wild must not make the square of its cases."""

FATAL, GRADE_5, DEATH = Outcome.FATAL, Severity.FATAL, Criterion.DEATH
COUNTED = attrgetter("counted")


class Finding(StrEnum):
    """What is wrong.  None of it keeps a record out; all of it may change what is counted."""

    FATAL_NOT_SERIOUS = "fatal_not_serious"
    CONFLICT = "conflict"
    QUARANTINED = "quarantined"
    UNALLOCATED = "unallocated"
    ONSET_BEFORE_FIRST_DOSE = "onset_before_first_dose"
    LIKELY_DUPLICATES = "likely_duplicates"
    SILENT_SITE = "silent_site"

    @property
    def watch(self) -> str:
        """Under which name it is told, beside the watches and the rules."""
        return f"finding/{self.value}"


class Found(NamedTuple):
    """A finding, and what it is *about*: things (``system/id``), or a site and since when.

    The two name it: the same finding about the same is one, however often it is found.
    """

    finding: Finding
    about: str
    term: str


def is_suspect(study: Study, subject: SubjectState, thing: str) -> bool:
    """Whether the case *thing*, or a fact of that name, can have made any finding true.

    Asked for every record: it may say yes for nothing, and never no for something.
    """
    cases = subject.cases
    held = cases.get(thing)
    if held is None:
        return not all(map(COUNTED, cases.values()))
    case = held.body
    assert isinstance(case, AdverseEvent)
    return (
        not held.counted
        or case.outcome is FATAL
        or case.severity is GRADE_5
        or (bool(case.criteria) and DEATH in case.criteria)
        or (
            len(cases) > 1
            and not is_first_of_term(study, subject, held)
            and bool(twins(subject, thing, case))
        )
    )


def is_first_of_term(study: Study, subject: SubjectState, held: Thing) -> bool:
    """Whether the tables alone show that the subject has no other case of the term.

    Each case is counted in as many tables; if all are, and one of them under the term, it is
    the case at hand.
    """
    if study.collected:
        return False  # A case is not counted under a term before the term was asked for.
    term, _, everything, *_ = held.terms
    tables = 1 if len(study.periods) == 1 else 2
    same = counted = 0
    for counts in subject.counts.values():
        same += counts.get(term, 0) & MASK
        counted += counts.get(everything, 0) & MASK
    return same == tables and counted == tables * len(subject.cases)


def of_case(subject: SubjectState, thing: str, held: Thing) -> Iterator[Found]:
    """What is wrong with a live case of *subject*, by itself and beside the others."""
    case = held.body
    assert isinstance(case, AdverseEvent)
    if is_fatal(case) and not case.serious:
        yield Found(Finding.FATAL_NOT_SERIOUS, thing, case.preferred_term)
    yield from of_dates(subject, thing, held)
    for twin in twins(subject, thing, case)[:TWINS_MAX]:
        pair = " ".join(sorted((thing, twin)))
        yield Found(Finding.LIKELY_DUPLICATES, pair, case.preferred_term)


def of_dates(subject: SubjectState, thing: str, held: Thing) -> Iterator[Found]:
    """What is wrong with a case in the light of its subject's treatment."""
    case = held.body
    assert isinstance(case, AdverseEvent)
    if not held.counted and before_first_dose(subject, case):
        yield Found(Finding.ONSET_BEFORE_FIRST_DOSE, thing, case.preferred_term)


def before_first_dose(subject: SubjectState, case: AdverseEvent) -> bool:
    """Whether the event certainly began before the subject was given anything.

    Of a partial date that is so only if its last day is before.
    """
    if case.onset is None:
        return False
    onset = last_day(case.onset) if isinstance(case.onset, PartialDate) else case.onset
    given = [start for _, start in subject.starts] + [dose.first for dose in subject.doses]
    return bool(given) and onset < min(given)


def twins(subject: SubjectState, thing: str, case: AdverseEvent) -> list[str]:
    """The live cases of *subject* that may be the same event, by name.

    They have one preferred term, and onsets at most 2 days apart.  Only whole dates are
    compared: two cases of one month may well be two.
    """
    term, onset = case.preferred_term, case.onset
    if not isinstance(onset, int):
        return []
    found: list[str] = []
    for name, held in subject.cases.items():
        other = held.body
        assert isinstance(other, AdverseEvent)
        if other.preferred_term == term and name != thing and isinstance(other.onset, int):
            days_apart = abs(other.onset - onset)
            found += [name] if days_apart <= TWIN_DAYS else []
    return sorted(found)
