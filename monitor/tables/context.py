"""Groups that depend on a dose or another case, and the cases that a record can affect."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from monitor.dates import impute
from monitor.exposure.doses import DoseCoverage, DosedDays
from monitor.exposure.person_time import DayRange
from monitor.records import AdverseEvent
from monitor.state.case_index import INDEXED_FROM, CaseIndex, PairCases
from monitor.state.entities import Entity
from monitor.state.study import Study, SubjectState
from monitor.terms import Group, fold_term


def onset_of(study: Study, subject: SubjectState, case: AdverseEvent) -> int | None:
    """Return the day of onset as an ordinal, a partial date imputed by the plan's rule.

    None where the onset is unknown.
    """
    onset = case.onset
    if onset is None or isinstance(onset, int):
        return onset
    return impute(onset, study.plan.partial_date_rule, first_treated_day(subject))


def first_treated_day(subject: SubjectState) -> int | None:
    """Return the first ordinal day of treatment in any period, or None."""
    return min((start for _, start in subject.period_starts), default=None)


def joined_groups(
    study: Study,
    subject: SubjectState,
    context_groups: tuple[tuple[int, Group], ...],
    entity_id: str,
    case: AdverseEvent,
    onset: int,
) -> tuple[int, ...]:
    """Return those of *context_groups* that the case joins because of a dose or another case."""
    return tuple(
        [
            number
            for number, group in context_groups
            if _has_context(study, subject, group, entity_id, case, onset)
        ]
    )


def _has_context(
    study: Study,
    subject: SubjectState,
    group: Group,
    entity_id: str,
    case: AdverseEvent,
    onset: int,
) -> bool:
    within_days, coverage = group.within_days_after_dose, subject.dose_coverage
    if within_days is not None and (coverage is None or not coverage.is_near(onset, within_days)):
        return False
    if group.term_pair is None:
        return True
    term = fold_term(case.preferred_term)
    if term in (group.preferred_terms or ()):
        return True
    pair_cases = (subject.pair_cases or {}).get(study.vocabulary.number_of(group.term))
    return pair_cases is not None and pair_cases.has_partner(
        group.term_pair, term, (onset, entity_id)
    )


def in_group(
    study: Study, subject: SubjectState, group: Group, entity_id: str, case: AdverseEvent
) -> bool:
    """Return whether the case is in *group*, by its own fields or with a dose or another case."""
    if not group.matches(case):
        return False
    if not group.needs_context(case):
        return True
    onset = onset_of(study, subject, case)
    return onset is not None and _has_context(study, subject, group, entity_id, case, onset)


def attach_case(study: Study, subject: SubjectState, entity_id: str, entity: Entity) -> set[str]:
    """Add an active case to its subject; return the cases whose partner it becomes."""
    subject.cases[entity_id] = entity
    study.spellings.note_case(entity_id, entity)
    case = entity.body
    assert isinstance(case, AdverseEvent)
    if subject.index is not None:
        onset, is_counted = onset_of(study, subject, case), entity.counted_versions > 0
        subject.index.add_case(entity_id, case, onset, is_counted=is_counted)
    elif len(subject.cases) > INDEXED_FROM:
        _build_index(study, subject)
    return (
        _update_pairs(study, subject, entity_id, case, add=True) if study.context_groups else set()
    )


def detach_case(
    study: Study, subject: SubjectState, entity_id: str, case: AdverseEvent
) -> set[str]:
    """Remove *case*, as it was attached, from the index; return the cases that lose a partner."""
    if subject.index is not None:
        subject.index.remove_case(entity_id, case, onset_of(study, subject, case))
    if not study.context_groups:
        return set()
    return _update_pairs(study, subject, entity_id, case, add=False)


def build_indexes(study: Study, subject: SubjectState) -> None:
    """Build what finds the subject's cases and their partners, from all its cases."""
    subject.index = subject.pair_cases = None
    if len(subject.cases) > INDEXED_FROM:
        _build_index(study, subject)
    if study.context_groups:
        for entity_id, entity in subject.cases.items():
            assert isinstance(entity.body, AdverseEvent)
            _update_pairs(study, subject, entity_id, entity.body, add=True)


def _build_index(study: Study, subject: SubjectState) -> None:
    index = subject.index = CaseIndex()
    for entity_id, entity in subject.cases.items():
        assert isinstance(entity.body, AdverseEvent)
        onset, contribution = onset_of(study, subject, entity.body), entity.contribution
        index.add_case(entity_id, entity.body, onset, is_counted=False)
        if contribution is not None:
            index.add_contribution(entity_id, contribution)


def _update_pairs(
    study: Study, subject: SubjectState, entity_id: str, case: AdverseEvent, *, add: bool
) -> set[str]:
    """Add or remove the case in the pairs of all groups; return the cases that it may affect."""
    affected: set[str] = set()
    for number, group in study.context_groups:
        pair = group.term_pair
        if pair is None:
            continue
        term, onset = fold_term(case.preferred_term), onset_of(study, subject, case)
        if onset is None or term not in pair or not group.matches(case):
            continue
        if subject.pair_cases is None:
            subject.pair_cases = {}
        pair_cases = subject.pair_cases.setdefault(number, PairCases())
        if not add:
            pair_cases.remove_case(pair, term, (onset, entity_id))
        affected.update(pair_cases.affected_ids(pair, term, (onset, entity_id)))
        if add:
            pair_cases.add_case(pair, term, (onset, entity_id))
    return affected


def update_doses(study: Study, subject: SubjectState) -> None:
    """Recompute the subject's doses, and the days near them where a group needs these."""
    subject.doses = study.doses_of(subject)
    subject.dose_coverage = (
        DoseCoverage.of(subject.doses) if study.context_groups and subject.doses else None
    )


def days_near_dose_only(study: Study, subject: SubjectState, dose: DosedDays) -> Iterator[DayRange]:
    """Yield the days that are near *dose* and near no dose of the subject, for each group."""
    coverage = subject.dose_coverage or DoseCoverage.of(())
    within = {group.within_days_after_dose for _, group in study.context_groups}
    for days in within:
        if days is not None:
            yield from coverage.ranges_not_near(dose, days)


def cases_within(study: Study, subject: SubjectState, ranges: Iterable[DayRange]) -> list[str]:
    """Return the ids of the subject's cases with an onset within *ranges* of days."""
    if subject.index is not None:
        return subject.index.ids_within(ranges)
    ranges = list(ranges)
    if not ranges or not subject.cases:
        return []
    found: list[str] = []
    for entity_id, entity in subject.cases.items():
        assert isinstance(entity.body, AdverseEvent)
        onset = onset_of(study, subject, entity.body)
        if onset is not None:
            for start, end in ranges:
                if start <= onset < end:
                    found.append(entity_id)
                    break
    return found
