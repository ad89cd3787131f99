"""Decide which cases belong to a term: a preferred term, a system organ class, a group, any."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.independent.trial import Case, Trial
from tests.independent.wire_records import Record, ordinal

RELATED = frozenset({"possible", "probable", "definite"})


def cases_of_term(trial: Trial, kind: str, term: str) -> list[Case]:
    """The dated cases of a term, those before its collection began left out."""
    since = trial.collected.get((kind, term))
    return [
        case
        for case in trial.cases
        if case.onset is not None
        and (since is None or case.onset >= since)
        and case_has_term(trial, case, kind, term)
    ]


def case_has_term(trial: Trial, case: Case, kind: str, term: str) -> bool:
    """True where *case* is of the term, whatever its date says."""
    if kind == "any":
        return True
    if kind == "group":
        return in_group(trial, case, trial.plan["groups"][term])
    return bool(case.fields[kind] == term)


def is_serious(fields: Record) -> bool:
    """ICH E2A: serious by flag, by any criterion, or because it was fatal."""
    fatal = fields.get("outcome") == "fatal"
    return bool(fields.get("serious")) or bool(fields.get("criteria")) or fatal


def is_related(fields: Record) -> bool:
    """True where a relation to treatment is at least possible."""
    return fields.get("relatedness") in RELATED


def in_group(trial: Trial, case: Case, group: Record) -> bool:
    """A group is a conjunction: *case* must meet every condition that is written."""
    return all(CONDITIONS[name](trial, case, group) for name in group if name != "within_days")


def has_label(trial: Trial, case: Case, group: Record) -> bool:
    """A label's own grouping where it is given, else the preferred term."""
    label = case.fields.get("label_group", case.fields["preferred_term"])
    return label in group["label_groups"]


def is_after_dose(trial: Trial, case: Case, group: Record) -> bool:
    """From the first day of a dose to so many days after its last day."""
    if case.onset is None:
        return False
    days = group["within_days_after_dose"]
    return any(
        ordinal(dose["first_date"]) <= case.onset <= ordinal(dose["last_date"]) + days
        for dose in trial.doses.get(case.subject, [])
    )


def meets_algorithm(trial: Trial, case: Case, group: Record) -> bool:
    """A, or B and C within so many days: of a pair, the later case is the member."""
    term = case.fields["preferred_term"]
    if term in group.get("any_of", []):
        return True
    some, others = group.get("both", [[], []])
    days = group.get("within_days", 0)
    return (term in some and completes_pair(trial, case, others, days)) or (
        term in others and completes_pair(trial, case, some, days)
    )


def completes_pair(trial: Trial, case: Case, terms: list[str], days: int) -> bool:
    """True where *case* completes a pair: an earlier case of *terms* lies within *days*."""
    if case.onset is None:
        return False
    return any(
        other.onset is not None
        and other.subject == case.subject
        and other.fields["preferred_term"] in terms
        and (other.onset, other.entity) < (case.onset, case.entity)
        and case.onset - other.onset <= days
        for other in trial.cases
    )


def is_adjudicated(trial: Trial, case: Case, group: Record) -> bool:
    """Only a yes of the adjudicators counts; pending does not."""
    adjudications: dict[str, Any] = case.fields.get("adjudications", {})
    return adjudications.get(group["adjudication"]) == "yes"


CONDITIONS: dict[str, Callable[[Trial, Case, Record], bool]] = {
    "adjudication": is_adjudicated,
    "serious": lambda trial, case, group: is_serious(case.fields) == group["serious"],
    "related": lambda trial, case, group: is_related(case.fields) == group["related"],
    "preferred_terms": lambda trial, case, group: (
        case.fields["preferred_term"] in group["preferred_terms"]
    ),
    "label_groups": has_label,
    "action_taken": lambda trial, case, group: (
        case.fields.get("action_taken") in group["action_taken"]
    ),
    "outcome": lambda trial, case, group: case.fields.get("outcome") in group["outcome"],
    "within_days_after_dose": is_after_dose,
    "any_of": meets_algorithm,
    "both": meets_algorithm,
}
