"""Moves an entity within its subject or to another, and recounts the cases that it can affect."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from monitor.dates import Imputation
from monitor.evidence.active_watches import update_exposure
from monitor.exposure.doses import DoseCoverage, DosedDays
from monitor.exposure.person_time import changed_days
from monitor.records import AdverseEvent, Body, Disposition, Dose, NotAtRisk, Subject, Treatment
from monitor.state.entities import Entity
from monitor.state.study import Study, SubjectState
from monitor.tables.bulk import BULK_FROM, update_many
from monitor.tables.context import (
    attach_case,
    build_indexes,
    cases_within,
    days_near_dose_only,
    detach_case,
    first_treated_day,
    update_doses,
)
from monitor.tables.counting import remove_contribution, update_contribution, update_first_event

SUBJECT_BODIES = (AdverseEvent, Subject, Treatment, Dose, Disposition, NotAtRisk)
"""Bodies that belong to a subject: cases, and facts that affect its days at risk."""

PreviousPlace = tuple[Body, SubjectState]
"""Body of an entity before a record, and the subject under which it counted if it was active."""


def add_to_subject(subject: SubjectState, entity_id: str, entity: Entity) -> None:
    """Add an active entity to its subject, without counting anything."""
    if isinstance(entity.body, AdverseEvent):
        subject.cases[entity_id] = entity
    elif isinstance(entity.body, Dose):
        if subject.administrations is None:
            subject.administrations = {}
        subject.administrations[entity_id] = entity
    else:
        subject.facts[entity_id] = entity


def move_entity(
    study: Study,
    entity_id: str,
    entity: Entity,
    subject: SubjectState,
    previous: PreviousPlace | None,
) -> None:
    """Count *entity* by its latest version under *subject* if it is active, and not as before."""
    is_active = study.entities.is_active(entity_id)
    if previous is not None and previous[1] is not subject:
        study.left_subject = previous[1]
    if isinstance(entity.body, AdverseEvent):
        _move_case(study, entity_id, entity, subject if is_active else None, previous)
        return
    left = study.left_subject
    before = _start_of(study, subject), left and _start_of(study, left)
    if isinstance(entity.body, Dose):
        _move_dose(study, entity_id, entity, subject if is_active else None, previous)
    else:
        if previous is not None and (previous[1] is not subject or not is_active):
            previous[1].facts.pop(entity_id, None)
            _refresh_exposure(study, previous[1])
        if is_active:
            add_to_subject(subject, entity_id, entity)
            _refresh_exposure(study, subject)
    after = _start_of(study, subject), left and _start_of(study, left)
    study.start_changed = before != after


def _start_of(study: Study, subject: SubjectState) -> tuple[int | None, bool]:
    """Return the first day of treatment of the subject, and whether it has no allocation."""
    return subject.start, study.is_unallocated(subject)


def update_contributions(study: Study, subject: SubjectState, entity_ids: Iterable[str]) -> None:
    """Update the contributions of the subject's cases with *entity_ids*."""
    names = list(entity_ids)
    if subject.index is not None and len(names) >= BULK_FROM:
        update_many(study, subject, subject.index, names)
        return
    for entity_id in names:
        update_contribution(study, subject, entity_id, subject.cases[entity_id])


def _update_affected(study: Study, subject: SubjectState, entity_ids: set[str]) -> None:
    """Update cases that another record may have brought into a group or out of it."""
    affected = sorted(entity_ids & subject.cases.keys())
    study.context_changes.update(affected)
    update_contributions(study, subject, affected)


def _move_case(
    study: Study,
    entity_id: str,
    entity: Entity,
    subject: SubjectState | None,
    previous: PreviousPlace | None,
) -> None:
    """Move a case to *subject*, or to none where it is not active any more."""
    affected: set[str] = set()
    if previous is not None and entity_id in previous[1].cases:
        old_body, old_subject = previous
        assert isinstance(old_body, AdverseEvent)
        if old_subject is not subject:
            remove_contribution(study, old_subject, entity_id, entity)
        affected = detach_case(study, old_subject, entity_id, old_body)
        if old_subject is not subject:
            del old_subject.cases[entity_id]
            _update_affected(study, old_subject, affected)
            affected = set()
    if subject is not None:
        affected |= attach_case(study, subject, entity_id, entity)
        update_contribution(study, subject, entity_id, entity)
        if affected:
            _update_affected(study, subject, affected)


def _move_dose(
    study: Study,
    entity_id: str,
    entity: Entity,
    subject: SubjectState | None,
    previous: PreviousPlace | None,
) -> None:
    """Move an administration to *subject*, or to none; it changes no day at risk.

    Rebuilding the doses from all facts would make n administrations cost n squared.
    """
    affected: set[str] = set()
    if previous is not None and entity_id in (previous[1].administrations or ()):
        old_body, old_subject = previous
        assert isinstance(old_body, Dose) and old_subject.administrations is not None
        del old_subject.administrations[entity_id]
        update_doses(study, old_subject)
        affected = _cases_near_dose_only(study, old_subject, old_body)
        if old_subject is not subject:
            _update_affected(study, old_subject, affected)
            affected = set()
    if subject is not None:
        assert isinstance(entity.body, Dose)
        affected |= _cases_near_dose_only(study, subject, entity.body)
        add_to_subject(subject, entity_id, entity)
        _insert_dose(study, subject, DosedDays(entity.body.first_date, entity.body.last_date))
        if affected:
            _update_affected(study, subject, affected)


def _cases_near_dose_only(study: Study, subject: SubjectState, dose: Dose) -> set[str]:
    """Return the cases that are near *dose*, and near none of the doses of the subject."""
    if not study.context_groups or not subject.cases:
        return set()
    days = DosedDays(dose.first_date, dose.last_date)
    return set(cases_within(study, subject, days_near_dose_only(study, subject, days)))


def _insert_dose(study: Study, subject: SubjectState, dose: DosedDays) -> None:
    """Insert an administration into the subject's sorted doses."""
    index = bisect_left(subject.doses, dose)
    subject.doses = (*subject.doses[:index], dose, *subject.doses[index:])
    if study.context_groups:
        if subject.dose_coverage is None:
            subject.dose_coverage = DoseCoverage.of(subject.doses)
        else:
            subject.dose_coverage.add(subject.doses, dose)


def _refresh_exposure(study: Study, subject: SubjectState) -> None:
    """Recompute the subject's days at risk, and recount the cases on days that have changed.

    Where the first day of treatment imputes partial onsets, its change may move any case.
    """
    old_spells, old_first_day = subject.spells, first_treated_day(subject)
    old_exempt_days = subject.exempt_days
    if not update_exposure(study, subject):
        return
    if (
        study.plan.partial_date_rule is Imputation.TREATMENT_START
        and first_treated_day(subject) != old_first_day
    ):
        build_indexes(study, subject)
        _update_affected(study, subject, set(subject.cases))
    elif subject.cases:
        ranges = changed_days(old_spells, subject.spells)
        update_contributions(
            study,
            subject,
            cases_within(study, subject, ranges)
            if subject.exempt_days == old_exempt_days
            else subject.cases,
        )
    for scope in study.narrow_scopes:
        update_first_event(study, subject, scope)
