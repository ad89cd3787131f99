"""Decides which cases have a term: a preferred term, a system organ class, a group or any."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.independent.trial import Case, Trial, is_exempt
from tests.independent.wire_records import Record, ordinal

RELATED = frozenset({"possible", "probable", "definite"})


def cases_of_term(trial: Trial, kind: str, term: str) -> list[Case]:
    """Return the cases of a term that have an onset on or after its collection began.

    Not those on days on which their subject is not at risk of the term.
    """
    since = trial.collected.get((kind, term))
    return [
        case
        for case in trial.cases
        if case.onset is not None
        and (since is None or case.onset >= since)
        and case_has_term(trial, case, kind, term)
        and not is_exempt(trial, case.subject, kind, term, case.onset)
    ]


def days_of_term(trial: Trial, kind: str, term: str, subject: str) -> list[int]:
    """Return the days up to the as-of day on which the subject is at risk of the term."""
    since = trial.collected.get((kind, term), 0)
    return [
        day
        for day in trial.days[subject]
        if day >= since and not is_exempt(trial, subject, kind, term, day)
    ]


def case_has_term(trial: Trial, case: Case, kind: str, term: str) -> bool:
    """Return whether *case* has the term, regardless of its onset."""
    if kind == "any":
        return True
    if kind == "group":
        return in_group(trial, case, trial.plan["groups"][term])
    return bool(case.fields[kind] == term)


def is_serious(fields: Record) -> bool:
    """Return whether a case is serious by flag, by a criterion or as fatal (ICH E2A)."""
    fatal = fields.get("outcome") == "fatal"
    return bool(fields.get("serious")) or bool(fields.get("criteria")) or fatal


def is_related(fields: Record) -> bool:
    """Return whether a causal relation to treatment is at least possible."""
    return fields.get("relatedness") in RELATED


def in_group(trial: Trial, case: Case, group: Record) -> bool:
    """Return whether *case* meets every condition of *group*."""
    return all(CONDITIONS[name](trial, case, group) for name in group if name != "within_days")


def has_label(trial: Trial, case: Case, group: Record) -> bool:
    """Return whether the label group is in *group*; without one the preferred term is used."""
    label = case.fields.get("label_group", case.fields["preferred_term"])
    return label in group["label_groups"]


def is_after_dose(trial: Trial, case: Case, group: Record) -> bool:
    """Return whether the onset is between a dose's first day and some days after its last."""
    if case.onset is None:
        return False
    days = group["within_days_after_dose"]
    return any(
        ordinal(dose["first_date"]) <= case.onset <= ordinal(dose["last_date"]) + days
        for dose in trial.doses.get(case.subject, [])
    )


def meets_algorithm(trial: Trial, case: Case, group: Record) -> bool:
    """Return whether *case* is A, or the later one of B and C within some days."""
    term = case.fields["preferred_term"]
    if term in group.get("any_of", []):
        return True
    first_terms, second_terms = group.get("both", [[], []])
    days = group.get("within_days", 0)
    return (term in first_terms and completes_pair(trial, case, second_terms, days)) or (
        term in second_terms and completes_pair(trial, case, first_terms, days)
    )


def completes_pair(trial: Trial, case: Case, terms: list[str], days: int) -> bool:
    """Return whether an earlier case of *terms* lies within *days* before *case*."""
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
    """Return whether the adjudication is "yes"; "pending" does not count."""
    adjudications: dict[str, Any] = case.fields.get("adjudications", {})
    return adjudications.get(group["adjudication"]) == "yes"


def is_severe_enough(trial: Trial, case: Case, group: Record) -> bool:
    """Return whether the grade of *case* is the group's or higher; a death has grade 5."""
    words = ["mild", "moderate", "severe", "life_threatening", "fatal"]
    lowest = group["severity_at_least"]
    lowest = lowest if isinstance(lowest, int) else words.index(lowest) + 1
    if case.fields.get("outcome") == "fatal" or "death" in case.fields.get("criteria", []):
        return True
    stated = case.fields.get("severity")
    return stated is not None and words.index(stated) + 1 >= lowest


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
    "severity_at_least": is_severe_enough,
    "any_of": meets_algorithm,
    "both": meets_algorithm,
}
