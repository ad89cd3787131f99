"""Whom a record bears on: the subjects whose cases it may have brought into another light."""

from __future__ import annotations

from collections.abc import Collection

from monitor.fold.change import OF_SUBJECT
from monitor.records import Assessment, Body, Merge, Plan, Record, Retraction
from monitor.state.entities import points_at_subject, target_of
from monitor.state.study import Study, SubjectState


def bears_on(study: Study, record: Record) -> Collection[SubjectState]:
    """The subjects on whom *record*, which was folded, may bear: nearly always one, or none.

    Everybody's cases count anew after an amendment, a merge of subjects, and whatever takes back
    or edits what was void.
    """
    body = record.body
    if isinstance(body, OF_SUBJECT):
        return (study.subject(body.subject),)
    if isinstance(body, Plan):
        return study.subjects.values()
    if not isinstance(body, Retraction | Merge):
        return ()
    target = study.ledger.things.get(target_of(body))
    edited = study.ledger.things[record.thing].versions > 1
    if edited or points_at_subject(body):
        return study.subjects.values()
    if target is None:
        return ()  # It voids what is yet to come.
    if not isinstance(target.body, OF_SUBJECT):
        return study.subjects.values()
    return (study.subject(target.body.subject),)


def subject_of(study: Study, body: Body | None) -> str | None:
    """The subject under which *body* counts, if it is about one."""
    return study.ledger.survivor(body.subject) if isinstance(body, OF_SUBJECT) else None


def sender(study: Study, record: Record) -> str | None:
    """The site that *record*, which was folded, comes from, where that can be told."""
    body = record.body
    if isinstance(body, Retraction | Merge):
        target = study.ledger.things.get(target_of(body))
        body = body if target is None else target.body
    if isinstance(body, (*OF_SUBJECT, Assessment)):
        return study.subject(body.subject).site
    return None
