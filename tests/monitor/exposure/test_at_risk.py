"""Who is at risk on what, and since when: windows, crossover, exits."""

from __future__ import annotations

import pytest

from tests.monitor.builders import (
    allocated,
    case,
    day,
    tick_record,
    treated,
    withdrawn,
)
from tests.monitor.small_plans import concurrent_watch, plan_of
from tests.monitor.trial import Trial, trial, two_arms


def one_patient(*records, window: int | str = 0, **said: str) -> Trial:
    """A study of one patient's *records*, looked at on day 100."""
    return trial(plan_of(window=window, **said), allocated("A1", "act"), *records, tick_record(100))


def person_days(found: Trial, treatment: str = "act", period: str = "all") -> int:
    """Person-days on a treatment."""
    return found.row("any", treatment, period).person_days


@pytest.mark.parametrize(("window", "expected"), [(0, 20), (7, 27), (200, 101), ("unbounded", 101)])
def test_a_treatment_answers_for_its_window(window: int | str, expected: int):
    """The end is the first day outside; the window follows; today ends everything."""
    found = one_patient(treated("A1", "act", 0, 20), case("c1", "A1", 19), window=window)

    assert person_days(found) == expected


@pytest.mark.parametrize(("onset", "emergent"), [(19, 1), (20, 1), (26, 1), (27, 0)])
def test_an_event_in_the_window_belongs_to_the_treatment(onset: int, emergent: int):
    """Day 26 is the last of seven; day 27 answers to nothing, and a data manager is told."""
    found = one_patient(treated("A1", "act", 0, 20), case("c1", "A1", onset), window=7)

    assert found.counts("any") == (emergent, emergent)
    assert found.findings.get("not_treatment_emergent", 0) == 1 - emergent


def test_the_next_treatment_ends_the_window_of_the_last():
    """Crossover splits person-time: each day answers to one treatment."""
    switch = [treated("A1", "ctl", 0, 20), treated("A1", "act", 25, 40)]
    found = one_patient(*switch, case("c1", "A1", 24), case("c2", "A1", 25), window=28)

    assert (person_days(found, "ctl"), person_days(found, "act")) == (25, 43)
    assert (found.counts("DVT", "ctl"), found.counts("DVT", "act")) == ((1, 1), (1, 1))


def test_an_interval_that_overlaps_a_later_one_is_cut_at_its_start():
    """Two reports of treatment at once: the later start wins from there on."""
    found = one_patient(
        treated("A1", "ctl", 0, 50), treated("A1", "act", 30, 60), case("c1", "A1", 35)
    )

    assert (person_days(found, "ctl"), person_days(found, "act")) == (30, 30)
    assert found.counts("DVT", "act") == (1, 1)


def test_days_between_two_intervals_answer_to_nothing():
    """Without a window the pause is nobody's time at risk."""
    found = one_patient(
        treated("A1", "act", 0, 10), treated("A1", "act", 30, 40), case("c1", "A1", 35)
    )

    assert person_days(found) == 20
    assert found.row().person_days_to_first == 10 + 6


def test_an_exit_ends_the_window_with_its_day():
    """The last day of follow-up is a day of follow-up."""
    found = one_patient(
        treated("A1", "act", 0, 20), withdrawn("A1", 22), case("c1", "A1", 22), window=28
    )

    assert person_days(found) == 23
    assert found.counts() == (1, 1)


def test_an_exit_from_a_period_ends_only_that_period():
    """Who left the first period may be in the next."""
    periods = [treated("A1", "ctl", 0, 20), treated("A1", "act", 30, 40, period="later")]
    found = one_patient(*periods, withdrawn("A1", 9, period="first"), case("c1", "A1", 30))

    assert (person_days(found, "ctl", "first"), person_days(found, "act", "later")) == (10, 10)


def test_treatment_after_leaving_the_study_is_no_time_at_risk():
    """The exit holds for the study where it names no period."""
    found = one_patient(
        treated("A1", "act", 0, 20), withdrawn("A1", 9), treated("A1", "act", 30, 40)
    )

    assert person_days(found) == 10


def test_open_treatment_goes_on():
    """No end is no end."""
    assert person_days(one_patient(treated("A1", "act", 0))) == 101


def test_a_corrected_interval_moves_its_events():
    """The end was wrong: what was outside is in, at the next version."""
    found = one_patient(treated("A1", "act", 0, 10), case("c1", "A1", 15))
    assert found.counts() == (0, 0)

    found.submit(treated("A1", "act", 0, 20, version=2))

    assert (found.counts(), person_days(found)) == ((1, 1), 20)


def test_as_randomised_an_event_after_crossover_counts_for_the_allocated_arm():
    """As treated for the one received: the plan says which."""
    watches = [
        concurrent_watch("t", tier=3),
        concurrent_watch("r", tier=3, analysis="as_randomised"),
    ]
    crossed = [allocated("C1", "ctl"), treated("C1", "ctl", 0, 5), treated("C1", "act", 5)]
    others = [r for r in two_arms(3) if getattr(r.body, "subject", "") != "C1"]
    found = trial(plan_of(*watches), *others, *crossed, case("c1", "C1", 9), tick_record(20))

    assert (found.watch_summary("t").treatment_events, found.watch_summary("t").control_events) == (
        1,
        0,
    )
    assert (found.watch_summary("r").treatment_events, found.watch_summary("r").control_events) == (
        0,
        1,
    )
    assert found.study.as_of == day(20)
