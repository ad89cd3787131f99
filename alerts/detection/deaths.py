"""Finds deaths that only a disposition tells of, and what tells of the death of one subject."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from monitor.dates import FOREVER
from monitor.plan.case_rules import CaseRule, RuleTrigger, is_fatal
from monitor.plan.plan import Plan
from monitor.records import (
    AdverseEvent,
    Body,
    Disposition,
    Merge,
    Outcome,
    Record,
    Retraction,
    Status,
)
from monitor.state.study import Study, SubjectState

DEATH_TERM = "Death"
"""Term of an alert about a subject whose death no case tells of."""


def fatal_rules(plan: Plan) -> list[CaseRule]:
    """The rules of *plan* that every death meets."""
    return [rule for rule in plan.case_rules if rule.trigger is RuleTrigger.FATAL]


def died_by_disposition(subject: SubjectState, until: int = FOREVER) -> list[str]:
    """The sorted names under which active dispositions say that *subject* died by day *until*.

    A name is the one that the record gives, which a later merge does not change.
    """
    bodies = (entity.body for entity in subject.facts.values())
    return sorted(
        {
            body.subject
            for body in bodies
            if isinstance(body, Disposition) and body.status is Status.DIED and body.date <= until
        }
    )


def may_have_death_without_case(study: Study, record: Record) -> bool:
    """Whether after the folded *record* no case may tell of a death that a disposition states.

    That is so where it states the death, or where a case is not fatal or not of its subject any
    more.
    """
    body = record.body
    if isinstance(body, AdverseEvent):
        is_corrected = study.entities.by_id[record.entity_id].versions > 1
        return study.left_subject is not None or (is_corrected and not is_fatal(body))
    return isinstance(body, Disposition | Merge | Retraction)


def deaths_without_case(
    study: Study, subjects: Iterable[SubjectState]
) -> Iterator[tuple[str, AdverseEvent]]:
    """Yield each subject that died by disposition and has no fatal case, as a case of `Death`.

    A look at the past excludes those who died after the last day that counts.
    """
    for subject in subjects:
        names = died_by_disposition(subject, study.onset_horizon)
        if names and not any(_is_fatal(entity.body) for entity in subject.cases.values()):
            for name in names:
                yield name, AdverseEvent(name, DEATH_TERM, DEATH_TERM, outcome=Outcome.FATAL)


def reports_of_death(study: Study, name: str) -> tuple[tuple[str, Body], ...]:
    """The active records that tell of the death of the subject *name*, by id."""
    subject = study.get_or_add_subject(name)
    reports = [
        (entity_id, entity.body)
        for entity_id, entity in (*subject.cases.items(), *subject.facts.items())
        if _is_fatal(entity.body) or says_died(entity.body)
    ]
    return tuple(sorted(reports, key=lambda each: each[0]))


def _is_fatal(body: Body) -> bool:
    return isinstance(body, AdverseEvent) and is_fatal(body)


def says_died(body: Body) -> bool:
    """Whether *body* is a disposition that states a death."""
    return isinstance(body, Disposition) and body.status is Status.DIED
