"""Efficacy scores beside safety: they need a panel, and they touch no watch."""

from __future__ import annotations

from monitor.errors import Reason
from monitor.evidence.summary import standings
from monitor.tables.flow import responses
from monitor.tables.tabulate import rows
from tests.monitor.builders import case, scored, ticked
from tests.monitor.small_plans import against_rate, between_arms, plan_of
from tests.monitor.trial import Trial, arms, trial

PANEL = '[benefit_risk]\ninstruments = ["TIS"]\nresponder = [20, 40]'


def told(*records, watches: tuple[str, ...] = (), **said: str) -> Trial:
    """Four patients an arm, *records*, and a look on day 100."""
    return trial(plan_of(*watches, **said), *arms(4), *records, ticked(100))


def test_scores_without_a_panel_are_refused():
    """A plan that asks for no benefit-risk panel takes no efficacy in."""
    refused = told().tell(scored("A1", 40))

    assert refused.refusal and refused.refusal.reason is Reason.NO_BENEFIT_RISK


def test_scores_of_an_instrument_that_the_plan_does_not_name_are_refused():
    """The panel names what it takes."""
    refused = told(more=PANEL).tell(scored("A1", 40, instrument="HAQ"))

    assert refused.refusal and refused.refusal.reason is Reason.NO_BENEFIT_RISK


def test_scores_make_responders_by_randomised_arm_and_touch_no_watch():
    """Efficacy beside safety: no verdict, no evidence, no table and no alert moves."""
    watches = (against_rate(share=0.5), between_arms("arms", share=0.5))
    found = told(case("c1", "A1", 3), watches=watches, more=PANEL)
    before = (standings(found.study), list(rows(found.study)), found.rang, found.findings)

    for who, value in (("A1", 19.9), ("A2", 20), ("A3", 55), ("C1", 40)):
        assert found.tell(scored(who, value)).alerts == ()

    after = (standings(found.study), list(rows(found.study)), found.rang, found.findings)
    assert after == before
    assert {one.treatment: (one.subjects, one.responders) for one in responses(found.study)} == {
        "act": (3, {20: 2, 40: 1}),
        "ctl": (1, {20: 1, 40: 1}),
    }
