"""The trial at the end of a log: each subject's treatment on each day, and the cases counted."""

from __future__ import annotations

import calendar
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from tests.independent.recount_entities import (
    ResolvedLog,
    is_nullified,
    survivor_by_duplicate,
    survivor_of,
)
from tests.independent.spellings import (
    folded,
    respelled,
    respelled_case,
    respelled_plan,
    shown_spellings,
)
from tests.independent.wire_records import Record, ordinal


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """One treatment interval; *end* is the first day outside, and None while it is open."""

    entity: str
    treatment: str
    period: str
    start: int
    end: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case that counts; *onset* is None where no date is known."""

    entity: str
    subject: str
    fields: Record
    onset: int | None
    versions: int


@dataclass(slots=True)
class Trial:
    """What tables and evidence are computed from; subjects are those that survive merges."""

    plan: Record
    as_of: int
    intervals: dict[str, list[Interval]] = field(default_factory=dict[str, list[Interval]])
    dispositions: dict[str, list[Record]] = field(default_factory=dict[str, list[Record]])
    doses: dict[str, list[Record]] = field(default_factory=dict[str, list[Record]])
    arms: dict[str, str] = field(default_factory=dict[str, str])
    collected: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    exempt: list[Record] = field(default_factory=list[Record])
    cases: list[Case] = field(default_factory=list[Case])
    days: dict[str, dict[int, Interval]] = field(default_factory=dict[str, dict[int, Interval]])


def trial_of(resolved: ResolvedLog) -> Trial:
    """Return the trial that the active entities of *resolved* describe."""
    entities = active_entities(resolved)
    known_at = {name: entity.known_at for name, entity in resolved.entities.items()}
    shown = shown_spellings(entities, known_at)
    trial = Trial(respelled_plan(shown, resolved.plan or {}), resolved.as_of or 0)
    for name, fields in sorted(entities.items()):
        if fields["type"] == "adverse_event":
            entities[name] = respelled_case(shown, fields)
        if fields["type"] == "collection":
            fields["term"] = respelled(shown, fields["kind"], fields["term"])
        add_entity(trial, name, fields)
    for name, fields in sorted(entities.items()):
        if fields["type"] == "adverse_event":
            versions = resolved.entities[name].accepted
            trial.cases.append(case_of(trial, name, fields, versions))
    for subject in trial.intervals:
        trial.days[subject] = interval_by_day(trial, subject)
    return trial


def active_entities(resolved: ResolvedLog) -> dict[str, Record]:
    """Return the entities that are neither nullified nor merged cases.

    Their subject is the one that survives the merges.
    """
    subjects, cases = (
        survivor_by_duplicate(resolved, "subject"),
        survivor_by_duplicate(resolved, "case"),
    )
    entities: dict[str, Record] = {}
    for name, entity in resolved.entities.items():
        if is_nullified(resolved, name) or (
            entity.fields["type"] == "adverse_event" and name in cases
        ):
            continue
        fields = dict(entity.fields)
        if "subject" in fields:
            fields["subject"] = survivor_of(subjects, fields["subject"])
        entities[name] = fields
    return entities


def add_entity(trial: Trial, name: str, fields: Record) -> None:
    """Add one active entity to the trial; cases are added after all others."""
    match fields["type"]:
        case "treatment":
            trial.intervals.setdefault(fields["subject"], []).append(interval_of(name, fields))
        case "disposition":
            trial.dispositions.setdefault(fields["subject"], []).append(fields)
        case "dose":
            trial.doses.setdefault(fields["subject"], []).append(fields)
        case "not_at_risk":
            trial.exempt.append(fields)
        case "subject" if "randomised_treatment" in fields:
            trial.arms.setdefault(fields["subject"], fields["randomised_treatment"])
        case "collection":
            term, start = (fields["kind"], fields["term"]), ordinal(fields["from"])
            trial.collected[term] = max(trial.collected.get(term, 0), start)
        case _:
            pass


def interval_of(name: str, fields: Record) -> Interval:
    """Return the interval of a treatment record."""
    return Interval(
        entity=name,
        treatment=fields["treatment"],
        period=fields["period"],
        start=ordinal(fields["start"]),
        end=ordinal(fields["end"]) if "end" in fields else None,
    )


def case_of(trial: Trial, name: str, fields: Record, versions: int) -> Case:
    """Return the case of an adverse event record, with the onset that the plan's rule imputes."""
    onset = imputed_onset(trial, fields["subject"], fields["onset"]) if "onset" in fields else None
    return Case(
        entity=name, subject=fields["subject"], fields=fields, onset=onset, versions=versions
    )


def imputed_onset(trial: Trial, subject: str, text: str) -> int:
    """Return the day of an onset; a partial date is imputed by the rule of the plan."""
    numbers = [int(number) for number in text.split("-")]
    if len(numbers) == 3:
        return ordinal(text)
    year, month = numbers[0], numbers[1] if len(numbers) == 2 else None
    first = date(year, month or 1, 1).toordinal()
    last_month = month or 12
    last = date(year, last_month, calendar.monthrange(year, last_month)[1]).toordinal()
    starts = [interval.start for interval in trial.intervals.get(subject, [])]
    rule = trial.plan["dates"]["partial"]
    if rule == "treatment_start" and starts and first <= min(starts) <= last:
        return min(starts)
    return last if rule == "last_day" else first


def interval_at(trial: Trial, subject: str, day: int) -> Interval | None:
    """Return the interval to which *day* counts, or None.

    A day counts to the treatment in force, or to the window of the one that ended last.
    """
    if is_exempt(trial, subject, "any", "any", day):
        return None
    stated = statements_on(trial.intervals.get(subject, []), day)
    covering = [i for i in stated if i.end is None or day < i.end]
    counted = covering or [i for i in stated if i.end == max(j.end or 0 for j in stated)]
    if len({(i.treatment, i.period) for i in counted}) != 1:
        return None
    last = counted[0]
    window = trial.plan["at_risk"]["window_days"]
    if last.end is not None and window != "unbounded" and day >= last.end + window:
        return None
    for disposition in trial.dispositions.get(subject, []):
        if disposition.get("period", last.period) == last.period and day > ordinal(
            disposition["date"]
        ):
            return None
    return last


def is_exempt(trial: Trial, subject: str, kind: str, term: str, day: int) -> bool:
    """Return whether a record says that the subject is not at risk of the term that day."""
    return any(
        fields["subject"] == subject
        and (fields["kind"], folded(fields.get("term", "any"))) == (kind, folded(term))
        and ordinal(fields["from"]) <= day
        and ("to" not in fields or day <= ordinal(fields["to"]))
        for fields in trial.exempt
    )


def statements_on(intervals: list[Interval], day: int) -> list[Interval]:
    """Return the intervals that no later start has ended by *day*.

    A start ends what has begun before, except an interval of the same treatment and period that
    still goes on where no other treatment starts on that day.
    """
    stated: list[Interval] = []
    for start in sorted({interval.start for interval in intervals if interval.start <= day}):
        new = [interval for interval in intervals if interval.start == start]
        names = {(interval.treatment, interval.period) for interval in new}
        united = [
            old
            for old in stated
            if names == {(old.treatment, old.period)} and (old.end is None or old.end > start)
        ]
        stated = united + new
    return stated


def interval_by_day(trial: Trial, subject: str) -> dict[int, Interval]:
    """Return the interval of each day at risk of *subject*, up to the as-of day."""
    first = min(interval.start for interval in trial.intervals[subject])
    days: dict[int, Interval] = {}
    for day in range(first, trial.as_of + 1):
        interval = interval_at(trial, subject, day)
        if interval is not None:
            days[day] = interval
    return days


def unallocated_cases(trial: Trial) -> dict[str, int]:
    """Return the accepted versions of each case of a subject without allocation or treatment."""
    counts: dict[str, int] = defaultdict(int)
    for case in trial.cases:
        if case.subject not in trial.arms and case.subject not in trial.intervals:
            counts[case.entity] = case.versions
    return counts
