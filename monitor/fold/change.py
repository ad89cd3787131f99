"""Applies an accepted record: contribution after less contribution before."""

from __future__ import annotations

from bisect import bisect_left

from monitor.evidence.active_watches import reset_study, update_exposure
from monitor.plan.plan import read_plan
from monitor.records import (
    AdverseEvent,
    Assessment,
    Body,
    Collection,
    Disposition,
    Dose,
    Merge,
    PlanRecord,
    Record,
    Retraction,
    Review,
    Subject,
    Tick,
    Treatment,
    day_of,
)
from monitor.state.entities import Entity, is_subject_merge, target_of
from monitor.state.study import Study, SubjectState
from monitor.state.verdict import Level
from monitor.tables.counting import remove_contribution, update_contribution
from monitor.terms import DosedDays

SubjectBody = AdverseEvent | Subject | Treatment | Dose | Disposition
SUBJECT_BODIES = (AdverseEvent, Subject, Treatment, Dose, Disposition)
"""Bodies that belong to a subject: cases, and facts that affect its days at risk."""

UNCOUNTED_BODIES = (PlanRecord, Assessment, Review, Tick)
"""Bodies that affect no count and no risk set, so that nullifying them changes none."""


def apply_change(study: Study, record: Record) -> bool:
    """Store the record and update the counts; return whether every watch must be evaluated."""
    body = record.body
    if study.dirty is not None:
        study.dirty.entities.add(record.entity_id)
    if isinstance(body, SUBJECT_BODIES):
        entity = study.entities.by_id.get(record.entity_id)
        previous_subject = _subject_of(study, entity) if entity else None
        entity = study.entities.add_version(record)
        entity.onset_after_known = _is_onset_after_known(record)
        _update_entity(study, record.entity_id, entity, previous_subject)
        return False
    if isinstance(body, Retraction | Merge):
        return _apply_reference(study, record, body)
    study.entities.add_version(record)
    if isinstance(body, PlanRecord):
        study.plan = read_plan(body.toml)
    if isinstance(body, PlanRecord | Collection):
        recount(study)
    return isinstance(body, PlanRecord | Collection | Tick)


def recount(study: Study) -> None:
    """Rebuild all counts, after a change that may affect any of them.

    Such a change is a plan, a collection, a merge of subjects, or a retraction or merge whose
    effect is not limited to one subject.
    """
    if study.dirty is not None:
        study.dirty.everything = True
    reset_study(study)
    for entity_id, entity in study.entities.by_id.items():
        entity.set_contribution(None)
        if isinstance(entity.body, SUBJECT_BODIES) and study.entities.is_active(entity_id):
            _attach_to_subject(_subject_of(study, entity), entity_id, entity)
    for subject in study.subjects.values():
        update_exposure(study, subject)
        _update_contributions(study, subject)
    _reset_inactive_episodes(study)


def _reset_inactive_episodes(study: Study) -> None:
    """Set the current level of episodes without an active watch to quiet.

    A watch ends when its term has no case left or the plan drops it.  A later crossing is then a
    new rise, which opens a new episode where the earlier alert is closed.
    """
    raised_watches = {name for name, episode in study.episodes.items() if episode.current_level}
    if raised_watches:
        for name in raised_watches - {each.id for each in study.active_watches()}:
            study.episodes[name].current_level = Level.QUIET


def _subject_of(study: Study, entity: Entity) -> SubjectState:
    assert isinstance(entity.body, SUBJECT_BODIES)
    return study.get_or_add_subject(entity.body.subject)


def _attach_to_subject(subject: SubjectState, entity_id: str, entity: Entity) -> None:
    entities = subject.cases if isinstance(entity.body, AdverseEvent) else subject.facts
    entities[entity_id] = entity


def _update_entity(
    study: Study, entity_id: str, entity: Entity, previous_subject: SubjectState | None
) -> None:
    """Move an entity from *previous_subject*, if any, to its current subject, and count it."""
    subject, is_active = _subject_of(study, entity), study.entities.is_active(entity_id)
    if previous_subject is not None and (previous_subject is not subject or not is_active):
        if entity_id in previous_subject.cases:
            remove_contribution(study, previous_subject, entity_id, entity)
            del previous_subject.cases[entity_id]
        previous_subject.facts.pop(entity_id, None)
        _update_subject_counts(study, previous_subject, None)
    if is_active:
        _attach_to_subject(subject, entity_id, entity)
        if previous_subject is None and isinstance(entity.body, Dose):
            _add_dose(study, subject, entity.body)
        else:
            _update_subject_counts(study, subject, entity_id)


def _add_dose(study: Study, subject: SubjectState, dose: Dose) -> None:
    """Insert an administration into the subject's sorted doses; it changes no day at risk.

    Rebuilding the doses from all facts would make n administrations cost n squared.
    """
    days = DosedDays(dose.first_date, dose.last_date)
    index = bisect_left(subject.doses, days)
    subject.doses = (*subject.doses[:index], days, *subject.doses[index:])
    if study.context_groups:
        _update_contributions(study, subject)


def _update_subject_counts(study: Study, subject: SubjectState, entity_id: str | None) -> None:
    """Update the contributions of the subject's cases.

    Only the case *entity_id* is updated where no group depends on other records.
    """
    entity = None if entity_id is None else subject.cases.get(entity_id)
    if entity_id is not None and entity is not None and not study.context_groups:
        update_contribution(study, subject, entity_id, entity)
    elif entity is not None or update_exposure(study, subject) or study.context_groups:
        _update_contributions(study, subject)


def _update_contributions(study: Study, subject: SubjectState) -> None:
    for entity_id, entity in subject.cases.items():
        update_contribution(study, subject, entity_id, entity)


def _apply_reference(study: Study, record: Record, body: Retraction | Merge) -> bool:
    """Apply a retraction or merge; return whether everything was recounted."""
    entity = study.entities.by_id.get(record.entity_id)
    old_body = entity.body if entity else None
    if isinstance(old_body, Retraction | Merge):
        study.entities.toggle_reference(record.entity_id, old_body)
    study.entities.add_version(record)
    study.entities.toggle_reference(record.entity_id, body)
    target = study.entities.by_id.get(target_of(body))
    if target is not None and isinstance(target.body, UNCOUNTED_BODIES):
        target = None
    of_subject = target is None or isinstance(target.body, SUBJECT_BODIES)
    if (
        not of_subject
        or is_subject_merge(body)
        or not (old_body is None or _has_same_target(old_body, body))
    ):
        recount(study)
        return True
    if target is not None and old_body is None:
        _update_entity(study, target_of(body), target, _subject_of(study, target))
    return False


def _has_same_target(old: Body, body: Retraction | Merge) -> bool:
    """Whether a new version of a retraction has the same target: only its reason differs."""
    return isinstance(old, Retraction) and target_of(old) == target_of(body)


def _is_onset_after_known(record: Record) -> bool:
    """Whether the onset of a case is after the day on which it became known.

    Causes are time zones and wrong dates.  Partial dates are not checked.
    """
    body = record.body
    onset = body.onset if isinstance(body, AdverseEvent) else None
    return isinstance(onset, int) and onset > day_of(record.known_at)
