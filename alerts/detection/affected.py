"""Finds the subjects whose cases a record may affect."""

from __future__ import annotations

from collections.abc import Collection

from monitor.fold.change import SUBJECT_BODIES
from monitor.records import Assessment, Body, Merge, PlanRecord, Record, Retraction
from monitor.state.entities import is_subject_merge, target_of
from monitor.state.study import Study, SubjectState


def affected_subjects(study: Study, record: Record) -> Collection[SubjectState]:
    """The subjects whose cases the folded *record* may affect: nearly always one or none.

    A record whose subject is corrected also affects the one that it was about before.
    All subjects are affected by a plan amendment, a merge of subjects, an edited retraction or
    merge, and one whose target is not about a subject.
    """
    body = record.body
    if isinstance(body, SUBJECT_BODIES):
        left, subject = study.left_subject, study.get_or_add_subject(body.subject)
        return (subject,) if left is None else (subject, left)
    if isinstance(body, PlanRecord):
        return study.subjects.values()
    if not isinstance(body, Retraction | Merge):
        return ()
    target = study.entities.by_id.get(target_of(body))
    is_edited = study.entities.by_id[record.entity_id].versions > 1
    if is_edited or is_subject_merge(body):
        return study.subjects.values()
    if target is None:
        return ()  # Its target is not in the log yet.
    if not isinstance(target.body, SUBJECT_BODIES):
        return study.subjects.values()
    return (study.get_or_add_subject(target.body.subject),)


def affected_cases(study: Study, record: Record) -> set[str] | None:
    """The id that the folded *record* states or nullifies; None where it may change any case."""
    body = record.body
    if isinstance(body, SUBJECT_BODIES):
        return {record.entity_id}
    if not isinstance(body, Retraction | Merge) or is_subject_merge(body):
        return None
    target = study.entities.by_id.get(target_of(body))
    is_edited = study.entities.by_id[record.entity_id].versions > 1
    is_of_subject = target is not None and isinstance(target.body, SUBJECT_BODIES)
    return {target_of(body)} if is_of_subject and not is_edited else None


def subject_of(study: Study, body: Body | None) -> str | None:
    """The subject under which *body* counts after merges; None where it is not about a subject."""
    return (
        study.entities.surviving_subject(body.subject) if isinstance(body, SUBJECT_BODIES) else None
    )


def site_of_record(study: Study, record: Record) -> str | None:
    """The site of the subject that the folded *record* concerns; None where it is unknown."""
    body = record.body
    if isinstance(body, Retraction | Merge):
        target = study.entities.by_id.get(target_of(body))
        body = body if target is None else target.body
    if isinstance(body, (*SUBJECT_BODIES, Assessment)):
        return study.get_or_add_subject(body.subject).site
    return None
