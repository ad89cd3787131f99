"""Evaluates every watch of a trial day by day and subject by subject, in plain floats."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import inf

from tests.independent.groups import cases_of_term, days_of_term
from tests.independent.likelihood import (
    Factor,
    concurrent_log_e,
    estimated_rate_log_e,
    known_rate_log_e,
)
from tests.independent.recount import recount
from tests.independent.trial import Interval, Trial, interval_at
from tests.independent.wire_records import Record

DAYS_PER_YEAR = 365.25
TERM_KINDS = ("group", "preferred_term", "system_organ_class")

WatchName = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchDesign:
    """What a concurrent watch compares; named and tier 2 watches have the same form."""

    kind: str
    term: str
    treatment: list[str]
    control: list[str]
    period: str
    within_days: int | None = None
    as_randomised: bool
    on_calendar: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """One subject on the time scale of a watch: arm by day, last day seen and first event."""

    arm_by_day: dict[int, str]
    last_day_seen: int
    first_event: int | None
    event_arm: str | None


def evidence(records: Iterable[Record]) -> dict[WatchName, float]:
    """Return log E of every named watch as (id,), and of tier 2 as (kind, term, treatment)."""
    trial = recount(records)
    log_e_by_watch: dict[WatchName, float] = {}
    for watch in trial.plan.get("watches", []):
        log_e_by_watch[(watch["id"],)] = log_e_of(trial, watch)
    for design in screened_designs(trial):
        factors = factors_of(trial, design)
        if factors:
            name = design.kind, design.term, design.treatment[0]
            log_e_by_watch[name] = concurrent_log_e(factors)
    return log_e_by_watch


def log_e_of(trial: Trial, watch: Record) -> float:
    """Return log E of a watch that the plan names."""
    if watch["kind"] == "concurrent":
        return concurrent_log_e(factors_of(trial, design_of(trial, watch)))
    n, days = reference_counts(trial, watch)
    years = days / DAYS_PER_YEAR
    if "rate_per_100_patient_years" in watch:
        return known_rate_log_e(n, watch["rate_per_100_patient_years"] / 100 * years)
    ratio = years / watch["historical_patient_years"]
    return estimated_rate_log_e(n, ratio, watch["historical_events"])


def term_of(watch: Record) -> tuple[str, str]:
    """Return the kind and the name of the term of a watch."""
    if watch.get("any"):
        return "any", "any"
    return next((kind, watch[kind]) for kind in TERM_KINDS if kind in watch)


def design_of(trial: Trial, watch: Record) -> WatchDesign:
    """Return the design of a concurrent watch; its control is the plan's by default."""
    kind, term = term_of(watch)
    return WatchDesign(
        kind=kind,
        term=term,
        treatment=names_of(watch["treatment"]),
        control=names_of(watch.get("control", trial.plan["treatments"]["control"])),
        within_days=watch.get("within_study_days"),
        period=watch["period"],
        as_randomised=watch["analysis"] == "as_randomised",
        on_calendar=watch["time"] == "calendar",
    )


def names_of(arm: str | list[str]) -> list[str]:
    """Return the treatments of an arm: one, or those that a watch pools."""
    return [arm] if isinstance(arm, str) else arm


def screened_designs(trial: Trial) -> list[WatchDesign]:
    """Return tier 2: each coded term without a tier 1 concurrent watch, by active treatment."""
    named = {
        term_of(watch)
        for watch in trial.plan.get("watches", [])
        if watch["kind"] == "concurrent" and watch["tier"] == 1
    }
    kinds = TERM_KINDS[1:]
    coded = {(kind, str(case.fields[kind])) for case in trial.cases for kind in kinds}
    return [
        screening_design(trial, kind, term, treatment)
        for kind, term in sorted(coded - named)
        for treatment in trial.plan["treatments"]["active"]
    ]


def screening_design(trial: Trial, kind: str, term: str, treatment: str) -> WatchDesign:
    """Return the tier 2 design of one term and one active treatment."""
    rule = trial.plan["screening"]
    watch = {kind: term, "treatment": treatment, **rule}
    return design_of(trial, watch)


def factors_of(trial: Trial, design: WatchDesign) -> list[Factor]:
    """Return one factor for every first event up to the as-of day on either arm, by day."""
    first = first_onsets(
        trial, design.kind, design.term, lambda interval: interval.period == design.period
    )
    patients = [patient_of(trial, design, s, first.get(s)) for s in sorted(trial.intervals)]
    factors: list[Factor] = []
    for patient in patients:
        day = patient.first_event
        if day is None or day > patient.last_day_seen:
            continue
        if patient.event_arm in {*design.treatment, *design.control}:
            assert at_risk(patient, day, [patient.event_arm])
            treated = [p for p in patients if at_risk(p, day, design.treatment)]
            control = [p for p in patients if at_risk(p, day, design.control)]
            x = int(patient.event_arm in design.treatment)
            factors.append(Factor(day, x, len(treated), len(control)))
    return sorted(factors)


def at_risk(patient: Patient, day: int, arm: list[str]) -> bool:
    """Return whether *patient* is seen on *arm* that day, without an event on an earlier day."""
    return (
        patient.arm_by_day.get(day) in arm
        and day <= patient.last_day_seen
        and (patient.first_event is None or patient.first_event >= day)
    )


def patient_of(trial: Trial, design: WatchDesign, subject: str, onset: int | None) -> Patient:
    """Return one subject as a concurrent watch sees it, in study days or calendar days."""
    starts = [i.start for i in trial.intervals[subject] if i.period == design.period]
    day_0 = 0 if design.on_calendar else min(starts, default=0)
    arms: dict[int, str] = {}
    for day in days_of_term(trial, design.kind, design.term, subject):
        arm = arm_of(trial, design, subject, trial.days[subject][day])
        if arm is not None and day < end_of_watch(starts, design.within_days):
            arms[day - day_0] = arm
    if onset is not None and onset >= end_of_watch(starts, design.within_days):
        onset = None
    onset_interval = None if onset is None else interval_at(trial, subject, onset)
    return Patient(
        arm_by_day=arms,
        last_day_seen=trial.as_of - day_0,
        first_event=None if onset is None else onset - day_0,
        event_arm=None
        if onset_interval is None
        else arm_of(trial, design, subject, onset_interval),
    )


def end_of_watch(starts: list[int], within_days: int | None) -> float:
    """Return the first day after the study days of a watch, which begin with the first start."""
    return inf if within_days is None else min(starts, default=-inf) + within_days


def arm_of(trial: Trial, design: WatchDesign, subject: str, interval: Interval) -> str | None:
    """Return the arm of a day in *interval*, received or allocated; None outside the period."""
    if interval.period != design.period:
        return None
    return trial.arms.get(subject) if design.as_randomised else interval.treatment


def first_onsets(
    trial: Trial, kind: str, term: str, counts: Callable[[Interval], bool]
) -> dict[str, int]:
    """Return each subject's first onset of the term on a day whose interval *counts*."""
    first: dict[str, int] = {}
    for case in cases_of_term(trial, kind, term):
        interval = interval_at(trial, case.subject, case.onset) if case.onset is not None else None
        if case.onset is not None and interval is not None and counts(interval):
            first[case.subject] = min(case.onset, first.get(case.subject, case.onset))
    return first


def reference_counts(trial: Trial, watch: Record) -> tuple[int, int]:
    """Return the first events up to the as-of day, and the person-days up to each of them."""

    def counts(interval: Interval) -> bool:
        in_period = watch.get("period", interval.period) == interval.period
        return in_period and interval.treatment in names_of(watch["treatment"])

    kind, term = term_of(watch)
    first = first_onsets(trial, kind, term, counts)
    events = person_days = 0
    for subject, intervals in trial.intervals.items():
        starts = [interval.start for interval in intervals if counts(interval)]
        end = end_of_watch(starts, watch.get("within_study_days"))
        onset = first.get(subject, inf)
        events += onset < end and onset <= trial.as_of
        for day in days_of_term(trial, kind, term, subject):
            in_time = day < end and (day <= onset or onset >= end)
            person_days += in_time and counts(trial.days[subject][day])
    return events, person_days
