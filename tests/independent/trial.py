"""The trial as a log leaves it: who was on what treatment on which day, and which cases stand."""

from __future__ import annotations

import calendar
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from tests.independent.recount_entities import Ledger, merged, survivor, void
from tests.independent.wire_records import Record, ordinal


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """One treatment interval; *end* is the first day outside, or nothing while it is open."""

    thing: str
    treatment: str
    period: str
    start: int
    end: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One standing case; *onset* is nothing where no date is known."""

    thing: str
    subject: str
    said: Record
    onset: int | None
    versions: int


@dataclass(slots=True)
class Trial:
    """All that tables and evidence are computed from; subjects are those that survive merges."""

    plan: Record
    as_of: int
    intervals: dict[str, list[Interval]] = field(default_factory=dict[str, list[Interval]])
    dispositions: dict[str, list[Record]] = field(default_factory=dict[str, list[Record]])
    doses: dict[str, list[Record]] = field(default_factory=dict[str, list[Record]])
    arms: dict[str, str] = field(default_factory=dict[str, str])
    collected: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    cases: list[Case] = field(default_factory=list[Case])
    days: dict[str, dict[int, Interval]] = field(default_factory=dict[str, dict[int, Interval]])


def trial_of(ledger: Ledger) -> Trial:
    """The trial that the standing things of *ledger* describe."""
    trial = Trial(ledger.plan or {}, ledger.as_of or 0)
    things = standing(ledger)
    for name, said in sorted(things.items()):
        place(trial, name, said)
    for name, said in sorted(things.items()):
        if said["type"] == "adverse_event":
            versions = ledger.things[name].accepted
            trial.cases.append(case_of(trial, name, said, versions))
    for subject in trial.intervals:
        trial.days[subject] = day_by_day(trial, subject)
    return trial


def standing(ledger: Ledger) -> dict[str, Record]:
    """Every thing that is neither void nor a merged case, said of the surviving subject."""
    subjects, cases = merged(ledger, "subject"), merged(ledger, "case")
    things: dict[str, Record] = {}
    for name, thing in ledger.things.items():
        if void(ledger, name) or (thing.said["type"] == "adverse_event" and name in cases):
            continue
        said = dict(thing.said)
        if "subject" in said:
            said["subject"] = survivor(subjects, said["subject"])
        things[name] = said
    return things


def place(trial: Trial, name: str, said: Record) -> None:
    """Put one standing thing where the trial looks for it; cases are placed afterwards."""
    match said["type"]:
        case "treatment":
            trial.intervals.setdefault(said["subject"], []).append(interval_of(name, said))
        case "disposition":
            trial.dispositions.setdefault(said["subject"], []).append(said)
        case "dose":
            trial.doses.setdefault(said["subject"], []).append(said)
        case "subject" if "randomised_treatment" in said:
            trial.arms.setdefault(said["subject"], said["randomised_treatment"])
        case "collection":
            trial.collected[said["kind"], said["term"]] = ordinal(said["from"])
        case _:
            pass


def interval_of(name: str, said: Record) -> Interval:
    """The interval a treatment record speaks of."""
    return Interval(
        thing=name,
        treatment=said["treatment"],
        period=said["period"],
        start=ordinal(said["start"]),
        end=ordinal(said["end"]) if "end" in said else None,
    )


def case_of(trial: Trial, name: str, said: Record, versions: int) -> Case:
    """The case an adverse event record speaks of, its onset imputed by the plan's rule."""
    onset = imputed(trial, said["subject"], said["onset"]) if "onset" in said else None
    return Case(thing=name, subject=said["subject"], said=said, onset=onset, versions=versions)


def imputed(trial: Trial, subject: str, text: str) -> int:
    """The day an onset counts on: itself where full, else by the plan's rule for partial dates."""
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


def holder(trial: Trial, subject: str, day: int) -> Interval | None:
    """The interval whose treatment answers for *day*: the last begun, if it still reaches it."""
    begun = [i for i in trial.intervals.get(subject, []) if i.start <= day]
    if not begun:
        return None
    last = max(begun, key=lambda interval: (interval.start, interval.thing))
    window = trial.plan["at_risk"]["window_days"]
    if last.end is not None and window != "unbounded" and day >= last.end + window:
        return None
    for said in trial.dispositions.get(subject, []):
        if said.get("period", last.period) == last.period and day > ordinal(said["date"]):
            return None
    return last


def day_by_day(trial: Trial, subject: str) -> dict[int, Interval]:
    """For every day up to the as-of day on which *subject* is at risk, the interval it is in."""
    first = min(interval.start for interval in trial.intervals[subject])
    days: dict[int, Interval] = {}
    for day in range(first, trial.as_of + 1):
        interval = holder(trial, subject, day)
        if interval is not None:
            days[day] = interval
    return days


def waiting(trial: Trial) -> dict[str, int]:
    """The accepted versions of each case whose subject is neither allocated nor treated."""
    counts: dict[str, int] = defaultdict(int)
    for case in trial.cases:
        if case.subject not in trial.arms and case.subject not in trial.intervals:
            counts[case.thing] = case.versions
    return counts
