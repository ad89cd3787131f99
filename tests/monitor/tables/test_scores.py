"""Efficacy scores beside safety: they need a panel, and they touch no watch."""

from __future__ import annotations

from monitor.errors import Reason
from monitor.evidence.summary import watch_summaries
from monitor.tables.flow import responder_summaries
from monitor.tables.tabulate import rate_rows
from tests.monitor.builders import case, scored, tick_record
from tests.monitor.small_plans import concurrent_watch, plan_of, reference_watch
from tests.monitor.trial import Trial, trial, two_arms

PANEL = '[benefit_risk]\ninstruments = ["TIS"]\nresponder = [20, 40]'


def folded_trial(*records, watches: tuple[str, ...] = (), **said: str) -> Trial:
    """Four patients an arm, *records*, and a look on day 100."""
    return trial(plan_of(*watches, **said), *two_arms(4), *records, tick_record(100))


def test_scores_without_a_panel_are_refused():
    """A plan that asks for no benefit-risk panel takes no efficacy in."""
    refused = folded_trial().submit(scored("A1", 40))

    assert refused.refusal and refused.refusal.reason is Reason.NO_BENEFIT_RISK


def test_scores_of_an_instrument_that_the_plan_does_not_name_are_refused():
    """The panel names what it takes."""
    refused = folded_trial(more=PANEL).submit(scored("A1", 40, instrument="HAQ"))

    assert refused.refusal and refused.refusal.reason is Reason.NO_BENEFIT_RISK


def test_scores_make_responders_by_randomised_arm_and_touch_no_watch():
    """Efficacy beside safety: no verdict, no evidence, no table and no alert moves."""
    watches = (reference_watch(share=0.5), concurrent_watch("arms", share=0.5))
    found = folded_trial(case("c1", "A1", 3), watches=watches, more=PANEL)
    before = (
        watch_summaries(found.study),
        list(rate_rows(found.study)),
        found.raised,
        found.findings,
    )

    for who, value in (("A1", 19.9), ("A2", 20), ("A3", 55), ("C1", 40)):
        assert found.submit(scored(who, value)).alerts == ()

    after = (
        watch_summaries(found.study),
        list(rate_rows(found.study)),
        found.raised,
        found.findings,
    )
    assert after == before
    assert {
        one.treatment: (one.subjects, one.responders) for one in responder_summaries(found.study)
    } == {
        "act": (3, {20: 2, 40: 1}),
        "ctl": (1, {20: 1, 40: 1}),
    }
