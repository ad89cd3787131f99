"""Tier 2: all other terms, evaluated together by e-BH on the current evidence."""

from __future__ import annotations

from math import exp

from monitor.evidence.summary import watch_summaries
from monitor.state.verdict import Level, VerdictReason
from tests.monitor.builders import case, plan_record, retracted, tick_record
from tests.monitor.small_plans import concurrent_watch, plan_of, reference_watch
from tests.monitor.trial import Trial, trial, two_arms

DVT, VASC = (f"screening/{name}/act" for name in ("preferred_term/dvt", "system_organ_class/vasc"))


def clot_trial(count: int, *watches: str) -> Trial:
    """Ten subjects an arm and *count* clots on active, screened as a term and an organ class."""
    cases = [case(f"c{n}", f"A{n}", 10 + n) for n in range(1, count + 1)]
    return trial(plan_of(*watches), *two_arms(10), tick_record(10), *cases)


def other_cases(count: int) -> list:
    """*count* cases of different terms, all in one other organ class."""
    return [case(f"o{n}", "A9", 20, f"Term {n}", organ="OTHER") for n in range(count)]


def verdict_reason(scenario: Trial, name: str = DVT) -> VerdictReason:
    """The reason of the verdict of the watch *name*."""
    return scenario.watch_summary(name).verdict.reason


def test_a_plan_may_disable_screening():
    """Every term is still counted, and only the watches of the plan are evaluated."""
    disabled, cases = (
        "[screening]\nenabled = false",
        [case(f"c{n}", f"A{n}", 10 + n) for n in range(1, 7)],
    )
    without = trial(plan_of(more=disabled), *two_arms(10), tick_record(10), *cases, tick_record(30))

    assert watch_summaries(without.study) == [] and without.raised == []
    assert without.counts() == clot_trial(6).counts() == (6, 6)


def test_two_of_two_terms_are_rejected_at_an_e_value_of_ten():
    """K = 2: the term and its class have the same events, so they are rejected together."""
    four, five = clot_trial(4), clot_trial(5)

    assert exp(four.log_e_value(DVT)) < 10 < exp(five.log_e_value(DVT))
    assert four.raised == []
    assert five.raised == [(DVT, "signal", 1), (VASC, "signal", 1)]


def test_a_rejected_term_is_not_rejected_when_many_others_appear():
    """E is 21: enough for two of 4 terms, not for two of 6; the alert is kept, not repeated."""
    scenario = clot_trial(5)
    raised = scenario.raised
    value = exp(scenario.log_e_value(DVT))

    scenario.submit(*other_cases(1), tick_record(25))
    assert (verdict_reason(scenario), len(watch_summaries(scenario.study))) == (
        VerdictReason.REJECTED,
        4,
    )
    scenario.submit(*other_cases(3), tick_record(26))

    assert exp(scenario.log_e_value(DVT)) == value
    assert len(watch_summaries(scenario.study)) == 6
    assert (verdict_reason(scenario), verdict_reason(scenario, VASC)) == (
        VerdictReason.NOT_REJECTED,
        VerdictReason.NOT_REJECTED,
    )
    assert scenario.study.episodes[DVT].highest_level is Level.SIGNAL
    assert scenario.raised == raised


def test_a_term_that_is_rejected_again_is_not_raised_again():
    """More clots exceed the higher threshold, but the alert already exists."""
    scenario = clot_trial(5)
    scenario.submit(*other_cases(4), tick_record(26))
    raised = scenario.raised
    assert verdict_reason(scenario) is VerdictReason.NOT_REJECTED

    scenario.submit(case("c6", "A6", 26), case("c7", "A7", 27))

    assert verdict_reason(scenario) is VerdictReason.REJECTED
    assert scenario.raised == raised


def test_a_term_that_is_retracted_lowers_the_threshold():
    """A retraction lowers K, so a term that was not rejected is rejected and raised."""
    scenario = trial(plan_of(), *two_arms(10), tick_record(10), *other_cases(4))
    scenario.submit(*(case(f"c{n}", f"A{n}", 10 + n) for n in range(1, 6)))
    assert (scenario.raised, verdict_reason(scenario)) == ([], VerdictReason.NOT_REJECTED)

    for number in range(4):
        scenario.submit(retracted(f"r{number}", f"safety/o{number}"))

    assert verdict_reason(scenario) is VerdictReason.REJECTED
    assert {alert.watch for alert in scenario.alerts} == {DVT, VASC}
    assert {alert.thing for alert in scenario.alerts} == {"safety/r2"}


def test_a_term_under_a_tier_1_comparison_is_not_screened_too():
    """It would be tested twice; its organ class is still screened."""
    scenario = clot_trial(5, concurrent_watch())

    assert {one.watch.id for one in watch_summaries(scenario.study)} == {"clots", VASC}


def test_a_term_under_a_reference_watch_is_screened_too():
    """A reference rate and a comparison of arms are two different hypotheses."""
    scenario = clot_trial(1, reference_watch())

    assert {one.watch.id for one in watch_summaries(scenario.study)} == {"clots", DVT, VASC}


def test_a_term_seen_only_outside_the_screened_period_is_no_hypothesis():
    """Without an event in the compared period the term does not raise the threshold."""
    scenario = trial(plan_of(), *two_arms(2, end=20), tick_record(10))
    scenario.submit(case("c1", "A1", 30), tick_record(40))

    assert watch_summaries(scenario.study) == []
    assert scenario.findings == {"not_treatment_emergent": 1}


def test_an_amended_study_screens_like_a_fresh_one():
    """An amendment recounts everything, including K and the e-BH candidates."""
    scenario = clot_trial(5)
    scenario.submit(*other_cases(4))
    scenario.submit(plan_record(plan_of(window=3), version=2), tick_record(30))
    fresh = trial(plan_of(window=3), *two_arms(10), *other_cases(4))
    fresh.submit(*(case(f"c{n}", f"A{n}", 10 + n) for n in range(1, 6)), tick_record(30))

    assert (scenario.study.hypotheses, {watch.id for watch in scenario.study.e_bh_candidates}) == (
        7,
        {DVT, VASC},
    )
    assert [(one.watch.id, one.verdict.reason) for one in watch_summaries(scenario.study)] == [
        (one.watch.id, one.verdict.reason) for one in watch_summaries(fresh.study)
    ]
