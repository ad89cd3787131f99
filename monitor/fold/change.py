"""Applies an accepted record: contribution after less contribution before."""

from __future__ import annotations

from monitor.evidence.active_watches import reset_study, update_exposure
from monitor.evidence.scopes import exempt_term
from monitor.fold.subject_change import (
    SUBJECT_BODIES,
    PreviousPlace,
    add_to_subject,
    move_entity,
    update_contributions,
)
from monitor.plan.plan import read_plan
from monitor.records import (
    Assessment,
    Body,
    Collection,
    Merge,
    NotAtRisk,
    PlanRecord,
    Record,
    Retraction,
    Review,
    Tick,
)
from monitor.state.entities import Entity, is_subject_merge, target_of
from monitor.state.merge_cycles import find_cycles
from monitor.state.study import Study, SubjectState
from monitor.state.verdict import Level
from monitor.tables.context import build_indexes, update_doses

UNCOUNTED_BODIES = (PlanRecord, Assessment, Review, Tick)
"""Bodies that affect no count and no risk set, so that nullifying them changes none."""


def apply_change(study: Study, record: Record) -> bool:
    """Store the record and update the counts; return whether every watch must be evaluated."""
    body = record.body
    if study.dirty is not None:
        study.dirty.entities.add(record.entity_id)
    if isinstance(body, SUBJECT_BODIES):
        entity = study.entities.by_id.get(record.entity_id)
        previous = (entity.body, _subject_of(study, entity)) if entity else None
        if isinstance(body, NotAtRisk) and _changes_exempt_terms(study, body, previous):
            study.entities.add_version(record)
            study.start_changed = False
            recount(study)
            return True
        entity = study.entities.add_version(record)
        move_entity(study, record.entity_id, entity, _subject_of(study, entity), previous)
        return False
    if isinstance(body, Retraction | Merge):
        return _apply_reference(study, record, body)
    study.entities.add_version(record)
    if isinstance(body, PlanRecord):
        study.plan = read_plan(body.toml)
    if isinstance(body, (PlanRecord, Collection)):
        recount(study)
    return isinstance(body, (PlanRecord, Collection, Tick))


def recount(study: Study) -> None:
    """Rebuild all counts, after a change that may affect any of them.

    Such a change is a plan, a collection, a merge of subjects, or a retraction or merge whose
    effect is not limited to one subject.
    """
    if study.dirty is not None:
        study.dirty.everything = True
    reset_study(study)
    find_cycles(study.entities)
    for entity_id, entity in study.entities.by_id.items():
        entity.set_contribution(None)
        if isinstance(entity.body, SUBJECT_BODIES) and study.entities.is_active(entity_id):
            add_to_subject(_subject_of(study, entity), entity_id, entity)
    study.spellings.rebuild()
    for subject in study.subjects.values():
        update_exposure(study, subject)
        update_doses(study, subject)
        build_indexes(study, subject)
        update_contributions(study, subject, subject.cases)
    _reset_inactive_episodes(study)


def _changes_exempt_terms(study: Study, body: NotAtRisk, previous: PreviousPlace | None) -> bool:
    """Whether *body* names a term without exempt days so far, or another one than before.

    Such a term needs scopes of its own (``evidence.scopes``).
    """
    term = exempt_term(study, body)
    if term not in study.exempt_terms:
        return True
    old_body = None if previous is None else previous[0]
    return isinstance(old_body, NotAtRisk) and exempt_term(study, old_body) != term


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
        subject = _subject_of(study, target)
        move_entity(study, target_of(body), target, subject, (target.body, subject))
    return False


def _has_same_target(old: Body, body: Retraction | Merge) -> bool:
    """Whether a new version of a retraction has the same target: only its reason differs."""
    return isinstance(old, Retraction) and target_of(old) == target_of(body)
