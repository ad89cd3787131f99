"""The day the data speak of: what moves it, what may not, and what it decides."""

from __future__ import annotations

from monitor.errors import Reason
from monitor.state.entities import RecordOutcome
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
    """It never goes back, whatever arrives late."""
    found = trial(
        plan_of(), *two_arms(1), case("c1", "A1", 3, known=40), case("c2", "A1", 5, known=20)
    )

    assert found.study.as_of == day(40)
    assert found.row("any").person_days == 41


def test_a_plan_moves_no_day():
    """A plan is written before the first patient, or long after: it says nothing of the data."""
    found = trial(plan_of())
    assert found.study.as_of is None

    found.submit(*two_arms(1), tick_record(10), plan_record(plan_of(window=7), version=2))

    assert found.study.as_of == day(10)


def test_a_tick_lets_silence_count():
    """Person-time without events is evidence: against a rate E falls."""
    found = trial(plan_of(reference_watch()), *two_arms(10), case("c1", "A1", 3))
    before = found.log_e_value()

    found.submit(tick_record(100))

    assert found.log_e_value() < before
    assert found.row().person_days == 10 * 101


def test_a_record_too_far_ahead_is_refused_and_moves_nothing():
    """One wrong year would carry the as-of day away, and all that follows would come too late."""
    found = trial(plan_of(jump=180), *two_arms(1), tick_record(10))

    refused = found.submit(case("c1", "A1", 5, known=191))
    allowed = found.submit(case("c1", "A1", 5, known=190))

    assert refused.refusal and refused.refusal.reason is Reason.TOO_FAR_AHEAD
    assert allowed.outcome is RecordOutcome.FOLDED
    assert found.study.as_of == day(190)


def test_a_tick_may_end_any_silence():
    """A study that rested for years goes on after a tick."""
    found = trial(plan_of(jump=180), *two_arms(1), tick_record(10), tick_record(1000))

    assert found.submit(case("c1", "A1", 5, known=1000)).outcome is RecordOutcome.FOLDED


def test_the_first_record_of_a_study_may_be_of_any_day():
    """There is nothing yet that it could be ahead of."""
    found = trial(plan_of(jump=1), allocated("A1", "act", known=5000))

    assert found.outcomes == [RecordOutcome.FOLDED]


def test_a_tick_judges_every_watch():
    """Patients whose study days come to pass change the risk sets of events long reported.

    Five treated patients had the event on their study day 9.  Those on control entered on day
    20: their day 9 is day 29, which no record but a tick tells of.
    """
    treated_five = [treated(f"A{n}", "act", 0) for n in range(1, 6)]
    controls = [treated(f"C{n}", "ctl", 20) for n in range(1, 26)]
    cases = [case(f"c{n}", f"A{n}", 9) for n in range(1, 6)]
    found = trial(plan_of(concurrent_watch()), *treated_five, *controls, *cases, tick_record(28))
    assert (found.raised, found.log_e_value()) == ([], 0.0)

    rung = found.submit(tick_record(29))

    assert ("clots", "signal") in [(alert.watch, alert.level) for alert in rung.alerts]
    assert rung.alerts[0].thing == "clock/29"


def test_an_event_ahead_of_the_as_of_day_is_in_the_tables_and_not_yet_evidence():
    """An onset after it was known is a finding; person-days never run beyond today."""
    found = trial(plan_of(reference_watch()), *two_arms(1), case("c1", "A1", 50, known=10))

    assert found.counts() == (1, 1)
    assert (found.row().person_days, found.watch_summary().treatment_events) == (11, 0)
    assert found.findings == {"onset_after_known_at": 1}
    found.submit(tick_record(50))
    assert found.watch_summary().treatment_events == 1


def test_events_of_a_screened_subject_wait():
    """Screened without an arm, and not treated: unallocated until one of the two is known."""
    found = trial(plan_of(), allocated("A1", None), case("c1", "A1", 3), tick_record(9))
    waiting = count_unallocated(found.study)

    found.submit(case("c1", "A1", 4, version=2))
    both = count_unallocated(found.study)
    found.submit(treated("A1", "act", 0))

    assert (waiting, both, count_unallocated(found.study)) == (1, 2, 0)
    assert found.counts() == (1, 1)
    assert found.findings == {"treated_without_randomisation": 1}


def test_a_subject_who_left_before_any_treatment_has_no_days():
    """Allocated and never treated: known, but at risk of nothing."""
    found = trial(
        plan_of(), allocated("A1", "act"), withdrawn("A1", 3), case("c1", "A1", 2), tick_record(9)
    )

    assert count_unallocated(found.study) == 0
    assert found.findings == {"not_treatment_emergent": 1}
