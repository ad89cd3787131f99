"""What only a study's state can refuse: every such reason is reached, and nothing moves."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from monitor.errors import STUDY_STATE_REASONS, Reason
from monitor.records import Record
from monitor.state.digest import state_digest
from monitor.state.entities import RecordOutcome
from tests.monitor.builders import (
    allocated,
    case,
    day,
    merged,
    plan_record,
    record,
    scored,
    tick_record,
    treated,
    withdrawn,
)
from tests.monitor.small_plans import plan_of
from tests.monitor.trial import Trial, trial, two_arms


def small_study() -> Trial:
    """A study of four patients with one case and one merge."""
    pair = merged("m1", "subject", "X9", "A1")
    return trial(plan_of(), *two_arms(2), case("c1", "A1", 3), pair, tick_record(10))


def type_changed() -> Record:
    """The case, at its next version said to be an exit."""
    body = withdrawn("A1", 5).body
    return record(body, "safety/c1", version=2, known=5)


REFUSED: dict[Reason, Callable[[], Record]] = {
    Reason.BAD_PLAN: lambda: plan_record(plan_of(alpha=0.1), version=2),
    Reason.TOO_FAR_AHEAD: lambda: case("c9", "A1", 5, known=400),
    Reason.TYPE_CHANGED: type_changed,
    Reason.MERGE_CYCLE: lambda: merged("m2", "subject", "A1", "X9"),
    Reason.NO_BENEFIT_RISK: lambda: scored("A1", 40),
    Reason.UNKNOWN_TREATMENT: lambda: treated("A1", "other", 5),
    Reason.UNKNOWN_PERIOD: lambda: treated("A1", "act", 5, period="third"),
}
"""One record for every reason but the first: a study without a plan is no study."""


def test_every_reason_in_context_is_here():
    """A reason that is added must be shown to be reached."""
    assert set(REFUSED) | {Reason.NO_PLAN} == STUDY_STATE_REASONS


@pytest.mark.parametrize("reason", REFUSED)
def test_a_refused_record_moves_nothing(reason: Reason):
    """The study is as it was, to the digest, and a second attempt is refused alike."""
    found = small_study()
    before = (state_digest(found.study), found.study.as_of)

    once, again = found.submit(REFUSED[reason]()), found.submit(REFUSED[reason]())

    for refused in (once, again):
        assert refused.outcome is RecordOutcome.REFUSED
        assert refused.refusal and refused.refusal.reason is reason
    assert (state_digest(found.study), found.study.as_of) == before


@pytest.mark.parametrize("reason", REFUSED)
def test_a_refusal_does_not_repeat_what_was_said(reason: Reason):
    """It is read by people who must not learn the arms: no value, no subject, and a remedy."""
    refused = small_study().submit(REFUSED[reason]()).refusal
    assert refused

    assert not {"A1", "X9", "other", "act", "third"} & set(refused.detail.replace(".", "").split())
    assert refused.message.endswith(reason.remedy)
    assert not refused.is_unreadable


@pytest.mark.parametrize(
    "first",
    [case("c1", "A1", 3), tick_record(5), allocated("A1", "act"), merged("m", "subject", "A", "B")],
    ids=["case", "tick", "subject", "merge"],
)
def test_before_its_plan_a_study_takes_nothing(first: Record):
    """Nobody could say by which conventions; the same record is welcome after the plan."""
    found = Trial()

    refused = found.submit(first)
    found.submit(plan_record(plan_of()))

    assert refused.refusal and refused.refusal.reason is Reason.NO_PLAN
    assert found.submit(first).outcome is RecordOutcome.FOLDED


@pytest.mark.parametrize("toml", ["study = ", plan_of().replace('"T1"', '"T2"'), plan_of(alpha=2)])
def test_a_first_plan_that_cannot_be_read_opens_no_study(toml: str):
    """Not TOML, another study's, or out of range: there is still no plan."""
    found = Trial()

    refused = found.submit(plan_record(toml))
    after = found.submit(tick_record(3))

    assert refused.refusal and refused.refusal.reason is Reason.BAD_PLAN
    assert after.refusal and after.refusal.reason is Reason.NO_PLAN


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (allocated("A9", "other"), Reason.UNKNOWN_TREATMENT),
        (withdrawn("A1", 5, period="third"), Reason.UNKNOWN_PERIOD),
        (treated("A9", "other", 3, period="third"), Reason.UNKNOWN_TREATMENT),
    ],
    ids=["allocation", "exit", "both"],
)
def test_treatments_and_periods_are_those_of_the_plan(said: Record, reason: Reason):
    """A misspelt arm would otherwise be an arm of its own."""
    refused = small_study().submit(said)

    assert refused.refusal and refused.refusal.reason is reason


def test_a_record_of_an_unknown_treatment_is_taken_after_the_amendment():
    """The remedy works: amend the plan, send it again."""
    found = small_study()
    period = '[[periods]]\nid = "third"\nrandomised = false'
    late = treated("A1", "act", 5, period="third")
    assert found.submit(late).outcome is RecordOutcome.REFUSED

    found.submit(plan_record(plan_of(more=period), version=2))

    assert found.submit(late).outcome is RecordOutcome.FOLDED
    assert found.row("any", period="third").person_days == day(10) - day(5) + 1
