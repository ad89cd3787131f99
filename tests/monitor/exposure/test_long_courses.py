"""Courses of many intervals, doses or years: the counts are exact, and tables stay small."""

from __future__ import annotations

from datetime import date
from itertools import chain, pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from monitor.dates import FOREVER
from monitor.exposure.at_risk import AtRiskInterval
from monitor.exposure.doses import DoseCoverage, DosedDays
from monitor.exposure.first_events import FirstEvents
from monitor.exposure.follow_up import clip_to_collection as intervals_since
from monitor.exposure.risk_sets import IntervalColumns
from monitor.plan.plan import ARMS_MAX
from monitor.records import Record
from tests.monitor.builders import DAY_0, allocated, case, dosed, retracted, tick_record, treated
from tests.monitor.small_plans import concurrent_watch, plan_of, toml_table
from tests.monitor.trial import Trial, trial, two_arms

ARMS, LAST = 3, 30
NEVER = date.max.toordinal()


@st.composite
def subject_intervals(draw: st.DrawFn) -> tuple[AtRiskInterval, ...]:
    """Up to four intervals of one subject on any arms, and sometimes one far in the future."""
    day_0 = draw(st.integers(0, 12))
    cuts = sorted(draw(st.sets(st.integers(0, 25), max_size=8)) | {0})
    intervals = [
        AtRiskInterval(draw(st.integers(0, ARMS - 1)), day_0, enter, leave)
        for enter, leave in zip(cuts[::2], cuts[1::2], strict=False)
    ]
    if draw(st.booleans()):
        far = draw(st.sampled_from((26, 40, NEVER - day_0)))
        intervals.append(
            AtRiskInterval(draw(st.integers(0, ARMS - 1)), day_0, far, FOREVER - day_0)
        )
    return tuple(intervals)


def events_of(onsets: dict[int, int], since: int) -> FirstEvents:
    """First events by subject; the arm of each is looked up in the intervals."""
    events = FirstEvents(0, None, None, since)
    for subject, onset in onsets.items():
        events.add_event(subject, onset * ARMS_MAX, ())
    return events


def events_with_risk_sets(
    intervals: list[tuple[AtRiskInterval, ...]], onsets: dict[int, int], day: int, since: int
) -> list[tuple[int, ...]]:
    """For each first event its arm and the numbers at risk on each arm, counted one by one."""
    rows: list[tuple[int, ...]] = []
    for subject, onset in onsets.items():
        for own in intervals_since(intervals[subject], since):
            at = onset - own.day_0
            if own.enter <= at < own.leave and onset <= day:
                rows.append(
                    (
                        own.arm,
                        *(count_at_risk(intervals, onsets, a, at, day, since) for a in range(ARMS)),
                    )
                )
    return sorted(rows)


def count_at_risk(
    intervals: list[tuple[AtRiskInterval, ...]],
    onsets: dict[int, int],
    arm: int,
    at: int,
    day: int,
    since: int,
) -> int:
    """The number on *arm* at risk on study day *at* as of *day*, without earlier events."""
    return sum(
        interval.arm == arm
        and interval.enter <= at < interval.leave
        and interval.day_0 + at <= day
        and not (subject in onsets and onsets[subject] - interval.day_0 < at)
        for subject, own in enumerate(intervals)
        for interval in intervals_since(own, since)
    )


@given(
    intervals=st.lists(subject_intervals(), min_size=1, max_size=8),
    moved=st.lists(st.tuples(st.integers(0, 7), subject_intervals()), max_size=4),
    onset_days=st.dictionaries(st.integers(0, 7), st.integers(0, LAST), max_size=8),
    day=st.integers(0, LAST),
    since=st.sampled_from((0, 0, 6, NEVER)),
)
def test_risk_sets_equal_those_counted_one_by_one(
    intervals: list[tuple[AtRiskInterval, ...]],
    moved: list[tuple[int, tuple[AtRiskInterval, ...]]],
    onset_days: dict[int, int],
    day: int,
    since: int,
):
    """Holds for several intervals a subject, far intervals and changes; the table stays short."""
    columns = IntervalColumns.from_intervals(ARMS, intervals)
    for subject, changed in moved:
        if subject < len(intervals):
            intervals[subject] = changed
            columns.set_intervals(subject, changed)
    onsets = {
        who: onset for who, onset in onset_days.items() if who < len(intervals) and onset >= since
    }
    risk_sets = columns.count_risk_sets(events_of(onsets, since), day)

    sets = np.concatenate((risk_sets.event_arm[None, :], risk_sets.at_risk)).T.tolist()
    assert sorted(map(tuple, sets)) == events_with_risk_sets(intervals, onsets, day, since)
    assert columns.snapshot(day, since).day_count <= LAST + 2


def cycles(who: str, arm: str, *edges: int) -> list[Record]:
    """*who* receives *arm* from each of *edges* to the next, each cycle a separate interval."""
    pairs = pairwise(edges)
    return [allocated(who, arm), *(treated(who, arm, start, end) for start, end in pairs)]


def trial_in_cycles(*edges: int) -> Trial:
    """Three subjects an arm, treated in cycles; the three on active have the event."""
    courses = [cycles(f"{arm[0]}{n}", arm, *edges) for arm in ("act", "ctl") for n in range(3)]
    cases = [case(f"k{n}", f"a{n}", 30 + n) for n in range(3)]
    return trial(plan_of(concurrent_watch()), *chain(*courses), *cases, tick_record(70))


def test_a_course_of_adjacent_cycles_counts_as_one_course():
    """Cycles on one arm are no crossover: same evidence, computed the same cheap way."""
    whole, in_cycles = trial_in_cycles(0, 56), trial_in_cycles(0, 14, 28, 42, 56)

    assert in_cycles.log_e_value("clots") == whole.log_e_value("clots")
    tables = in_cycles.study.follow_ups.values()
    assert all(len(intervals) <= 1 for table in tables for intervals in table.intervals)
    assert in_cycles.row("any").person_days == whole.row("any").person_days


@given(
    doses=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 30)), max_size=8),
    onset=st.integers(0, 80),
    days=st.integers(0, 9),
)
def test_an_onset_near_any_dose_is_near_a_dose(doses: list[tuple[int, int]], onset: int, days: int):
    """An early administration may end after a later one."""
    dosed_days = tuple(sorted(DosedDays(first, first + lasts) for first, lasts in doses))

    assert DoseCoverage.of(dosed_days).is_near(onset, days) == any(
        dose.first <= onset <= dose.last + days for dose in dosed_days
    )


@given(st.permutations(range(8)), st.sets(st.integers(0, 7)), st.sets(st.integers(0, 7)))
def test_doses_are_sorted_in_any_order_of_arrival(
    order: list[int], edited: set[int], void: set[int]
):
    """Late, corrected and retracted doses give the same sorted list."""
    group = toml_table("groups.infusional", within_days_after_dose=1)
    scenario = trial(plan_of(groups=group), *two_arms(1), case("c1", "A1", 9, known=90))
    for number in order:
        scenario.submit(dosed("A1", number * 3, number * 3 + number % 2))
        if number in edited:
            later = dosed("A1", number * 3, number * 3 + 1)._replace(version=2)
            scenario.submit(later, later._replace(version=3, digest=number))
        if number in void:
            scenario.submit(retracted(f"v{number}", f"edc/dose-A1-{number * 3}"))
    subject = scenario.study.subjects["A1"]

    assert subject.doses == scenario.study.doses_of(subject)
    assert list(subject.doses) == sorted(
        DosedDays(DAY_0 + n * 3, DAY_0 + n * 3 + (1 if n in edited else n % 2))
        for n in range(8)
        if n not in void
    )
    near = any(dose.first - DAY_0 <= 9 <= dose.last - DAY_0 + 1 for dose in subject.doses)
    assert scenario.counts("infusional") == (near, near)
