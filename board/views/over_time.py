"""The page of risk over time: cumulative incidence and the rate by interval, in each arm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from board.views.arms import Arm, compared_arms, later_arms, randomised_periods
from board.views.catalogue import Arguments, ViewNotFoundError
from board.views.facts import StudyFacts
from board.views.screened import finite
from board.views.table import Column, ColumnKind, Table, table_of_items
from board.views.times_to_event import ArmTimes, arm_times
from monitor.plan.watch import Analysis
from monitor.records import TermKind
from monitor.state.shown import shown_term
from monitor.state.study import Study
from monitor.stats.aalen_johansen import IncidencePoint, aalen_johansen
from monitor.stats.garwood import DAYS_IN_100_YEARS, garwood
from monitor.terms import Term

INTERVAL_DAYS = 28
FEW_SUBJECTS = 8
"""Below this number of subjects at risk an interval is marked: its rate says little."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidenceStep:
    """Cumulative incidence in *arm* from *day* on, in percent, with 95 % limits for one look."""

    arm: str
    day: int
    at_risk: int
    events: int
    competing: int
    percent: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalRate:
    """Events in days *first* to *last* of *arm*, by person-days; *rate* per 100 person-years.

    *at_risk* counts the subjects at risk on the first day, and *is_sparse* marks few.
    """

    arm: str
    first: int
    last: int
    at_risk: int
    events: int
    person_days: int
    rate: float | None
    low: float | None
    high: float | None
    is_sparse: bool

    @property
    def few(self) -> str:
        """The mark of an interval with few subjects."""
        return f"fewer than {FEW_SUBJECTS}" if self.is_sparse else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmOverTime:
    """One arm: subjects, its steps of incidence, and its intervals."""

    label: str
    subjects: int
    longest_days: int
    steps: Sequence[IncidenceStep]
    intervals: Sequence[IntervalRate]

    @property
    def chart_row(self) -> ChartRow:
        """What the chart of incidence shows of the arm."""
        steps = [(step.day, step.percent) for step in self.steps]
        at_risk = [(each.first, each.at_risk) for each in self.intervals]
        return self.label, self.longest_days, steps, at_risk


ChartRow = tuple[str, int, Sequence[tuple[int, float]], Sequence[tuple[int, int]]]
"""Label, longest days, steps of day and percent, and subjects at risk by day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TermChoice:
    """A term that the page offers."""

    term: str
    kind: str
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OverTimeView:
    """The page for one term."""

    term: str
    kind: str
    sentence: str
    arms: Sequence[ArmOverTime]
    chart_rows: Sequence[ChartRow]
    interval_days: int
    few_subjects: int
    choices: Sequence[TermChoice]
    tables: tuple[Table, ...]


def build(facts: StudyFacts, arguments: Arguments) -> OverTimeView:
    """Return the page of the term in *arguments*, else of the first tier 1 watch."""
    study = facts.study
    number = term_number(study, arguments)
    term = shown_term(study, number)
    arms = [_arm_over_time(arm_times(study, arm, number)) for arm in shown_arms(study)]
    return OverTimeView(
        term=term.name,
        kind=term.kind.value,
        sentence=_sentence(term, arms),
        arms=arms,
        chart_rows=[arm.chart_row for arm in arms],
        interval_days=INTERVAL_DAYS,
        few_subjects=FEW_SUBJECTS,
        choices=_choices(study, term),
        tables=(incidence_table(arms), interval_table(arms)),
    )


def shown_arms(study: Study) -> list[Arm]:
    """Return the arms of the page: those of the first randomised period, then of the others."""
    periods, arms = randomised_periods(study.plan), list[Arm]()
    if periods:
        for treatment in study.plan.active_treatments:
            pair = compared_arms(study, periods[0], Analysis.AS_TREATED, treatment)
            arms += [arm for arm in pair if arm not in arms]
    return [*arms, *later_arms(study)]


def term_number(study: Study, arguments: Arguments) -> int:
    """Return the number of the term in *arguments*; raises ViewNotFoundError for an unknown one."""
    if "term" not in arguments:
        return study.vocabulary.number_of(_default_term(study).folded)
    kind = arguments.get("kind", TermKind.PREFERRED_TERM.value)
    if kind not in tuple(TermKind):
        raise ViewNotFoundError(f"`kind` is none of {', '.join(TermKind)}.")
    wanted = Term(TermKind(kind), arguments["term"]).folded
    counted = {number for table in study.tables for number in table}
    for number in counted | {study.vocabulary.number_of(each.term) for each in study.plan.groups}:
        if study.vocabulary[number] == wanted:
            return number
    raise ViewNotFoundError("The study has no event with this term.")


def incidence_table(arms: Sequence[ArmOverTime]) -> Table:
    """Return the steps of all arms."""
    count, percent = ColumnKind.COUNT, ColumnKind.PERCENT
    return table_of_items(
        (step for arm in arms for step in arm.steps),
        Column(key="arm", label="Arm"),
        Column(key="day", label="Day", kind=count),
        Column(key="at_risk", label="At risk", kind=count, unit="patients"),
        Column(key="events", label="First events", kind=count),
        Column(key="competing", label="Deaths before", kind=count),
        Column(key="percent", label="Incidence", kind=percent),
        Column(key="low", label="95 % from", kind=percent, unit="nominal"),
        Column(key="high", label="95 % to", kind=percent, unit="nominal"),
        name="incidence",
        caption="Cumulative incidence of the first event, with death competing",
        note="Days are counted from the first day in the arm.  Limits are for one look.",
    )


def interval_table(arms: Sequence[ArmOverTime]) -> Table:
    """Return the intervals of all arms."""
    count, number = ColumnKind.COUNT, ColumnKind.NUMBER
    return table_of_items(
        (interval for arm in arms for interval in arm.intervals),
        Column(key="arm", label="Arm"),
        Column(key="first", label="From day", kind=count),
        Column(key="last", label="To day", kind=count),
        Column(key="at_risk", label="At risk", kind=count, unit="patients"),
        Column(key="events", label="Events", kind=count),
        Column(key="person_days", label="Person-days", kind=count),
        Column(key="rate", label="Rate", kind=number, unit="per 100 person-years"),
        Column(key="low", label="95 % from", kind=number, unit="nominal"),
        Column(key="high", label="95 % to", kind=number, unit="nominal"),
        Column(key="few", label="Few patients"),
        name="intervals",
        caption=f"Rate by interval of {INTERVAL_DAYS} days",
        note="Garwood's limits, for one look.  All events count, not only first ones.",
    )


def _default_term(study: Study) -> Term:
    for watch in study.plan.watches:
        if watch.tier == 1:
            return watch.term
    return Term(TermKind.ANY, "any")


def _arm_over_time(times: ArmTimes) -> ArmOverTime:
    return ArmOverTime(
        label=times.label,
        subjects=len(times.ends),
        longest_days=times.longest_days,
        steps=[_step(times.label, point) for point in aalen_johansen(times.ends)],
        intervals=[
            _interval(times, first) for first in range(0, times.longest_days, INTERVAL_DAYS)
        ],
    )


def _step(arm: str, point: IncidencePoint) -> IncidenceStep:
    value, low, high = point.incidence
    return IncidenceStep(
        arm=arm,
        day=point.day,
        at_risk=point.at_risk,
        events=point.events,
        competing=point.competing,
        percent=100 * (value or 0.0),
        low=100 * low,
        high=100 * high,
    )


def _interval(times: ArmTimes, first: int) -> IntervalRate:
    after = first + INTERVAL_DAYS
    person_days = sum(
        max(0, min(end, after) - max(start, first)) for start, end in times.days_at_risk
    )
    at_risk = sum(start <= first < end for start, end in times.days_at_risk)
    events = sum(first <= day < after for day in times.event_days)
    rate = garwood(events, person_days / DAYS_IN_100_YEARS) if person_days else None
    return IntervalRate(
        arm=times.label,
        first=first,
        last=after - 1,
        at_risk=at_risk,
        events=events,
        person_days=person_days,
        rate=rate and rate.value,
        low=None if rate is None else finite(rate.low),
        high=None if rate is None else finite(rate.high),
        is_sparse=at_risk < FEW_SUBJECTS,
    )


def _choices(study: Study, current: Term) -> list[TermChoice]:
    terms = dict.fromkeys(watch.term for watch in study.plan.watches)
    terms |= dict.fromkeys(group.term for group in study.plan.groups)
    terms |= {Term(TermKind.ANY, "any"): None, current: None}
    return [
        TermChoice(term=term.name, kind=term.kind.value, is_current=term == current)
        for term in terms
    ]


def _sentence(term: Term, arms: Sequence[ArmOverTime]) -> str:
    last = [(arm, arm.steps[-1]) for arm in arms if arm.steps]
    if not last:
        return f"No first event of {term.name} is counted."
    arm, step = max(last, key=lambda each: each[1].percent)
    name = f"{term.name[:1].upper()}{term.name[1:].replace('_', ' ')}"
    return f"{name}: highest on {arm.label}, {step.percent:.0f} % by day {step.day}."
