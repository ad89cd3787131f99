"""Counts a whole log from the start: the tables and outcomes that the product must equal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from tests.independent.groups import cases_of_term, is_related, is_serious
from tests.independent.recount_entities import resolve
from tests.independent.trial import (
    Case,
    Interval,
    Trial,
    interval_at,
    is_exempt,
    trial_of,
    unallocated_cases,
)
from tests.independent.wire_records import Record

Row = dict[str, int]
OUTCOMES = ("folded", "duplicate", "stale", "conflict", "refused", "unallocated")


class TableKey(NamedTuple):
    """The key of a row; *period* may be "all", and the term of kind "any" is "any"."""

    period: str
    treatment: str
    kind: str
    term: str


Tables = dict[TableKey, Row]


def tables(trial: Trial) -> Tables:
    """Return every row that the tables must contain: see *required*."""
    rows = {key: row(trial, key) for key in table_keys(trial)}
    return {key: counts for key, counts in rows.items() if required(key, counts)}


def required(key: TableKey, counts: Row) -> bool:
    """Return whether a row must exist: with events, or for "any" and groups with exposure."""
    if counts["events"] > 0:
        return True
    return key.kind in {"any", "group"} and counts["subjects_exposed"] > 0


def recount(records: Iterable[Record]) -> Trial:
    """Return the trial at the end of a log."""
    return trial_of(resolve(records))


def outcome_counts(records: Iterable[Record]) -> Counter[str]:
    """Return how many lines have which outcome; the six add up to the lines read."""
    resolved = resolve(records)
    unallocated = unallocated_cases(trial_of(resolved))
    counts: Counter[str] = Counter({str(name): 0 for name in OUTCOMES})
    for outcome, entity in resolved.outcomes:
        if outcome == "accepted":
            outcome = "unallocated" if entity in unallocated else "folded"
        counts[outcome] += 1
    return counts


def table_keys(trial: Trial) -> list[TableKey]:
    """Return every cell of the plan crossed with every term of a case or of the plan."""
    plan = trial.plan
    periods = [period["id"] for period in plan["periods"]] + ["all"]
    treatments = [plan["treatments"]["control"], *plan["treatments"]["active"]]
    return [TableKey(p, t, *term) for p in periods for t in treatments for term in terms(trial)]


def terms(trial: Trial) -> list[tuple[str, str]]:
    """Return kind and name of "any", of the plan's groups and of every term of a counted case."""
    kinds = ("preferred_term", "system_organ_class")
    coded = {(kind, case.fields[kind]) for case in trial.cases for kind in kinds}
    groups = [("group", name) for name in trial.plan.get("groups", {})]
    return [("any", "any"), *groups, *sorted(coded)]


def row(trial: Trial, key: TableKey) -> Row:
    """Return one row, including rows without events that *tables* leaves out."""
    cases = [
        case for case in cases_of_term(trial, key.kind, key.term) if case_in_cell(trial, case, key)
    ]
    days = days_at_risk(trial, key)
    return {
        "subjects_exposed": sum(1 for subject_days in days.values() if subject_days),
        **count_subjects_and_events("subjects", "events", cases),
        "versions": sum(case.versions for case in cases),
        **count_subjects_and_events(
            "serious_subjects", "serious_events", [c for c in cases if is_serious(c.fields)]
        ),
        **count_subjects_and_events(
            "related_subjects", "related_events", [c for c in cases if is_related(c.fields)]
        ),
        "person_days": sum(len(subject_days) for subject_days in days.values()),
        "person_days_to_first": sum(
            len(days_up_to_first(cases, subject, subject_days))
            for subject, subject_days in days.items()
        ),
    }


def count_subjects_and_events(subjects: str, events: str, cases: list[Case]) -> Row:
    """Return the numbers of distinct subjects and of cases, under the two names."""
    return {subjects: len({case.subject for case in cases}), events: len(cases)}


def interval_in_cell(interval: Interval | None, key: TableKey) -> bool:
    """Return whether the days of *interval* are days of the cell."""
    if interval is None or interval.treatment != key.treatment:
        return False
    return key.period in {interval.period, "all"}


def case_in_cell(trial: Trial, case: Case, key: TableKey) -> bool:
    """Return whether the onset is on a day on which the subject is at risk in the cell."""
    return case.onset is not None and interval_in_cell(
        interval_at(trial, case.subject, case.onset), key
    )


def days_at_risk(trial: Trial, key: TableKey) -> dict[str, list[int]]:
    """Return each subject's days in the cell at risk of the term, up to the as-of day."""
    since = trial.collected.get((key.kind, key.term), 0)
    return {
        subject: [
            day
            for day, interval in days.items()
            if day >= since
            and interval_in_cell(interval, key)
            and not is_exempt(trial, subject, key.kind, key.term, day)
        ]
        for subject, days in trial.days.items()
    }


def days_up_to_first(cases: list[Case], subject: str, days: list[int]) -> list[int]:
    """Return the *days* up to and including the onset of the subject's first case."""
    onsets = [c.onset for c in cases if c.subject == subject and c.onset is not None]
    return [day for day in days if not onsets or day <= min(onsets)]
