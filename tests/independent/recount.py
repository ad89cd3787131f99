"""Count a whole log again from nothing: the tables and the account a running fold must equal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from tests.independent.groups import cases_of_term, is_related, is_serious
from tests.independent.recount_entities import resolve
from tests.independent.trial import Case, Interval, Trial, interval_at, trial_of, unallocated_cases
from tests.independent.wire_records import Record

Row = dict[str, int]
OUTCOMES = ("folded", "duplicate", "stale", "conflict", "refused", "unallocated")


class TableKey(NamedTuple):
    """The address of a row; *period* may be "all", and the term of kind "any" is "any"."""

    period: str
    treatment: str
    kind: str
    term: str


Tables = dict[TableKey, Row]


def tables(trial: Trial) -> Tables:
    """Every row that must be in the tables: see *required*."""
    rows = {key: row(trial, key) for key in table_keys(trial)}
    return {key: counts for key, counts in rows.items() if required(key, counts)}


def required(key: TableKey, counts: Row) -> bool:
    """A row with events must be there; one without only for "any" and groups, where exposed."""
    if counts["events"] > 0:
        return True
    return key.kind in {"any", "group"} and counts["subjects_exposed"] > 0


def recount(records: Iterable[Record]) -> Trial:
    """The trial at the end of a log."""
    return trial_of(resolve(records))


def outcome_counts(records: Iterable[Record]) -> Counter[str]:
    """How many lines had which outcome; the six add up to the lines read."""
    resolved = resolve(records)
    unallocated = unallocated_cases(trial_of(resolved))
    counts: Counter[str] = Counter({str(name): 0 for name in OUTCOMES})
    for outcome, entity in resolved.outcomes:
        if outcome == "accepted":
            outcome = "unallocated" if entity in unallocated else "folded"
        counts[outcome] += 1
    return counts


def table_keys(trial: Trial) -> list[TableKey]:
    """Every cell of the plan crossed with every term that a case or the plan names."""
    plan = trial.plan
    periods = [period["id"] for period in plan["periods"]] + ["all"]
    treatments = [plan["treatments"]["control"], *plan["treatments"]["active"]]
    return [TableKey(p, t, *term) for p in periods for t in treatments for term in terms(trial)]


def terms(trial: Trial) -> list[tuple[str, str]]:
    """Kind and name of "any", of the plan's groups, and of every term a standing case has."""
    kinds = ("preferred_term", "system_organ_class")
    coded = {(kind, case.fields[kind]) for case in trial.cases for kind in kinds}
    groups = [("group", name) for name in trial.plan.get("groups", {})]
    return [("any", "any"), *groups, *sorted(coded)]


def row(trial: Trial, key: TableKey) -> Row:
    """One row, also one that *tables* leaves out, such as a term nobody had there."""
    cases = [
        case for case in cases_of_term(trial, key.kind, key.term) if case_in_cell(trial, case, key)
    ]
    days = days_at_risk(trial, key)
    return {
        "subjects_exposed": sum(1 for days_of_one in days.values() if days_of_one),
        **count_subjects_and_events("subjects", "events", cases),
        "versions": sum(case.versions for case in cases),
        **count_subjects_and_events(
            "serious_subjects", "serious_events", [c for c in cases if is_serious(c.fields)]
        ),
        **count_subjects_and_events(
            "related_subjects", "related_events", [c for c in cases if is_related(c.fields)]
        ),
        "person_days": sum(len(days_of_one) for days_of_one in days.values()),
        "person_days_to_first": sum(
            len(days_up_to_first(cases, subject, days_of_one))
            for subject, days_of_one in days.items()
        ),
    }


def count_subjects_and_events(subjects: str, events: str, cases: list[Case]) -> Row:
    """Distinct subjects and the number of cases, under their two names."""
    return {subjects: len({case.subject for case in cases}), events: len(cases)}


def interval_in_cell(interval: Interval | None, key: TableKey) -> bool:
    """True where a day of *interval* is a day of the cell."""
    if interval is None or interval.treatment != key.treatment:
        return False
    return key.period in {interval.period, "all"}


def case_in_cell(trial: Trial, case: Case, key: TableKey) -> bool:
    """True where the case began while its subject was at risk in the cell."""
    return case.onset is not None and interval_in_cell(
        interval_at(trial, case.subject, case.onset), key
    )


def days_at_risk(trial: Trial, key: TableKey) -> dict[str, list[int]]:
    """For every subject the days in the cell up to now on which the term was collected."""
    since = trial.collected.get((key.kind, key.term), 0)
    return {
        subject: [
            day
            for day, interval in days.items()
            if day >= since and interval_in_cell(interval, key)
        ]
        for subject, days in trial.days.items()
    }


def days_up_to_first(cases: list[Case], subject: str, days: list[int]) -> list[int]:
    """The *days* up to and including the one on which the subject's first case began."""
    onsets = [c.onset for c in cases if c.subject == subject and c.onset is not None]
    return [day for day in days if not onsets or day <= min(onsets)]
