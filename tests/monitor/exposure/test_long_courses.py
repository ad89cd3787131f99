"""Courses of many intervals, doses or years: the same counts, and no more work for each record."""

from __future__ import annotations

from datetime import date
from itertools import chain, pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from monitor.dates import FOREVER
from monitor.exposure.at_risk import AtRiskInterval
from monitor.exposure.first_events import FirstEvents
from monitor.exposure.follow_up import clip_to_collection as stays_since
from monitor.exposure.risk_sets import IntervalColumns
from monitor.plan.plan import ARMS_MAX
from monitor.records import Record
from monitor.terms import DosedDays, is_near_dose
from tests.monitor.builders import DAY_0, allocated, case, dosed, retracted, tick_record, treated
from tests.monitor.small_plans import concurrent_watch, plan_of, toml_table
from tests.monitor.trial import Trial, trial, two_arms

ARMS, LAST = 3, 30
NEVER = date.max.toordinal()


@st.composite
def subject_intervals(draw: st.DrawFn) -> tuple[AtRiskInterval, ...]:
    """Up to four stays of one subject, apart or not, on whichever arms; the last may be far off."""
    day_0 = draw(st.integers(0, 12))
    cuts = sorted(draw(st.sets(st.integers(0, 25), max_size=8)) | {0})
    stays = [
        AtRiskInterval(draw(st.integers(0, ARMS - 1)), day_0, enter, leave)
        for enter, leave in zip(cuts[::2], cuts[1::2], strict=False)
    ]
    if draw(st.booleans()):
        far = draw(st.sampled_from((26, 40, NEVER - day_0)))
        stays.append(AtRiskInterval(draw(st.integers(0, ARMS - 1)), day_0, far, FOREVER - day_0))
    return tuple(stays)


def events_of(onsets: dict[int, int], since: int) -> FirstEvents:
    """First events by subject; which arm they were on is looked up in the stays."""
    events = FirstEvents(0, None, None, since)
    for subject, onset in onsets.items():
        events.add_event(subject, onset * ARMS_MAX, ())
    return events


def events_with_risk_sets(
    held: list[tuple[AtRiskInterval, ...]], onsets: dict[int, int], day: int, since: int
) -> list[tuple[int, ...]]:
    """The arm of each first event and who was at risk on each, counted one by one."""
    found: list[tuple[int, ...]] = []
    for subject, onset in onsets.items():
        for own in stays_since(held[subject], since):
            at = onset - own.day_0
            if own.enter <= at < own.leave and onset <= day:
                found.append(
                    (
                        own.arm,
                        *(count_at_risk(held, onsets, a, at, day, since) for a in range(ARMS)),
                    )
                )
    return sorted(found)


def count_at_risk(
    held: list[tuple[AtRiskInterval, ...]],
    onsets: dict[int, int],
    arm: int,
    at: int,
    day: int,
    since: int,
) -> int:
    """Those on *arm* at risk on study day *at* as of *day*: none who had the event earlier."""
    return sum(
        stay.arm == arm
        and stay.enter <= at < stay.leave
        and stay.day_0 + at <= day
        and not (subject in onsets and onsets[subject] - stay.day_0 < at)
        for subject, stays in enumerate(held)
        for stay in stays_since(stays, since)
    )


@given(
    held=st.lists(subject_intervals(), min_size=1, max_size=8),
    moved=st.lists(st.tuples(st.integers(0, 7), subject_intervals()), max_size=4),
    places=st.dictionaries(st.integers(0, 7), st.integers(0, LAST), max_size=8),
    day=st.integers(0, LAST),
    since=st.sampled_from((0, 0, 6, NEVER)),
)
def test_risk_sets_of_whoever_came_and_went_are_those_counted_one_by_one(
    held: list[tuple[AtRiskInterval, ...]],
    moved: list[tuple[int, tuple[AtRiskInterval, ...]]],
    places: dict[int, int],
    day: int,
    since: int,
):
    """Several stays, stays far ahead, corrections: and no table longer than the days there were."""
    columns = IntervalColumns.from_intervals(ARMS, held)
    for subject, stays in moved:
        if subject < len(held):
            held[subject] = stays
            columns.set_intervals(subject, stays)
    onsets = {who: onset for who, onset in places.items() if who < len(held) and onset >= since}
    found = columns.count_risk_sets(events_of(onsets, since), day)

    sets = np.concatenate((found.event_arm[None, :], found.at_risk)).T.tolist()
    assert sorted(map(tuple, sets)) == events_with_risk_sets(held, onsets, day, since)
    assert columns.snapshot(day, since).day_count <= LAST + 2


def cycles(who: str, arm: str, *edges: int) -> list[Record]:
    """*who* receives *arm* from each of *edges* to the next, each cycle an interval of its own."""
    pairs = pairwise(edges)
    return [allocated(who, arm), *(treated(who, arm, start, end) for start, end in pairs)]


def trial_in_cycles(*edges: int) -> Trial:
    """Three patients an arm, whose courses are told in cycles; three on active have the event."""
    courses = [cycles(f"{arm[0]}{n}", arm, *edges) for arm in ("act", "ctl") for n in range(3)]
    cases = [case(f"k{n}", f"a{n}", 30 + n) for n in range(3)]
    return trial(plan_of(concurrent_watch()), *chain(*courses), *cases, tick_record(70))


def test_a_course_that_is_told_cycle_by_cycle_is_one_course():
    """Nobody has crossed: the same evidence, by the same cheap way."""
    whole, parted = trial_in_cycles(0, 56), trial_in_cycles(0, 14, 28, 42, 56)

    assert parted.log_e_value("clots") == whole.log_e_value("clots")
    assert not any(table.has_crossover for table in parted.study.follow_ups.values())
    assert parted.row("any").person_days == whole.row("any").person_days


@given(
    doses=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 30)), max_size=8),
    onset=st.integers(0, 80),
    days=st.integers(0, 9),
)
def test_an_onset_is_near_a_dose_whichever_it_is(
    doses: list[tuple[int, int]], onset: int, days: int
):
    """An early administration may last longer than a later one."""
    held = tuple(sorted(DosedDays(first, first + lasts) for first, lasts in doses))

    assert is_near_dose(onset, held, days) == any(
        dose.first <= onset <= dose.last + days for dose in held
    )


@given(st.permutations(range(8)), st.sets(st.integers(0, 7)), st.sets(st.integers(0, 7)))
def test_doses_are_in_order_however_they_come(order: list[int], edited: set[int], void: set[int]):
    """Late, corrected, taken back: what is held is what all of them together say."""
    group = toml_table("groups.infusional", within_days_after_dose=1)
    found = trial(plan_of(groups=group), *two_arms(1), case("c1", "A1", 9, known=90))
    for number in order:
        found.submit(dosed("A1", number * 3, number * 3 + number % 2))
        if number in edited:
            later = dosed("A1", number * 3, number * 3 + 1)._replace(version=2)
            found.submit(later, later._replace(version=3, digest=number))
        if number in void:
            found.submit(retracted(f"v{number}", f"edc/dose-A1-{number * 3}"))
    subject = found.study.subjects["A1"]

    assert subject.doses == found.study.doses_of(subject)
    assert list(subject.doses) == sorted(
        DosedDays(DAY_0 + n * 3, DAY_0 + n * 3 + (1 if n in edited else n % 2))
        for n in range(8)
        if n not in void
    )
    near = any(dose.first - DAY_0 <= 9 <= dose.last - DAY_0 + 1 for dose in subject.doses)
    assert found.counts("infusional") == (near, near)
