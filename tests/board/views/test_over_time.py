"""Compares the page of risk over time with counts by hand."""

from __future__ import annotations

import pytest

from board.views.catalogue import ViewNotFoundError
from board.views.over_time import build
from board.views.times_to_event import arm_times
from tests.board.views.test_rates import proderm


def test_the_intervals_add_up_to_the_rate_table():
    """Person-days and events of the intervals of an arm are those of its cell."""
    view = build(proderm(), {"term": "Headache"})
    ivig, placebo = view.arms[:2]
    assert sum(each.person_days for each in ivig.intervals) == 5327
    assert sum(each.person_days for each in placebo.intervals) == 5152
    assert sum(each.events for each in ivig.intervals) == 30
    assert sum(each.events for each in placebo.intervals) == 12


def test_the_last_step_counts_every_patient_with_an_event():
    """The first events of the steps are the patients of the cell."""
    view = build(proderm(), {"term": "Headache"})
    assert [sum(step.events for step in arm.steps) for arm in view.arms[:2]] == [15, 4]


def test_the_numbers_at_risk_are_those_with_a_later_day():
    """At a step, those whose time has not ended before are at risk."""
    study = proderm().study
    view = build(proderm(), {})
    from board.views.over_time import shown_arms, term_number

    number = term_number(study, {})
    for arm, shown in zip(shown_arms(study), view.arms, strict=True):
        ends = arm_times(study, arm, number).ends
        for step in shown.steps:
            assert step.at_risk == sum(day >= step.day for day, _ in ends)


def test_an_unknown_term_is_not_found():
    """A term without an event, or a kind that does not exist, is refused."""
    for arguments in ({"term": "Plague"}, {"term": "Headache", "kind": "colour"}):
        with pytest.raises(ViewNotFoundError):
            build(proderm(), arguments)
