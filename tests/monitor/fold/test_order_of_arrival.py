"""Orders of arrival in which an incremental fold could differ from a full recount."""

from __future__ import annotations

from monitor.records import Retraction
from monitor.state.entities import RecordOutcome
from monitor.state.verdict import Level
from tests.alerts.reviews import review
from tests.monitor.builders import (
    allocated,
    case,
    collected,
    merged,
    plan_record,
    retracted,
    scored,
    tick_record,
    treated,
)
from tests.monitor.small_plans import concurrent_watch, plan_of
from tests.monitor.trial import Trial, trial, two_arms

SCREENING_WATCH = "screening/preferred_term/dvt/act"


def circular_merges() -> Trial:
    """Two cases, each merged into the other, because a merge was restored."""
    return trial(
        plan_of(),
        *two_arms(2),
        *(case("c1", "A1", 3), case("c2", "A2", 5)),
        merged("m1", "case", "safety/c1", "safety/c2"),
        retracted("r1", "safety/m1"),
        merged("m2", "case", "safety/c2", "safety/c1"),
        retracted("r2", "safety/r1"),
        tick_record(20),
    )


def test_cases_in_a_merge_cycle_are_counted():
    """No case survives the cycle, so each counts by itself."""
    assert circular_merges().counts() == (2, 2)


def test_retracting_one_merge_ends_a_merge_cycle():
    """The other merge is then in effect."""
    scenario = circular_merges()
    scenario.submit(retracted("r3", "safety/m1"))

    assert scenario.counts() == (1, 1)


def test_a_merge_may_be_reversed():
    """A new version that exchanges duplicate and survivor is no cycle."""
    cases = [case("c1", "A1", 3), case("c2", "A2", 5)]
    for what, first, second in (("case", "safety/c1", "safety/c2"), ("subject", "A1", "A2")):
        merge, reversed_merge = (
            merged("m1", what, *pair) for pair in ((first, second), (second, first))
        )
        scenario = trial(plan_of(), *two_arms(2), *cases, merge, tick_record(20))

        assert scenario.submit(reversed_merge._replace(version=2)).outcome is RecordOutcome.FOLDED
        assert scenario.row().cell.subjects == 1
        assert scenario.study.entities.is_active("safety/c1") and "A1" in scenario.study.subjects
        assert scenario.study.entities.surviving_subject("A2") == ("A2" if what == "case" else "A1")


def test_a_case_may_be_voided_and_restored_any_number_of_times():
    """A chain of 2,000 retractions does not exceed the recursion limit and stop a partition."""
    scenario = trial(plan_of(), *two_arms(1), case("c0", "A1", 3))
    target = "safety/c0"
    for number in range(2_000):
        record = retracted(f"r{number}", target)
        assert isinstance(record.body, Retraction)
        scenario.study.entities.add_version(record)
        scenario.study.entities.toggle_reference(record.entity_id, record.body)
        target = record.entity_id

    assert scenario.study.entities.is_active("safety/c0")
    assert scenario.submit(retracted("last", target)).outcome is RecordOutcome.FOLDED
    assert not scenario.study.entities.is_active("safety/c0") and scenario.counts() == (0, 0)


def trial_with_screening_alert() -> Trial:
    """A trial in which all eight subjects on active have a clot, with a screening alert."""
    scenario = trial(
        plan_of(), *two_arms(8), *(case(f"c{n}", f"A{n}", 10 + n) for n in range(1, 9))
    )
    assert SCREENING_WATCH in [watch for watch, _, _ in scenario.raised]
    return scenario


def close_alerts(scenario: Trial) -> None:
    """The board reviews and closes every alert."""
    latest = {alert.id: alert for alert in scenario.alerts if alert.tracked}
    for alert in latest.values():
        moves = ("acknowledge", "begin_review", "refute", "close")
        for revision, move in enumerate(moves, alert.revision):
            result = scenario.submit(
                review(move, revision, of=alert.id, name=f"b/{move}-{alert.id}")
            )
            assert result.alerts


def test_a_watch_is_quiet_when_no_case_of_its_term_is_left():
    """The level falls to quiet when a recount removes all cases of the term."""
    scenario = trial_with_screening_alert()
    scenario.submit(collected("DVT", 90))

    assert scenario.study.episodes[SCREENING_WATCH].current_level is Level.QUIET
    assert scenario.study.episodes[SCREENING_WATCH].highest_level is Level.SIGNAL


def test_a_closed_alert_is_raised_again_when_its_cases_are_counted_again():
    """The returning evidence is a new crossing, which the board has not reviewed."""
    scenario = trial_with_screening_alert()
    close_alerts(scenario)
    scenario.submit(collected("DVT", 90))
    result = scenario.submit(collected("DVT", 0)._replace(version=2))

    assert SCREENING_WATCH in [alert.watch for alert in result.alerts]
    assert scenario.study.episodes[SCREENING_WATCH].number == 2


def test_a_closed_alert_is_raised_again_when_its_watch_is_added_again():
    """The plan dropped the watch and added it again; its level was quiet in between."""
    watch = concurrent_watch()
    scenario = trial(
        plan_of(watch), *two_arms(8), *(case(f"c{n}", f"A{n}", 10 + n) for n in range(1, 9))
    )
    close_alerts(scenario)
    scenario.submit(plan_record(plan_of(), version=2))
    assert scenario.study.episodes["clots"].current_level is Level.QUIET
    result = scenario.submit(plan_record(plan_of(watch), version=3))

    assert [alert.watch for alert in result.alerts if alert.watch == "clots"] == ["clots"]


def test_a_first_event_that_is_allocated_by_its_treatment_is_a_look():
    """It adds a subject at risk on control, so it may raise the evidence."""
    active = [
        r for n in range(1, 5) for r in (allocated(f"A{n}", "act"), treated(f"A{n}", "act", 0))
    ]
    control = [allocated("C1", "ctl"), treated("C1", "ctl", 0)]
    scenario = trial(
        plan_of(concurrent_watch()),
        *active,
        *control,
        case("w", "C2", 40, known=40),
        tick_record(40),
    )
    scenario.submit(*(case(f"c{n}", f"A{n}", 10 + n, known=40) for n in range(1, 5)))
    looks = scenario.study.evaluation_count
    scenario.submit(treated("C2", "ctl", 0))

    assert scenario.study.evaluation_count > looks


def test_voiding_what_is_in_no_count_is_no_look():
    """A retracted score and a new reason for a retraction recount nothing."""
    panel = '[benefit_risk]\ninstruments = ["TIS"]'
    scenario = trial(plan_of(more=panel), *two_arms(2), case("c1", "A1", 3), scored("A1", 40.0))
    scenario.submit(case("c2", "A2", 4), retracted("r1", "safety/c2"))
    looks = scenario.study.evaluation_count
    scenario.submit(retracted("r2", scored("A1", 40.0).entity_id))
    scenario.submit(retracted("r1", "safety/c2")._replace(version=2, digest=1))

    assert scenario.study.evaluation_count == looks
    assert scenario.counts() == (1, 1)
