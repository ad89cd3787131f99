"""What a thing says, as a list that a row can hold, and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from sys import intern
from typing import Any

from monitor import records as events
from monitor.records import (
    ActionTaken,
    Adjudication,
    AdverseEvent,
    Body,
    Criterion,
    Outcome,
    PartialDate,
    Relatedness,
    Severity,
    Status,
    TermKind,
)

TYPE_BY_KIND: dict[str, Any] = {
    "subject": events.Subject,
    "treatment": events.Treatment,
    "dose": events.Dose,
    "disposition": events.Disposition,
    "collection": events.Collection,
    "assessment": events.Assessment,
    "retraction": events.Retraction,
    "merge": events.Merge,
    "review": events.Review,
    "tick": events.Tick,
}
"""Those whose fields are written as they stand.  A case has its own, and a plan its sha256."""

KIND_BY_TYPE: dict[type, str] = {made: name for name, made in TYPE_BY_KIND.items()}
FIELD_NAMES: dict[str, tuple[str, ...]] = {
    name: tuple(each.name for each in fields(made)) for name, made in TYPE_BY_KIND.items()
}
ENUM_FIELDS: dict[str, Callable[[str], object]] = {"status": Status, "kind": TermKind}
"""Fields that JSON has as a word and the core as a member of an enumeration."""


def body_values(body: Body) -> list[Any]:
    """Kind and fields of a thing that is no case.  The text of a plan is among the row's plans."""
    if isinstance(body, events.PlanRecord):
        return ["plan", body.sha256]
    kind = KIND_BY_TYPE[type(body)]
    return [kind, *(getattr(body, name) for name in FIELD_NAMES[kind])]


def body_from(stored: list[Any], plans: dict[str, str]) -> Body:
    """The body that ``fact_of`` wrote; *plans* are texts by their sha256."""
    kind, *values = stored
    if kind == "plan":
        return events.PlanRecord(toml=plans[values[0]], sha256=values[0])
    named_values = dict(zip(FIELD_NAMES[kind], values, strict=True))
    for name in ENUM_FIELDS.keys() & named_values.keys():
        named_values[name] = ENUM_FIELDS[name](named_values[name])
    return TYPE_BY_KIND[kind](**named_values)


def case_from(stored: list[Any]) -> AdverseEvent:
    """The case whose fields *said* are, in their order."""
    subject, term, organ, label, onset, end, serious, criteria, *assessed = stored
    severity, relatedness, outcome, action, adjudications = assessed
    return AdverseEvent(
        subject=intern(subject),
        preferred_term=intern(term),
        system_organ_class=intern(organ),
        label_group=label and intern(label),
        onset=_date(onset),
        end=_date(end),
        serious=serious,
        criteria=tuple(map(Criterion, criteria)),
        severity=severity and Severity(severity),
        relatedness=relatedness and Relatedness(relatedness),
        outcome=outcome and Outcome(outcome),
        action_taken=action and ActionTaken(action),
        adjudications=tuple((name, Adjudication(word)) for name, word in adjudications),
    )


def _date(stored: int | list[Any] | None) -> int | PartialDate | None:
    return PartialDate(*stored) if isinstance(stored, list) else stored
