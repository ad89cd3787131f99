"""A plan that is amended: judged anew from there on, and alpha is spent once."""

from __future__ import annotations

import pytest

from monitor.errors import Reason
from monitor.state.entities import RecordOutcome
from tests.monitor.builders import case, plan_record, tick_record
from tests.monitor.small_plans import concurrent_watch, plan_of, reference_watch, toml_table
from tests.monitor.trial import Trial, trial, two_arms


def running_study(*watches: str, **said: str) -> Trial:
    """A study under a plan with *watches*, with patients and no events yet."""
    return trial(plan_of(*watches, **said), *two_arms(10), tick_record(30))


def amendment_refusal(found: Trial, *watches: str, **said: object) -> str | None:
    """Why the amendment was refused, or None where it holds."""
    told = found.submit(plan_record(plan_of(*watches, **said), version=2))
    if told.refusal is None:
        assert told.outcome is RecordOutcome.FOLDED
        return None
    assert told.refusal.reason is Reason.BAD_PLAN
    return told.refusal.detail


def test_an_amendment_judges_everything_again():
    """A watch that the first plan did not have rings at the plan record that brings it."""
    found = running_study(reference_watch("one", share=0.5))
    found.submit(case("c1", "A1", 31, "Stroke"), case("c2", "A2", 32, "Stroke"))
    assert found.raised == []

    stroke = reference_watch("two", preferred_term="Stroke", share=0.5)
    told = found.submit(plan_record(plan_of(reference_watch("one", share=0.5), stroke), version=2))

    assert [(alert.watch, alert.level) for alert in told.alerts] == [("two", "signal")]
    assert told.alerts[0].thing == "office/plan"
    assert told.alerts[0].plan_sha256 == found.study.plan.sha256


def test_an_amended_window_counts_what_lay_outside():
    """The event came three days after the end: not emergent by the first plan, by the second it is.

    Conventions hold for all data, not only for what comes after them.
    """
    found = trial(
        plan_of(reference_watch()), *two_arms(10, end=20), tick_record(30), case("c1", "A1", 23)
    )
    assert (found.counts(), found.findings) == ((0, 0), {"not_treatment_emergent": 1})

    assert amendment_refusal(found, reference_watch(), window=7) is None

    assert (found.counts(), found.findings) == ((1, 1), {})
    assert found.raised == [("clots", "watch", 1)]
    assert found.row().person_days == 10 * 27


def test_what_rang_before_an_amendment_does_not_ring_again():
    """The episode belongs to the watch, not to the plan's version."""
    found = running_study(reference_watch())
    found.submit(case("c1", "A1", 31))

    assert amendment_refusal(found, reference_watch(), window=7) is None
    assert found.raised == [("clots", "watch", 1)]


def test_a_new_watch_may_spend_what_was_never_given():
    """0.6 and 0.4 are all of alpha."""
    first = reference_watch("one", share=0.6)

    assert amendment_refusal(running_study(first), first, reference_watch("two", share=0.4)) is None


def test_a_share_once_given_is_spent_although_its_watch_is_dropped():
    """Otherwise the watches that found nothing could be exchanged until one finds something."""
    first = reference_watch("one", share=0.6)

    why = amendment_refusal(running_study(first), reference_watch("two", share=0.5))

    assert why and "sum to more than 1" in why


def test_a_dropped_watch_may_return_as_it_was():
    """It buys nothing new."""
    one, two = reference_watch("one", share=0.6), reference_watch("two", share=0.4)
    found = running_study(one)

    assert amendment_refusal(found, two) is None
    assert found.submit(plan_record(plan_of(one, two), version=3)).outcome is RecordOutcome.FOLDED


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
    """A lower rate, or a term with more events, chosen after looking, would be a new test."""
    why = amendment_refusal(running_study(reference_watch(share=0.5)), changed)

    assert why and "name the changed one anew" in why


def test_what_is_only_shown_may_change_freely():
    """Tier 3 spends nothing."""
    found = running_study(reference_watch(tier=3))

    assert amendment_refusal(found, reference_watch(tier=3, rate_per_100_patient_years=2)) is None


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"alpha": 0.1}, "alpha and treatments are fixed"),
        ({"active": ["act", "high"]}, "alpha and treatments are fixed"),
    ],
)
def test_alpha_and_treatments_are_fixed(said: dict[str, object], why: str):
    """They were promised before the first event."""
    refused = amendment_refusal(running_study(), **said)

    assert refused and why in refused


def test_a_period_cannot_be_dropped():
    """Records of it exist."""
    found = running_study()
    shorter = plan_of().replace('[[periods]]\nid = "later"\nrandomised = false\n', "")

    told = found.submit(plan_record(shorter, version=2))

    assert told.refusal and "period" in told.refusal.detail


def test_an_amendment_of_another_study_is_refused_and_the_plan_stands():
    """So is one that is no plan; the study goes on under the plan it had."""
    found = running_study(reference_watch())
    before = found.study.plan.sha256

    other = found.submit(plan_record(plan_of().replace('"T1"', '"T2"'), version=2))
    broken = found.submit(plan_record("study = ", version=3))

    reasons = [told.refusal.reason for told in (other, broken) if told.refusal]
    assert reasons == [Reason.BAD_PLAN, Reason.BAD_PLAN]
    assert found.study.plan.sha256 == before


def test_a_group_that_is_redefined_under_a_judged_watch_is_refused():
    """The watch would keep its name and ask another question."""
    clot = toml_table("groups.clot", preferred_terms=["DVT"])
    wider = toml_table("groups.clot", preferred_terms=["DVT", "Stroke"])
    found = running_study(reference_watch(group="clot"), groups=clot)

    assert amendment_refusal(found, reference_watch(group="clot"), groups=wider) is not None


def test_a_watch_that_rang_may_be_only_shown_from_there_on():
    """Its alert stands, it is judged no more, and the study goes on."""
    found = running_study(reference_watch())
    found.submit(case("c1", "A1", 31))

    assert amendment_refusal(found, reference_watch(tier=3)) is None
    assert found.submit(case("c2", "A2", 32)).alerts == ()
    assert found.raised == [("clots", "watch", 1)]
