"""Corners in which the fold once went another way than a count from the beginning."""

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

SCREENING_WATCH = "screening/preferred_term/DVT/act"


def circular_merges() -> Trial:
    """Each of two cases is the duplicate of the other, since a merge was restored."""
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


def test_cases_that_were_merged_in_a_circle_are_not_lost():
    """Neither is left to count under: each counts by itself."""
    assert circular_merges().counts() == (2, 2)


def test_a_circle_of_merged_cases_is_opened_by_taking_one_merge_back():
    """Then the other holds again."""
    found = circular_merges()
    found.submit(retracted("r3", "safety/m1"))

    assert found.counts() == (1, 1)


def test_a_merge_may_be_turned_round():
    """Its next version says that the other is the duplicate: what it said before is no circle."""
    cases = [case("c1", "A1", 3), case("c2", "A2", 5)]
    for what, one, other in (("case", "safety/c1", "safety/c2"), ("subject", "A1", "A2")):
        merge, turned = (merged("m1", what, *pair) for pair in ((one, other), (other, one)))
        found = trial(plan_of(), *two_arms(2), *cases, merge, tick_record(20))

        assert found.submit(turned._replace(version=2)).outcome is RecordOutcome.FOLDED
        assert found.row().cell.subjects == 1
        assert found.study.entities.is_active("safety/c1") and "A1" in found.study.subjects
        assert found.study.entities.surviving_subject("A2") == ("A2" if what == "case" else "A1")


def test_a_case_may_be_voided_and_restored_any_number_of_times():
    """Each restores what the one before it voided; no depth of them stops a partition."""
    found = trial(plan_of(), *two_arms(1), case("c0", "A1", 3))
    target = "safety/c0"
    for number in range(2_000):
        record = retracted(f"r{number}", target)
        assert isinstance(record.body, Retraction)
        found.study.entities.add_version(record)
        found.study.entities.toggle_reference(record.entity_id, record.body)
        target = record.entity_id

    assert found.study.entities.is_active("safety/c0")
    assert found.submit(retracted("last", target)).outcome is RecordOutcome.FOLDED
    assert not found.study.entities.is_active("safety/c0") and found.counts() == (0, 0)


def trial_with_screening_alert() -> Trial:
    """Eight of eight on active have had it, and the screening has rung."""
    found = trial(plan_of(), *two_arms(8), *(case(f"c{n}", f"A{n}", 10 + n) for n in range(1, 9)))
    assert SCREENING_WATCH in [watch for watch, _, _ in found.raised]
    return found


def close_alerts(found: Trial) -> None:
    """The board has looked at every alert, and closes it."""
    latest = {alert.id: alert for alert in found.alerts if alert.tracked}
    for alert in latest.values():
        moves = ("acknowledge", "begin_review", "refute", "close")
        for revision, move in enumerate(moves, alert.revision):
            told = found.submit(review(move, revision, of=alert.id, name=f"b/{move}-{alert.id}"))
            assert told.alerts


def test_evidence_stands_nowhere_when_no_case_of_the_term_is_left():
    """Whether the cases go one by one or by a count anew, nothing stands against the drug."""
    found = trial_with_screening_alert()
    found.submit(collected("DVT", 90))

    assert found.study.episodes[SCREENING_WATCH].current_level is Level.QUIET
    assert found.study.episodes[SCREENING_WATCH].highest_level is Level.SIGNAL


def test_what_was_closed_rings_anew_when_its_cases_come_back():
    """The evidence was gone: its return is a rise of its own, which nobody has looked at."""
    found = trial_with_screening_alert()
    close_alerts(found)
    found.submit(collected("DVT", 90))
    told = found.submit(collected("DVT", 0)._replace(version=2))

    assert SCREENING_WATCH in [alert.watch for alert in told.alerts]
    assert found.study.episodes[SCREENING_WATCH].number == 2


def test_a_closed_alert_of_a_watch_that_returns_rings_anew():
    """The plan dropped the watch and took it up again; in between nothing stood anywhere."""
    watch = concurrent_watch()
    found = trial(
        plan_of(watch), *two_arms(8), *(case(f"c{n}", f"A{n}", 10 + n) for n in range(1, 9))
    )
    close_alerts(found)
    found.submit(plan_record(plan_of(), version=2))
    assert found.study.episodes["clots"].current_level is Level.QUIET
    told = found.submit(plan_record(plan_of(watch), version=3))

    assert [alert.watch for alert in told.alerts if alert.watch == "clots"] == ["clots"]


def test_a_first_event_that_comes_with_its_subjects_treatment_is_a_look():
    """It brings somebody to be at risk on control, and so may raise the evidence."""
    active = [
        r for n in range(1, 5) for r in (allocated(f"A{n}", "act"), treated(f"A{n}", "act", 0))
    ]
    few = [allocated("C1", "ctl"), treated("C1", "ctl", 0)]
    found = trial(
        plan_of(concurrent_watch()), *active, *few, case("w", "C2", 40, known=40), tick_record(40)
    )
    found.submit(*(case(f"c{n}", f"A{n}", 10 + n, known=40) for n in range(1, 5)))
    looks = found.study.evaluation_count
    found.submit(treated("C2", "ctl", 0))

    assert found.study.evaluation_count > looks


def test_what_bears_on_no_count_is_no_look_when_it_is_voided():
    """A score that was taken back, a retraction whose reason was mended: nothing counts anew."""
    panel = '[benefit_risk]\ninstruments = ["TIS"]'
    found = trial(plan_of(more=panel), *two_arms(2), case("c1", "A1", 3), scored("A1", 40.0))
    found.submit(case("c2", "A2", 4), retracted("r1", "safety/c2"))
    looks = found.study.evaluation_count
    found.submit(retracted("r2", scored("A1", 40.0).entity_id))
    found.submit(retracted("r1", "safety/c2")._replace(version=2, digest=1))

    assert found.study.evaluation_count == looks
    assert found.counts() == (1, 1)
