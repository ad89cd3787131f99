"""What only a study's state can refuse: every such reason is reached, and nothing moves."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from monitor.errors import IN_CONTEXT, Reason
from monitor.records import Record
from monitor.state.digest import digest
from monitor.state.entities import Outcome
from tests.monitor.builders import (
    allocated,
    case,
    day,
    left,
    merged,
    planned,
    record,
    scored,
    ticked,
    treated,
)
from tests.monitor.small_plans import plan_of
from tests.monitor.trial import Trial, arms, trial


def told() -> Trial:
    """A study of four patients with one case and one merge."""
    pair = merged("m1", "subject", "X9", "A1")
    return trial(plan_of(), *arms(2), case("c1", "A1", 3), pair, ticked(10))


def retyped() -> Record:
    """The case, at its next version said to be an exit."""
    body = left("A1", 5).body
    return record(body, "safety/c1", version=2, known=5)


REFUSED: dict[Reason, Callable[[], Record]] = {
    Reason.BAD_PLAN: lambda: planned(plan_of(alpha=0.1), version=2),
    Reason.TOO_FAR_AHEAD: lambda: case("c9", "A1", 5, known=400),
    Reason.TYPE_CHANGED: retyped,
    Reason.MERGE_CYCLE: lambda: merged("m2", "subject", "A1", "X9"),
    Reason.NO_BENEFIT_RISK: lambda: scored("A1", 40),
    Reason.UNKNOWN_TREATMENT: lambda: treated("A1", "other", 5),
    Reason.UNKNOWN_PERIOD: lambda: treated("A1", "act", 5, period="third"),
}
"""One record for every reason but the first: a study without a plan is no study."""


def test_every_reason_in_context_is_here():
    """A reason that is added must be shown to be reached."""
    assert set(REFUSED) | {Reason.NO_PLAN} == IN_CONTEXT


@pytest.mark.parametrize("reason", REFUSED)
def test_a_refused_record_moves_nothing(reason: Reason):
    """The study is as it was, to the digest, and a second attempt is refused alike."""
    found = told()
    before = (digest(found.study), found.study.as_of)

    once, again = found.tell(REFUSED[reason]()), found.tell(REFUSED[reason]())

    for refused in (once, again):
        assert refused.outcome is Outcome.REFUSED
        assert refused.refusal and refused.refusal.reason is reason
    assert (digest(found.study), found.study.as_of) == before


@pytest.mark.parametrize("reason", REFUSED)
def test_a_refusal_does_not_repeat_what_was_said(reason: Reason):
    """It is read by people who must not learn the arms: no value, no subject, and a remedy."""
    refused = told().tell(REFUSED[reason]()).refusal
    assert refused

    assert not {"A1", "X9", "other", "act", "third"} & set(refused.detail.replace(".", "").split())
    assert refused.message.endswith(reason.remedy)
    assert not refused.unreadable


@pytest.mark.parametrize(
    "first",
    [case("c1", "A1", 3), ticked(5), allocated("A1", "act"), merged("m", "subject", "A", "B")],
    ids=["case", "tick", "subject", "merge"],
)
def test_before_its_plan_a_study_takes_nothing(first: Record):
    """Nobody could say by which conventions; the same record is welcome after the plan."""
    found = Trial()

    refused = found.tell(first)
    found.tell(planned(plan_of()))

    assert refused.refusal and refused.refusal.reason is Reason.NO_PLAN
    assert found.tell(first).outcome is Outcome.FOLDED


@pytest.mark.parametrize("toml", ["study = ", plan_of().replace('"T1"', '"T2"'), plan_of(alpha=2)])
def test_a_first_plan_that_cannot_be_read_opens_no_study(toml: str):
    """Not TOML, another study's, or out of range: there is still no plan."""
    found = Trial()

    refused = found.tell(planned(toml))
    after = found.tell(ticked(3))

    assert refused.refusal and refused.refusal.reason is Reason.BAD_PLAN
    assert after.refusal and after.refusal.reason is Reason.NO_PLAN


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (allocated("A9", "other"), Reason.UNKNOWN_TREATMENT),
        (left("A1", 5, period="third"), Reason.UNKNOWN_PERIOD),
        (treated("A9", "other", 3, period="third"), Reason.UNKNOWN_TREATMENT),
    ],
    ids=["allocation", "exit", "both"],
)
def test_treatments_and_periods_are_those_of_the_plan(said: Record, reason: Reason):
    """A misspelt arm would otherwise be an arm of its own."""
    refused = told().tell(said)

    assert refused.refusal and refused.refusal.reason is reason


def test_a_record_of_an_unknown_treatment_is_taken_after_the_amendment():
    """The remedy works: amend the plan, send it again."""
    found = told()
    period = '[[periods]]\nid = "third"\nrandomised = false'
    late = treated("A1", "act", 5, period="third")
    assert found.tell(late).outcome is Outcome.REFUSED

    found.tell(planned(plan_of(more=period), version=2))

    assert found.tell(late).outcome is Outcome.FOLDED
    assert found.row("any", period="third").person_days == day(10) - day(5) + 1
