"""Time at risk on each treatment: windows, crossover and exits."""

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


def one_patient(*records, window: int | str = 0, **options: str) -> Trial:
    """A study of one subject's *records*, as of day 100."""
    return trial(
        plan_of(window=window, **options), allocated("A1", "act"), *records, tick_record(100)
    )


def person_days(scenario: Trial, treatment: str = "act", period: str = "all") -> int:
    """Person-days on a treatment."""
    return scenario.row("any", treatment, period).person_days


@pytest.mark.parametrize(("window", "expected"), [(0, 20), (7, 27), (200, 101), ("unbounded", 101)])
def test_person_time_includes_the_window(window: int | str, expected: int):
    """The end day is the first day off treatment; the window follows; the as-of day limits both."""
    scenario = one_patient(treated("A1", "act", 0, 20), case("c1", "A1", 19), window=window)

    assert person_days(scenario) == expected


@pytest.mark.parametrize(("onset", "emergent"), [(19, 1), (20, 1), (26, 1), (27, 0)])
def test_an_event_in_the_window_counts_for_the_treatment(onset: int, emergent: int):
    """Day 26 is the last of the seven-day window; an event on day 27 is a data finding."""
    scenario = one_patient(treated("A1", "act", 0, 20), case("c1", "A1", onset), window=7)

    assert scenario.counts("any") == (emergent, emergent)
    assert scenario.findings.get("not_treatment_emergent", 0) == 1 - emergent


def test_the_next_treatment_ends_the_window_of_the_last():
    """Crossover splits person-time: each day counts for one treatment."""
    switch = [treated("A1", "ctl", 0, 20), treated("A1", "act", 25, 40)]
    scenario = one_patient(*switch, case("c1", "A1", 24), case("c2", "A1", 25), window=28)

    assert (person_days(scenario, "ctl"), person_days(scenario, "act")) == (25, 43)
    assert (scenario.counts("DVT", "ctl"), scenario.counts("DVT", "act")) == ((1, 1), (1, 1))


def test_an_interval_that_overlaps_a_later_one_is_cut_at_its_start():
    """Of two overlapping intervals, the one with the later start counts from its start on."""
    scenario = one_patient(
        treated("A1", "ctl", 0, 50), treated("A1", "act", 30, 60), case("c1", "A1", 35)
    )

    assert (person_days(scenario, "ctl"), person_days(scenario, "act")) == (30, 30)
    assert scenario.counts("DVT", "act") == (1, 1)


def test_days_between_two_intervals_are_not_at_risk():
    """Without a window, the days of a pause are not at risk."""
    scenario = one_patient(
        treated("A1", "act", 0, 10), treated("A1", "act", 30, 40), case("c1", "A1", 35)
    )

    assert person_days(scenario) == 20
    assert scenario.row().person_days_to_first == 10 + 6


def test_an_exit_ends_the_window_with_its_day():
    """The last day of follow-up is included."""
    scenario = one_patient(
        treated("A1", "act", 0, 20), withdrawn("A1", 22), case("c1", "A1", 22), window=28
    )

    assert person_days(scenario) == 23
    assert scenario.counts() == (1, 1)


def test_an_exit_from_a_period_ends_only_that_period():
    """A subject who left the first period may enter the next."""
    periods = [treated("A1", "ctl", 0, 20), treated("A1", "act", 30, 40, period="later")]
    scenario = one_patient(*periods, withdrawn("A1", 9, period="first"), case("c1", "A1", 30))

    assert (person_days(scenario, "ctl", "first"), person_days(scenario, "act", "later")) == (
        10,
        10,
    )


def test_treatment_after_leaving_the_study_is_no_time_at_risk():
    """An exit without a period is an exit from the study."""
    scenario = one_patient(
        treated("A1", "act", 0, 20), withdrawn("A1", 9), treated("A1", "act", 30, 40)
    )

    assert person_days(scenario) == 10


def test_an_open_interval_continues_to_the_as_of_day():
    """An interval without an end continues to the as-of day."""
    assert person_days(one_patient(treated("A1", "act", 0))) == 101


def test_a_corrected_interval_moves_its_events():
    """A follow-up with a later end brings the event onto treatment."""
    scenario = one_patient(treated("A1", "act", 0, 10), case("c1", "A1", 15))
    assert scenario.counts() == (0, 0)

    scenario.submit(treated("A1", "act", 0, 20, version=2))

    assert (scenario.counts(), person_days(scenario)) == ((1, 1), 20)


def test_as_randomised_an_event_after_crossover_counts_for_the_allocated_arm():
    """The analysis of the watch decides between the arm received and the arm allocated."""
    watches = [
        concurrent_watch("t", tier=3),
        concurrent_watch("r", tier=3, analysis="as_randomised"),
    ]
    crossed = [allocated("C1", "ctl"), treated("C1", "ctl", 0, 5), treated("C1", "act", 5)]
    others = [r for r in two_arms(3) if getattr(r.body, "subject", "") != "C1"]
    scenario = trial(plan_of(*watches), *others, *crossed, case("c1", "C1", 9), tick_record(20))

    assert (
        scenario.watch_summary("t").treatment_events,
        scenario.watch_summary("t").control_events,
    ) == (
        1,
        0,
    )
    assert (
        scenario.watch_summary("r").treatment_events,
        scenario.watch_summary("r").control_events,
    ) == (
        0,
        1,
    )
    assert scenario.study.as_of == day(20)
