"""Compares every upper bound of log E with the exact value: no bound may be too low."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.exposure.first_events import FirstEvents
from monitor.exposure.follow_up import FollowUp
from monitor.exposure.person_time import Spell
from monitor.plan.watch import Analysis, TimeScale
from monitor.stats.concurrent import PartialLikelihood
from monitor.stats.e_value import log_e, log_e_bound_of_treated
from monitor.stats.log_e_bounds import log_e_bound_of_excess, log_e_bound_of_shares
from monitor.stats.reference import EstimatedRate, KnownRate
from tests.independent.risk_sets import (
    exact_risk_sets,
    risk_sets_one_by_one,
    set_first_event,
    treated_events,
)

ROUNDING = 1e-9
ARMS = 3
"""Control, treatment, and a second treatment that the watch does not compare."""

pairs = st.lists(
    st.tuples(st.integers(0, 1), st.floats(0.0, 1.0, exclude_min=True)), min_size=1, max_size=60
)


@dataclass(frozen=True, slots=True)
class Person:
    """The spells of one subject in period 0, in calendar days, and the day of its first event."""

    spells: tuple[Spell, ...]
    onset: int | None


@st.composite
def persons(draw: st.DrawFn) -> Person:
    """Draw one to three spells with or without gaps, and perhaps an event in one of them."""
    day = draw(st.integers(0, 30))
    spells: list[Spell] = []
    for _ in range(draw(st.sampled_from((1, 1, 1, 2, 3)))):
        end = day + draw(st.integers(1, 40))
        spells.append(Spell(day, end, 0, draw(st.integers(0, ARMS - 1))))
        day = end + draw(st.sampled_from((0, 0, 5)))
    spell_of_onset = draw(st.sampled_from(spells))
    onset = draw(st.none() | st.integers(spell_of_onset.start, spell_of_onset.end - 1))
    return Person(tuple(spells), onset)


def follow_up_of(
    people: list[Person], scale: TimeScale, since: int
) -> tuple[FollowUp, FirstEvents]:
    """Return a follow-up table, as treated, and first events of a term collected from *since*."""
    follow_up = FollowUp(0, Analysis.AS_TREATED, scale, ARMS)
    first = FirstEvents(term=0, period=0, treatment=None, collected_from=since)
    for number, person in enumerate(people):
        follow_up.update_subject(number, person.spells, ((0, person.spells[0].start),), None)
        if person.onset is not None and person.onset >= since:
            set_first_event(first, number, person.onset, person.spells)
    return follow_up, first


@given(
    people=st.lists(persons(), min_size=1, max_size=14),
    scale=st.sampled_from(TimeScale),
    since=st.sampled_from((0, 0, 12)),
    day=st.integers(0, 100),
    control=st.sampled_from((0, 2)),
)
def test_risk_sets_computed_one_by_one_equal_those_computed_together(
    people: list[Person], scale: TimeScale, since: int, day: int, control: int
):
    """Both ways give the same risk sets to the bit, and every bound is at least log E.

    Subjects drop out, a third arm and a late collection occur, and some events are after the
    as-of day, and subjects cross over.
    """
    follow_up, first = follow_up_of(people, scale, since)
    sets = exact_risk_sets(follow_up, first, day, 1, control)
    evidence = log_e(sets.log_likelihood)

    one_by_one = risk_sets_one_by_one(follow_up, first, day, 1, control)

    assert one_by_one.key == sets.key
    assert log_e(one_by_one.log_likelihood) == evidence
    assert one_by_one.log_e_bound() >= evidence - ROUNDING
    excess = sets.treated - sets.expected
    assert log_e_bound_of_excess(excess) >= evidence - ROUNDING
    for floor in (excess - 0.5, excess + 0.5):
        stopped_early = follow_up.count_event_days(first, day, 1, control, floor) is None
        assert stopped_early <= (excess < floor + ROUNDING)
    assert one_by_one.log_e_bound(minimum=1.0) >= min(evidence - ROUNDING, 1.0)
    assert log_e_bound_of_treated(treated_events(first, 1)) >= evidence - ROUNDING


@given(
    people=st.lists(persons(), min_size=1, max_size=14),
    scale=st.sampled_from(TimeScale),
    day=st.integers(0, 100),
    allocated=st.lists(st.integers(0, 1), min_size=14, max_size=14),
)
def test_all_first_events_bound_the_evidence_as_randomised(
    people: list[Person], scale: TimeScale, day: int, allocated: list[int]
):
    """As randomised, the arm of an event is not its treatment, so all events may be treated."""
    follow_up, first = follow_up_of(people, scale, 0)
    follow_up = FollowUp(0, Analysis.AS_RANDOMISED, scale, ARMS)
    for number, person in enumerate(people):
        follow_up.update_subject(
            number, person.spells, ((0, person.spells[0].start),), allocated[number]
        )
    sets = exact_risk_sets(follow_up, first, day, 1, 0)

    assert sets.events <= len(first)
    assert log_e_bound_of_treated(len(first)) >= log_e(sets.log_likelihood) - ROUNDING


@given(pairs)
def test_the_bound_from_the_shares_is_never_below_the_evidence(history: list[tuple[int, float]]):
    """The bound uses only the smallest, the largest and the mean share."""
    share = np.array([each for _, each in history])
    treated = sum(x for x, _ in history)
    sets = PartialLikelihood(treated=treated, events=len(history), shares=share)

    assert sets.log_e_bound() >= log_e(sets.log_likelihood) - ROUNDING
    assert log_e_bound_of_treated(treated) >= log_e(sets.log_likelihood) - ROUNDING


@given(pairs, st.data())
def test_smaller_shares_only_raise_the_bound(history: list[tuple[int, float]], data: st.DataObject):
    """The product may bound the treated shares from below instead of computing them."""
    share = np.array([each for _, each in history])
    treated = sum(x for x, _ in history)
    factor = data.draw(st.lists(st.floats(0, 1), min_size=len(share), max_size=len(share)))
    smaller_shares = share * np.array(factor)
    ends = (float(smaller_shares.min()), float(smaller_shares.max()), float(smaller_shares.mean()))

    sets = PartialLikelihood(treated=treated, events=len(history), shares=share)

    assert (
        log_e_bound_of_shares(treated, len(history), *ends) >= log_e(sets.log_likelihood) - ROUNDING
    )


@given(st.floats(0.01, 0.99), st.integers(1, 200), st.data())
def test_the_bound_is_tight_where_all_shares_are_equal(
    share: float, events: int, data: st.DataObject
):
    """A loose bound would decide nothing: here only the rounding to 1/64 is lost."""
    treated = data.draw(st.integers(0, events))
    rounded_share = round(share * 64) / 64
    sets = PartialLikelihood(treated=treated, events=events, shares=np.full(events, rounded_share))

    assert sets.log_e_bound() == pytest.approx(log_e(sets.log_likelihood), rel=1e-9, abs=1e-9)


def test_without_events_e_and_its_bounds_are_1():
    """Before the first event log E is 0, and so is every bound."""
    no_events = PartialLikelihood(treated=0, events=0, shares=np.array([]))

    assert log_e(no_events.log_likelihood) == pytest.approx(0.0, abs=1e-12)
    assert no_events.log_e_bound() == 0.0
    assert log_e_bound_of_treated(0) == pytest.approx(0.0, abs=1e-12)


@given(st.integers(0, 60), st.floats(1e-9, 50), st.integers(1, 40), st.floats(0.001, 5))
def test_events_alone_bound_a_reference_watch(
    events: int, expected: float, history: int, ratio: float
):
    """Person-time without events only lowers E."""
    limit = log_e_bound_of_treated(events) + ROUNDING

    assert log_e(KnownRate(events, expected).log_likelihood) <= limit
    assert log_e(EstimatedRate(events, history, ratio).log_likelihood) <= limit


@given(st.lists(persons(), min_size=1, max_size=10), st.integers(0, 100), st.data())
def test_the_order_of_updates_of_the_follow_up_table_does_not_matter(
    people: list[Person], day: int, data: st.DataObject
):
    """Neither does an earlier entry of a subject that is corrected later."""
    shuffled = data.draw(st.permutations(people))
    in_order, reordered = (follow_up_of(each, TimeScale.STUDY, 0) for each in (people, shuffled))
    for number, person in enumerate(shuffled):
        reordered[0].update_subject(
            number, (Spell(0, 90, 0, 2), Spell(95, 99, 0, 1)), ((0, 0),), None
        )
        reordered[0].update_subject(number, person.spells, ((0, person.spells[0].start),), None)

    values = [
        log_e(exact_risk_sets(*each, day, 1, 0).log_likelihood) for each in (in_order, reordered)
    ]

    assert values[0] == pytest.approx(values[1], rel=1e-9, abs=1e-9)
