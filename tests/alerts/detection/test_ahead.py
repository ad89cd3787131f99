"""Records of days that nobody else confirms are findings, and their clocks start in time."""

from __future__ import annotations

from alerts.register.update import register_of
from monitor.dates import iso
from monitor.records import Outcome
from tests.monitor.builders import allocated, case, day, tick_record, treated
from tests.monitor.small_plans import plan_of
from tests.monitor.trial import Trial, trial, two_arms

DEATHS = '[[rules]]\nname = "deaths"\nwhen = "fatal"'
FAR = 5_000


def ahead_findings(scenario: Trial) -> list[tuple[str, str, str]]:
    """What each finding is about, its subject and the record that it names."""
    return [
        (alert.about, alert.term, alert.thing)
        for alert in scenario.alerts
        if alert.watch == "finding/ahead_of_study"
    ]


def test_a_record_ahead_is_reported_once_a_subject_and_day():
    """It names the record and the subject; a repeat, also as a duplicate, raises nothing."""
    scenario = trial(plan_of(jump=30), *two_arms(1), tick_record(10))
    wrong = case("c1", "A1", 3, known=FAR)

    scenario.submit(wrong, wrong, case("c2", "A1", 4, known=FAR), tick_record(FAR))

    far = iso(day(FAR))
    assert ahead_findings(scenario) == [
        (f"A1 {far}", "A1", "safety/c1"),
    ]
    assert scenario.study.as_of == day(FAR), "the tick is a second witness"


def test_a_duplicate_that_is_ahead_is_reported():
    """A source that sends an old record again with a wrong `known_at` shows a wrong day."""
    scenario = trial(plan_of(jump=30), *two_arms(1), case("c1", "A1", 3))
    scenario.submit(case("c1", "A1", 3, known=FAR))

    assert [about.split()[0] for about, _, _ in ahead_findings(scenario)] == ["A1"]


def test_a_far_tick_names_no_subject():
    """It is reported like the record of a subject."""
    scenario = trial(plan_of(jump=30), *two_arms(1), tick_record(10), tick_record(FAR))

    assert ahead_findings(scenario) == [
        (f"(no subject) {iso(day(FAR))}", "(no subject)", f"clock/{FAR}")
    ]


def test_a_horizon_makes_no_record_ahead():
    """A look at the past ends before records that were on time."""
    scenario = trial(plan_of(jump=30), *two_arms(1))
    scenario.study.horizon = day(0)
    scenario.submit(case("c1", "A1", 3, known=20), case("c2", "C1", 3, known=20))

    assert ahead_findings(scenario) == []


def test_the_receipt_clock_of_a_death_ahead_starts_on_the_as_of_date():
    """A wrong year would otherwise leave years for a report that is due in seven days."""
    scenario = trial(plan_of(jump=30, more=DEATHS), *two_arms(1), tick_record(10))

    result = scenario.submit(case("c1", "A1", 9, known=FAR, outcome=Outcome.FATAL))

    (death,) = [alert for alert in result.alerts if alert.watch == "rule/deaths"]
    assert death.due == (("receipt", iso(day(10 + 7))),)


def test_tracked_days_fall_with_the_as_of_date():
    """A wrong first record must not make its case unallocated only from its wrong day on."""
    scenario = trial(plan_of(jump=30), case("c1", "A9", 3, known=FAR))
    tracker = register_of(scenario.study).overdue_tracker
    assert tracker.unallocated_since == {"safety/c1": day(FAR)}

    scenario.submit(allocated("A1", "act", known=1), treated("A1", "act", 0))

    assert tracker.unallocated_since == {"safety/c1": day(1)}
    scenario.submit(tick_record(25), tick_record(50))
    assert ("finding/unallocated", "note", 1) in scenario.raised
