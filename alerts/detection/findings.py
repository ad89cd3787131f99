"""Findings: what is accepted and still looks wrong, said once to whoever keeps the data."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from operator import attrgetter
from typing import NamedTuple

from monitor.dates import last_day
from monitor.plan.case_rules import is_fatal
from monitor.records import AdverseEvent, Criterion, Outcome, PartialDate, Severity
from monitor.state.cell import COUNT_MASK
from monitor.state.entities import Entity
from monitor.state.study import Study, SubjectState

DUPLICATE_ONSET_DAYS = 2
"""How far apart the onsets of two reports of one event may lie."""

DUPLICATES_MAX = 8
"""Pairs that one record may be told of: a feed gone wild must not make the square of its cases."""

FATAL, GRADE_5, DEATH = Outcome.FATAL, Severity.FATAL, Criterion.DEATH
IS_COUNTED = attrgetter("counted_versions")


class DataFinding(StrEnum):
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


class FindingHit(NamedTuple):
    """A finding, and what it is *about*: things (``system/id``), or a site and since when.

    The two name it: the same finding about the same is one, however often it is found.
    """

    finding: DataFinding
    about: str
    term: str


def may_have_findings(study: Study, subject: SubjectState, entity_id: str) -> bool:
    """Whether the case *thing*, or a fact of that name, can have made any finding true.

    Asked for every record: it may say yes for nothing, and never no for something.
    """
    cases = subject.cases
    entity = cases.get(entity_id)
    if entity is None:
        return not all(map(IS_COUNTED, cases.values()))
    case = entity.body
    assert isinstance(case, AdverseEvent)
    return (
        not entity.counted_versions
        or case.outcome is FATAL
        or case.severity is GRADE_5
        or (bool(case.criteria) and DEATH in case.criteria)
        or (
            len(cases) > 1
            and not is_only_case_of_term(study, subject, entity)
            and bool(likely_duplicates(subject, entity_id, case))
        )
    )


def is_only_case_of_term(study: Study, subject: SubjectState, entity: Entity) -> bool:
    """Whether the tables alone show that the subject has no other case of the term.

    Each case is counted in as many tables; if all are, and one of them under the term, it is
    the case at hand.
    """
    if study.collected_from:
        return False  # A case is not counted under a term before the term was asked for.
    term, _, any_term, *_ = entity.terms
    tables_per_case = 1 if len(study.period_numbers) == 1 else 2
    of_term = of_any_term = 0
    for counts in subject.counts.values():
        of_term += counts.get(term, 0) & COUNT_MASK
        of_any_term += counts.get(any_term, 0) & COUNT_MASK
    return of_term == tables_per_case and of_any_term == tables_per_case * len(subject.cases)


def case_findings(subject: SubjectState, case_id: str, entity: Entity) -> Iterator[FindingHit]:
    """What is wrong with a live case of *subject*, by itself and beside the others."""
    case = entity.body
    assert isinstance(case, AdverseEvent)
    if is_fatal(case) and not case.serious:
        yield FindingHit(DataFinding.FATAL_NOT_SERIOUS, case_id, case.preferred_term)
    yield from date_findings(subject, case_id, entity)
    for duplicate in likely_duplicates(subject, case_id, case)[:DUPLICATES_MAX]:
        pair = " ".join(sorted((case_id, duplicate)))
        yield FindingHit(DataFinding.LIKELY_DUPLICATES, pair, case.preferred_term)


def date_findings(subject: SubjectState, case_id: str, entity: Entity) -> Iterator[FindingHit]:
    """What is wrong with a case in the light of its subject's treatment."""
    case = entity.body
    assert isinstance(case, AdverseEvent)
    if not entity.counted_versions and is_before_first_dose(subject, case):
        yield FindingHit(DataFinding.ONSET_BEFORE_FIRST_DOSE, case_id, case.preferred_term)


def is_before_first_dose(subject: SubjectState, case: AdverseEvent) -> bool:
    """Whether the event certainly began before the subject was given anything.

    Of a partial date that is so only if its last day is before.
    """
    if case.onset is None:
        return False
    onset = last_day(case.onset) if isinstance(case.onset, PartialDate) else case.onset
    treatment_days = [start for _, start in subject.period_starts] + [
        dose.first for dose in subject.doses
    ]
    return bool(treatment_days) and onset < min(treatment_days)


def likely_duplicates(subject: SubjectState, case_id: str, case: AdverseEvent) -> list[str]:
    """The live cases of *subject* that may be the same event, by name.

    They have one preferred term, and onsets at most 2 days apart.  Only whole dates are
    compared: two cases of one month may well be two.
    """
    term, onset = case.preferred_term, case.onset
    if not isinstance(onset, int):
        return []
    duplicates: list[str] = []
    for other_id, entity in subject.cases.items():
        other = entity.body
        assert isinstance(other, AdverseEvent)
        if other.preferred_term == term and other_id != case_id and isinstance(other.onset, int):
            days_apart = abs(other.onset - onset)
            duplicates += [other_id] if days_apart <= DUPLICATE_ONSET_DAYS else []
    return sorted(duplicates)
