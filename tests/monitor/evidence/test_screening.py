"""Tier 2: every other term, judged together by e-BH on the evidence of now."""

from __future__ import annotations

from math import exp

from monitor.evidence.summary import watch_summaries
from monitor.state.verdict import Level, VerdictReason
from tests.monitor.builders import case, plan_record, retracted, tick_record
from tests.monitor.small_plans import concurrent_watch, plan_of, reference_watch
from tests.monitor.trial import Trial, trial, two_arms

DVT, VASC = (f"screening/{name}/act" for name in ("preferred_term/DVT", "system_organ_class/VASC"))


def clot_trial(count: int, *watches: str) -> Trial:
    """Ten patients an arm and *count* clots on active; tier 2 sees a term and its organ class."""
    cases = [case(f"c{n}", f"A{n}", 10 + n) for n in range(1, count + 1)]
    return trial(plan_of(*watches), *two_arms(10), tick_record(10), *cases)


def other_cases(count: int) -> list:
    """*count* other terms, each seen once, all in one other organ class."""
    return [case(f"o{n}", "A9", 20, f"Term {n}", organ="OTHER") for n in range(count)]


def verdict_reason(found: Trial, name: str = DVT) -> VerdictReason:
    """Why the watch called *name* stands where it stands."""
    return found.watch_summary(name).verdict.reason


def test_a_plan_may_do_without():
    """Every term is counted as ever, and none is judged that the plan does not name."""
    off, cases = (
        "[screening]\nenabled = false",
        [case(f"c{n}", f"A{n}", 10 + n) for n in range(1, 7)],
    )
    without = trial(plan_of(more=off), *two_arms(10), tick_record(10), *cases, tick_record(30))

    assert watch_summaries(without.study) == [] and without.raised == []
    assert without.counts() == clot_trial(6).counts() == (6, 6)


def test_two_of_two_terms_need_an_e_of_ten():
    """K = 2: the term and its class, with the same events, are rejected together."""
    four, five = clot_trial(4), clot_trial(5)

    assert exp(four.log_e_value(DVT)) < 10 < exp(five.log_e_value(DVT))
    assert four.raised == []
    assert five.raised == [(DVT, "signal", 1), (VASC, "signal", 1)]


def test_a_rejected_term_stands_no_longer_when_many_others_appear():
    """E is 21: enough for two of 4 terms, not for two of 6; the alert stays and is not repeated."""
    found = clot_trial(5)
    rang = found.raised
    value = exp(found.log_e_value(DVT))

    found.submit(*other_cases(1), tick_record(25))
    assert (verdict_reason(found), len(watch_summaries(found.study))) == (VerdictReason.REJECTED, 4)
    found.submit(*other_cases(3), tick_record(26))

    assert exp(found.log_e_value(DVT)) == value
    assert len(watch_summaries(found.study)) == 6
    assert (verdict_reason(found), verdict_reason(found, VASC)) == (
        VerdictReason.NOT_REJECTED,
        VerdictReason.NOT_REJECTED,
    )
    assert found.study.episodes[DVT].highest_level is Level.SIGNAL
    assert found.raised == rang


def test_a_term_that_is_rejected_again_does_not_ring_twice():
    """More clots bring the evidence back over the higher bar: the alert is already there."""
    found = clot_trial(5)
    found.submit(*other_cases(4), tick_record(26))
    rang = found.raised
    assert verdict_reason(found) is VerdictReason.NOT_REJECTED

    found.submit(case("c6", "A6", 26), case("c7", "A7", 27))

    assert verdict_reason(found) is VerdictReason.REJECTED
    assert found.raised == rang


def test_a_term_that_disappears_makes_room():
    """K shrinks with a retraction: what was not rejected is, and rings with the retraction."""
    found = trial(plan_of(), *two_arms(10), tick_record(10), *other_cases(4))
    found.submit(*(case(f"c{n}", f"A{n}", 10 + n) for n in range(1, 6)))
    assert (found.raised, verdict_reason(found)) == ([], VerdictReason.NOT_REJECTED)

    for number in range(4):
        found.submit(retracted(f"r{number}", f"safety/o{number}"))

    assert verdict_reason(found) is VerdictReason.REJECTED
    assert {alert.watch for alert in found.alerts} == {DVT, VASC}
    assert {alert.thing for alert in found.alerts} == {"safety/r2"}


def test_a_term_under_a_tier_1_comparison_is_not_screened_too():
    """It would be tested twice; its organ class still is."""
    found = clot_trial(5, concurrent_watch())

    assert {one.watch.id for one in watch_summaries(found.study)} == {"clots", VASC}


def test_a_term_under_a_reference_watch_is_screened_all_the_same():
    """A rate and a comparison are two questions."""
    found = clot_trial(1, reference_watch())

    assert {one.watch.id for one in watch_summaries(found.study)} == {"clots", DVT, VASC}


def test_a_term_seen_only_outside_the_screened_period_is_none_of_the_k():
    """Nobody had it where the arms are compared: it neither stands nor raises the bar."""
    found = trial(plan_of(), *two_arms(2, end=20), tick_record(10))
    found.submit(case("c1", "A1", 30), tick_record(40))

    assert watch_summaries(found.study) == []
    assert found.findings == {"not_treatment_emergent": 1}


def test_an_amendment_leaves_the_set_as_a_fresh_study_would_have_it():
    """Everything is counted anew, so K and the strong are too."""
    found = clot_trial(5)
    found.submit(*other_cases(4))
    found.submit(plan_record(plan_of(window=3), version=2), tick_record(30))
    fresh = trial(plan_of(window=3), *two_arms(10), *other_cases(4))
    fresh.submit(*(case(f"c{n}", f"A{n}", 10 + n) for n in range(1, 6)), tick_record(30))

    assert (found.study.hypotheses, {watch.id for watch in found.study.e_bh_candidates}) == (
        7,
        {DVT, VASC},
    )
    assert [(one.watch.id, one.verdict.reason) for one in watch_summaries(found.study)] == [
        (one.watch.id, one.verdict.reason) for one in watch_summaries(fresh.study)
    ]
