"""Amended plans: everything is evaluated again, and alpha is spent once."""

from __future__ import annotations

import pytest

from monitor.errors import Reason
from monitor.state.entities import RecordOutcome
from tests.monitor.builders import case, plan_record, tick_record
from tests.monitor.small_plans import concurrent_watch, plan_of, reference_watch, toml_table
from tests.monitor.trial import Trial, trial, two_arms


def running_study(*watches: str, **options: str) -> Trial:
    """A study under a plan with *watches*, with subjects and no events yet."""
    return trial(plan_of(*watches, **options), *two_arms(10), tick_record(30))


def amendment_refusal(scenario: Trial, *watches: str, **options: object) -> str | None:
    """The detail of the amendment's refusal, or None where it is accepted."""
    result = scenario.submit(plan_record(plan_of(*watches, **options), version=2))
    if result.refusal is None:
        assert result.outcome is RecordOutcome.FOLDED
        return None
    assert result.refusal.reason is Reason.BAD_PLAN
    return result.refusal.detail


def test_an_amendment_evaluates_everything_again():
    """A watch that an amendment adds is raised by the plan record itself."""
    scenario = running_study(reference_watch("one", share=0.5))
    scenario.submit(case("c1", "A1", 31, "Stroke"), case("c2", "A2", 32, "Stroke"))
    assert scenario.raised == []

    stroke = reference_watch("two", preferred_term="Stroke", share=0.5)
    result = scenario.submit(
        plan_record(plan_of(reference_watch("one", share=0.5), stroke), version=2)
    )

    assert [(alert.watch, alert.level) for alert in result.alerts] == [("two", "signal")]
    assert result.alerts[0].thing == "office/plan"
    assert result.alerts[0].plan_sha256 == scenario.study.plan.sha256


def test_an_amended_window_applies_to_earlier_events():
    """An event three days after treatment is emergent only under the second plan.

    Conventions hold for all data, including the data before the amendment.
    """
    scenario = trial(
        plan_of(reference_watch()), *two_arms(10, end=20), tick_record(30), case("c1", "A1", 23)
    )
    assert (scenario.counts(), scenario.findings) == ((0, 0), {"not_treatment_emergent": 1})

    assert amendment_refusal(scenario, reference_watch(), window=7) is None

    assert (scenario.counts(), scenario.findings) == ((1, 1), {})
    assert scenario.raised == [("clots", "watch", 1)]
    assert scenario.row().person_days == 10 * 27


def test_an_alert_raised_before_an_amendment_is_not_raised_again():
    """The episode belongs to the watch, not to the version of the plan."""
    scenario = running_study(reference_watch())
    scenario.submit(case("c1", "A1", 31))

    assert amendment_refusal(scenario, reference_watch(), window=7) is None
    assert scenario.raised == [("clots", "watch", 1)]


def test_a_new_watch_may_spend_the_unspent_share():
    """The shares 0.6 and 0.4 add up to all of alpha."""
    first = reference_watch("one", share=0.6)

    assert amendment_refusal(running_study(first), first, reference_watch("two", share=0.4)) is None


def test_the_share_of_a_dropped_watch_is_spent():
    """Otherwise watches without a signal could be exchanged until one signals."""
    first = reference_watch("one", share=0.6)

    detail = amendment_refusal(running_study(first), reference_watch("two", share=0.5))

    assert detail and "sum to more than 1" in detail


def test_a_dropped_watch_may_return_as_it_was():
    """It spends no further share."""
    one, two = reference_watch("one", share=0.6), reference_watch("two", share=0.4)
    scenario = running_study(one)

    assert amendment_refusal(scenario, two) is None
    assert (
        scenario.submit(plan_record(plan_of(one, two), version=3)).outcome is RecordOutcome.FOLDED
    )


@pytest.mark.parametrize(
    "changed",
    [
        reference_watch(share=0.4),
        reference_watch(share=0.5, rate_per_100_patient_years=2),
        reference_watch(share=0.5, preferred_term="Stroke"),
        concurrent_watch(share=0.5),
    ],
    ids=["share", "rate", "term", "kind"],
)
def test_a_watch_that_has_spent_its_share_cannot_be_changed(changed: str):
    """A lower rate or a more frequent term, chosen after a look, would be a new hypothesis."""
    detail = amendment_refusal(running_study(reference_watch(share=0.5)), changed)

    assert detail and "name the changed one anew" in detail


def test_a_tier_3_watch_may_change():
    """Tier 3 spends no alpha."""
    scenario = running_study(reference_watch(tier=3))

    assert (
        amendment_refusal(scenario, reference_watch(tier=3, rate_per_100_patient_years=2)) is None
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"alpha": 0.1}, "alpha and treatments are fixed"),
        ({"active": ["act", "high"]}, "alpha and treatments are fixed"),
    ],
)
def test_alpha_and_treatments_are_fixed(options: dict[str, object], message: str):
    """Both were fixed before the first event."""
    detail = amendment_refusal(running_study(), **options)

    assert detail and message in detail


def test_a_period_cannot_be_dropped():
    """Records of the period exist."""
    scenario = running_study()
    shorter = plan_of().replace('[[periods]]\nid = "later"\nrandomised = false\n', "")

    result = scenario.submit(plan_record(shorter, version=2))

    assert result.refusal and "period" in result.refusal.detail


def test_an_amendment_of_another_study_is_refused_and_the_plan_is_kept():
    """An unreadable plan is refused too; the study continues under its current plan."""
    scenario = running_study(reference_watch())
    before = scenario.study.plan.sha256

    other = scenario.submit(plan_record(plan_of().replace('"T1"', '"T2"'), version=2))
    broken = scenario.submit(plan_record("study = ", version=3))

    reasons = [result.refusal.reason for result in (other, broken) if result.refusal]
    assert reasons == [Reason.BAD_PLAN, Reason.BAD_PLAN]
    assert scenario.study.plan.sha256 == before


def test_a_redefined_group_of_a_tested_watch_is_refused():
    """The watch would keep its id and test another hypothesis."""
    clot = toml_table("groups.clot", preferred_terms=["DVT"])
    wider = toml_table("groups.clot", preferred_terms=["DVT", "Stroke"])
    scenario = running_study(reference_watch(group="clot"), groups=clot)

    assert amendment_refusal(scenario, reference_watch(group="clot"), groups=wider) is not None


def test_a_raised_watch_may_become_tier_3():
    """Its alert remains, and it is not tested any more."""
    scenario = running_study(reference_watch())
    scenario.submit(case("c1", "A1", 31))

    assert amendment_refusal(scenario, reference_watch(tier=3)) is None
    assert scenario.submit(case("c2", "A2", 32)).alerts == ()
    assert scenario.raised == [("clots", "watch", 1)]
