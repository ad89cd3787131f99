"""Encodes the bodies of entities as lists for a row, and decodes them."""

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
from streams.records.convert import BODY_TYPES

TYPE_BY_KIND: dict[str, Any] = {
    kind: body_type
    for kind, body_type in BODY_TYPES.items()
    if kind not in ("plan", "adverse_event")
}
"""Classes whose fields are encoded generically; plans and cases have their own encoding."""

KIND_BY_TYPE: dict[type, str] = {body_type: kind for kind, body_type in TYPE_BY_KIND.items()}
FIELD_NAMES: dict[str, tuple[str, ...]] = {
    kind: tuple(each.name for each in fields(body_type)) for kind, body_type in TYPE_BY_KIND.items()
}
"""Field names by kind, in the order of declaration, which is the order of the encoded values."""

ENUM_FIELDS: dict[str, Callable[[str], object]] = {"status": Status, "kind": TermKind}
"""Fields that are strings in JSON and members of an enumeration in the core."""


def body_values(body: Body) -> list[Any]:
    """Return kind and field values of an entity that is not a case.

    Of a plan, only the sha256: the text is in the `plan` field of the row.
    """
    if isinstance(body, events.PlanRecord):
        return ["plan", body.sha256]
    kind = KIND_BY_TYPE[type(body)]
    return [kind, *(getattr(body, name) for name in FIELD_NAMES[kind])]


def body_from(stored: list[Any], plans: dict[str, str]) -> Body:
    """Return the body that ``body_values`` encoded; *plans* has plan texts by sha256."""
    kind, *values = stored
    if kind == "plan":
        return events.PlanRecord(toml=plans[values[0]], sha256=values[0])
    named_values = dict(zip(FIELD_NAMES[kind], values, strict=True))
    for name in ENUM_FIELDS.keys() & named_values.keys():
        named_values[name] = ENUM_FIELDS[name](named_values[name])
    return TYPE_BY_KIND[kind](**named_values)


def case_from(stored: list[Any]) -> AdverseEvent:
    """Return the case with the field values *stored*, in the order of AdverseEvent's fields."""
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
