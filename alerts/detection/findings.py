"""Data findings: accepted records that look wrong, reported once to the data managers."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from monitor.dates import last_day
from monitor.plan.case_rules import is_fatal
from monitor.records import AdverseEvent, Criterion, Outcome, PartialDate, Severity
from monitor.state.cell import COUNT_MASK
from monitor.state.entities import Entity
from monitor.state.study import Study, SubjectState
from monitor.terms import fold_term

DUPLICATE_ONSET_DAYS = 2
"""Largest difference, in days, of the onsets of two likely duplicates."""

DUPLICATES_MAX = 8
"""Largest number of pairs reported for one case, so that findings do not grow quadratically."""

FATAL, GRADE_5, DEATH = Outcome.FATAL, Severity.FATAL, Criterion.DEATH


class DataFinding(StrEnum):
    """Kind of a data finding.

    CONFLICT and QUARANTINED report records that were not folded; the other kinds exclude no record.
    """

    FATAL_NOT_SERIOUS = "fatal_not_serious"
    CONFLICT = "conflict"
    QUARANTINED = "quarantined"
    UNALLOCATED = "unallocated"
    ONSET_BEFORE_FIRST_DOSE = "onset_before_first_dose"
    LIKELY_DUPLICATES = "likely_duplicates"
    SILENT_SITE = "silent_site"
    AHEAD_OF_STUDY = "ahead_of_study"
    FIELD_LEFT_OUT = "field_left_out"
    DEATH_WITHOUT_CASE = "death_without_case"
    OVERLAPPING_TREATMENTS = "overlapping_treatments"

    @property
    def watch(self) -> str:
        """The watch name of the finding in its alerts."""
        return f"finding/{self.value}"


class FindingHit(NamedTuple):
    """A finding and what it is *about*: record ids (``system/id``), a site and day, or a reason.

    Finding and *about* determine the alert id, so a repeated hit raises no second alert.
    """

    finding: DataFinding
    about: str
    term: str


def may_have_findings(study: Study, subject: SubjectState, entity_id: str) -> bool:
    """Whether the record *entity_id* of *subject* can cause a finding.

    A cheap check for every record: it may return True without a finding, but never False where
    there is one.
    """
    cases = subject.cases
    entity = cases.get(entity_id)
    if entity is None:
        left = study.left_subject or subject
        return study.start_changed and (subject.has_uncounted_cases or left.has_uncounted_cases)
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
    """Whether the subject's counts alone show that it has no other case of the same term.

    Every counted case is in the same number of tables.  If all cases are counted and the term
    accounts for one case, that case is *entity*.
    """
    if study.collected_from or study.exempt_terms:
        return False  # A case on a day without collection or risk does not count under the term.
    term, _, any_term, *_ = entity.terms
    tables_per_case = 1 if len(study.period_numbers) == 1 else 2
    of_term = of_any_term = 0
    for counts in subject.counts.values():
        of_term += counts.get(term, 0) & COUNT_MASK
        of_any_term += counts.get(any_term, 0) & COUNT_MASK
    return of_term == tables_per_case and of_any_term == tables_per_case * len(subject.cases)


def case_findings(subject: SubjectState, case_id: str, entity: Entity) -> Iterator[FindingHit]:
    """Yield the findings in an active case of *subject*, alone and against its other cases."""
    case = entity.body
    assert isinstance(case, AdverseEvent)
    if is_fatal(case) and not case.serious:
        yield FindingHit(DataFinding.FATAL_NOT_SERIOUS, case_id, case.preferred_term)
    yield from date_findings(subject, case_id, entity)
    for duplicate in likely_duplicates(subject, case_id, case)[:DUPLICATES_MAX]:
        pair = " ".join(sorted((case_id, duplicate)))
        yield FindingHit(DataFinding.LIKELY_DUPLICATES, pair, case.preferred_term)


def date_findings(subject: SubjectState, case_id: str, entity: Entity) -> Iterator[FindingHit]:
    """Yield the findings that depend on the dates of the subject's treatment."""
    case = entity.body
    assert isinstance(case, AdverseEvent)
    if not entity.counted_versions and is_before_first_dose(subject, case):
        yield FindingHit(DataFinding.ONSET_BEFORE_FIRST_DOSE, case_id, case.preferred_term)


def is_before_first_dose(subject: SubjectState, case: AdverseEvent) -> bool:
    """Whether the onset is certainly before the subject's first treatment or dose.

    For a partial date, its last possible day must be before.
    """
    if case.onset is None:
        return False
    onset = last_day(case.onset) if isinstance(case.onset, PartialDate) else case.onset
    start = subject.start
    return start is not None and onset < start


def likely_duplicates(subject: SubjectState, case_id: str, case: AdverseEvent) -> list[str]:
    """The ids of active cases of *subject* that may report the same event as *case*, sorted.

    They have the same preferred term and an onset at most ``DUPLICATE_ONSET_DAYS`` away.  Partial
    dates are not compared: two cases in one month are often distinct.  Of a subject with many
    cases, only those are returned that can be reported.
    """
    term, onset = fold_term(case.preferred_term), case.onset
    if not isinstance(onset, int):
        return []
    if subject.index is not None:
        near = subject.index.ids_near(term, onset, DUPLICATE_ONSET_DAYS, DUPLICATES_MAX + 1)
        return sorted(name for name in near if name != case_id)
    duplicates: list[str] = []
    for other_id, entity in subject.cases.items():
        other = entity.body
        assert isinstance(other, AdverseEvent)
        if other_id != case_id and isinstance(other.onset, int):
            is_near = abs(other.onset - onset) <= DUPLICATE_ONSET_DAYS
            duplicates += [other_id] if is_near and fold_term(other.preferred_term) == term else []
    return sorted(duplicates)
