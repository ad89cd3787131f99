"""Limits of a study and of a subject, beyond which a record is refused and the study goes on."""

from __future__ import annotations

from monitor.errors import Reason, Refusal
from monitor.records import (
    AdverseEvent,
    Assessment,
    Disposition,
    Dose,
    Merge,
    NotAtRisk,
    Record,
    Subject,
    Treatment,
)
from monitor.state.entities import is_subject_merge
from monitor.state.limits import StudyLimits
from monitor.state.study import Study, SubjectState

DATA_BODIES = (AdverseEvent, Dose, Treatment, Assessment, Disposition, Subject, NotAtRisk)


def check_limits(study: Study, record: Record) -> Refusal | None:
    """Return a refusal where *record* would exceed a limit, or None.

    Versions of what is counted already, and records without data of a subject, are never refused.
    """
    body, limits = record.body, study.limits
    if isinstance(body, Merge):
        return _check_merge(study, body, limits) if is_subject_merge(body) else None
    if not isinstance(body, DATA_BODIES):
        return None
    entity = study.entities.by_id.get(record.entity_id)
    if entity is None and len(study.entities.by_id) >= limits.entities:
        return Refusal(Reason.STUDY_FULL, f"A study has at most {limits.entities} entities.")
    if isinstance(body, Assessment):
        return None
    name = body.subject
    if study.entities.merged_by:
        name = study.entities.surviving_subject(name)
    subject = study.subjects.get(name)
    if subject is None or _has_room(subject, record, limits):
        return None
    return Refusal(Reason.SUBJECT_FULL, "The subject has as many records of this type as it may.")


def _has_room(subject: SubjectState, record: Record, limits: StudyLimits) -> bool:
    if isinstance(record.body, AdverseEvent):
        held, count_max = subject.cases, limits.cases
    elif isinstance(record.body, Dose):
        held, count_max = subject.administrations or {}, limits.administrations
    else:
        held, count_max = subject.facts, limits.facts
    return len(held) < count_max or record.entity_id in held


def _check_merge(study: Study, merge: Merge, limits: StudyLimits) -> Refusal | None:
    """Refuse a merge of two subjects that have too many records together."""
    names = {study.entities.surviving_subject(each) for each in (merge.duplicate, merge.survivor)}
    merged = [study.subjects[name] for name in names if name in study.subjects]
    numbers = (
        (sum(len(each.cases) for each in merged), limits.cases),
        (sum(len(each.administrations or ()) for each in merged), limits.administrations),
        (sum(len(each.facts) for each in merged), limits.facts),
    )
    if len(merged) < 2 or all(number <= number_max for number, number_max in numbers):
        return None
    return Refusal(Reason.SUBJECT_FULL, "The two subjects have too many records together.")
