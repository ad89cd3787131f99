"""The as-of day: which records advance it, how far, and what depends on it."""

from __future__ import annotations

from monitor.tables.flow import count_unallocated
from tests.monitor.builders import (
    allocated,
    case,
    day,
    plan_record,
    tick_record,
    treated,
    withdrawn,
)
from tests.monitor.small_plans import concurrent_watch, plan_of, reference_watch
from tests.monitor.trial import trial, two_arms


def test_the_as_of_day_is_the_latest_on_which_anything_was_known():
    """A late record never moves it back."""
    scenario = trial(
        plan_of(), *two_arms(1), case("c1", "A1", 3, known=40), case("c2", "A1", 5, known=20)
    )

    assert scenario.study.as_of == day(40)
    assert scenario.row("any").person_days == 41


def test_a_plan_does_not_advance_the_as_of_day():
    """A plan may be written before the first subject or long after; it is not data."""
    scenario = trial(plan_of())
    assert scenario.study.as_of is None

    scenario.submit(*two_arms(1), tick_record(10), plan_record(plan_of(window=7), version=2))

    assert scenario.study.as_of == day(10)


def test_a_tick_adds_person_time_without_events():
    """Person-time without events is evidence: E against a reference rate falls."""
    scenario = trial(plan_of(reference_watch()), *two_arms(10), case("c1", "A1", 3))
    before = scenario.log_e_value()

    scenario.submit(tick_record(100))

    assert scenario.log_e_value() < before
    assert scenario.row().person_days == 10 * 101


def test_a_tick_evaluates_every_watch():
    """Risk sets of earlier events change when subjects reach the same study day.

    Five treated subjects had the event on their study day 9.  Those on control entered on day
    20: their day 9 is day 29, which only a tick reaches.
    """
    treated_five = [treated(f"A{n}", "act", 0) for n in range(1, 6)]
    controls = [treated(f"C{n}", "ctl", 20) for n in range(1, 26)]
    cases = [case(f"c{n}", f"A{n}", 9) for n in range(1, 6)]
    scenario = trial(plan_of(concurrent_watch()), *treated_five, *controls, *cases, tick_record(28))
    assert (scenario.raised, scenario.log_e_value()) == ([], 0.0)

    result = scenario.submit(tick_record(29))

    assert ("clots", "signal") in [(alert.watch, alert.level) for alert in result.alerts]
    assert result.alerts[0].thing == "clock/29"


def test_an_event_ahead_of_the_as_of_day_is_in_the_tables_and_not_yet_evidence():
    """An onset after its report is a finding; person-days end with the as-of day."""
    scenario = trial(plan_of(reference_watch()), *two_arms(1), case("c1", "A1", 50, known=10))

    assert scenario.counts() == (1, 1)
    assert (scenario.row().person_days, scenario.watch_summary().treatment_events) == (11, 0)
    assert scenario.findings == {"onset_after_known_at": 1}
    scenario.submit(tick_record(50))
    assert scenario.watch_summary().treatment_events == 1


def test_events_of_a_screened_subject_are_unallocated():
    """A screened subject is unallocated until an arm or a treatment is recorded."""
    scenario = trial(plan_of(), allocated("A1", None), case("c1", "A1", 3), tick_record(9))
    first_count = count_unallocated(scenario.study)

    scenario.submit(case("c1", "A1", 4, version=2))
    second_count = count_unallocated(scenario.study)
    scenario.submit(treated("A1", "act", 0))

    assert (first_count, second_count, count_unallocated(scenario.study)) == (1, 2, 0)
    assert scenario.counts() == (1, 1)
    assert scenario.findings == {"treated_without_randomisation": 1}


def test_a_subject_who_left_before_any_treatment_has_no_days():
    """Allocated and never treated: such a subject has no time at risk."""
    scenario = trial(
        plan_of(), allocated("A1", "act"), withdrawn("A1", 3), case("c1", "A1", 2), tick_record(9)
    )

    assert count_unallocated(scenario.study) == 0
    assert scenario.findings == {"not_treatment_emergent": 1}
