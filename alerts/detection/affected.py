"""Whom a record bears on: the subjects whose cases it may have brought into another light."""

from __future__ import annotations

from collections.abc import Collection

from monitor.fold.change import SUBJECT_BODIES
from monitor.records import Assessment, Body, Merge, PlanRecord, Record, Retraction
from monitor.state.entities import is_subject_merge, target_of
from monitor.state.study import Study, SubjectState


def affected_subjects(study: Study, record: Record) -> Collection[SubjectState]:
    """The subjects on whom *record*, which was folded, may bear: nearly always one, or none.

    Everybody's cases count anew after an amendment, a merge of subjects, and whatever takes back
    or edits what was void.
    """
    body = record.body
    if isinstance(body, SUBJECT_BODIES):
        return (study.get_or_add_subject(body.subject),)
    if isinstance(body, PlanRecord):
        return study.subjects.values()
    if not isinstance(body, Retraction | Merge):
        return ()
    target = study.entities.by_id.get(target_of(body))
    is_edited = study.entities.by_id[record.entity_id].versions > 1
    if is_edited or is_subject_merge(body):
        return study.subjects.values()
    if target is None:
        return ()  # It voids what is yet to come.
    if not isinstance(target.body, SUBJECT_BODIES):
        return study.subjects.values()
    return (study.get_or_add_subject(target.body.subject),)


def subject_of(study: Study, body: Body | None) -> str | None:
    """The subject under which *body* counts, if it is about one."""
    return (
        study.entities.surviving_subject(body.subject) if isinstance(body, SUBJECT_BODIES) else None
    )


def site_of_record(study: Study, record: Record) -> str | None:
    """The site that *record*, which was folded, comes from, where that can be told."""
    body = record.body
    if isinstance(body, Retraction | Merge):
        target = study.entities.by_id.get(target_of(body))
        body = body if target is None else target.body
    if isinstance(body, (*SUBJECT_BODIES, Assessment)):
        return study.get_or_add_subject(body.subject).site
    return None
