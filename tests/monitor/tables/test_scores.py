"""Efficacy scores: they need a benefit-risk panel, and affect no watch."""

from __future__ import annotations

from monitor.errors import Reason
from monitor.evidence.summary import watch_summaries
from monitor.tables.flow import responder_summaries
from monitor.tables.tabulate import rate_rows
from tests.monitor.builders import case, scored, tick_record
from tests.monitor.small_plans import concurrent_watch, plan_of, reference_watch
from tests.monitor.trial import Trial, trial, two_arms

PANEL = '[benefit_risk]\ninstruments = ["TIS"]\nresponder = [20, 40]'


def folded_trial(*records, watches: tuple[str, ...] = (), **options: str) -> Trial:
    """A trial with four subjects an arm and *records*, as of day 100."""
    return trial(plan_of(*watches, **options), *two_arms(4), *records, tick_record(100))


def test_scores_without_a_panel_are_refused():
    """A plan without a benefit-risk panel includes no efficacy data."""
    refused = folded_trial().submit(scored("A1", 40))

    assert refused.refusal and refused.refusal.reason is Reason.NO_BENEFIT_RISK


def test_scores_of_an_instrument_that_the_plan_does_not_name_are_refused():
    """The panel lists the instruments that it includes."""
    refused = folded_trial(more=PANEL).submit(scored("A1", 40, instrument="HAQ"))

    assert refused.refusal and refused.refusal.reason is Reason.NO_BENEFIT_RISK


def test_scores_count_responders_by_randomised_arm_and_affect_no_watch():
    """Scores change no verdict, evidence, table or alert."""
    watches = (reference_watch(share=0.5), concurrent_watch("arms", share=0.5))
    scenario = folded_trial(case("c1", "A1", 3), watches=watches, more=PANEL)
    before = (
        watch_summaries(scenario.study),
        list(rate_rows(scenario.study)),
        scenario.raised,
        scenario.findings,
    )

    for who, value in (("A1", 19.9), ("A2", 20), ("A3", 55), ("C1", 40)):
        assert scenario.submit(scored(who, value)).alerts == ()

    after = (
        watch_summaries(scenario.study),
        list(rate_rows(scenario.study)),
        scenario.raised,
        scenario.findings,
    )
    assert after == before
    assert {
        one.treatment: (one.subjects, one.responders) for one in responder_summaries(scenario.study)
    } == {
        "act": (3, {20: 2, 40: 1}),
        "ctl": (1, {20: 1, 40: 1}),
    }
