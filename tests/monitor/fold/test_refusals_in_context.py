"""Refusals that depend on the state of the study: each is reached, and none changes the state."""

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
    """A study of four subjects with one case and one merge."""
    pair = merged("m1", "subject", "X9", "A1")
    return trial(plan_of(), *two_arms(2), case("c1", "A1", 3), pair, tick_record(10))


def type_changed() -> Record:
    """A new version of the case that is a disposition."""
    body = withdrawn("A1", 5).body
    return record(body, "safety/c1", version=2, known=5)


REFUSED: dict[Reason, Callable[[], Record]] = {
    Reason.BAD_PLAN: lambda: plan_record(plan_of(alpha=0.1), version=2),
    Reason.TYPE_CHANGED: type_changed,
    Reason.MERGE_CYCLE: lambda: merged("m2", "subject", "A1", "X9"),
    Reason.NO_BENEFIT_RISK: lambda: scored("A1", 40),
    Reason.UNKNOWN_TREATMENT: lambda: treated("A1", "other", 5),
    Reason.UNKNOWN_PERIOD: lambda: treated("A1", "act", 5, period="third"),
}
"""By reason, a record that is refused for it; `NO_PLAN` needs a study without a plan."""


def test_every_reason_that_depends_on_the_study_is_covered():
    """A new reason must have a record here that reaches it."""
    full = {Reason.SUBJECT_FULL, Reason.STUDY_FULL}  # Their own tests: test_limits.py.

    assert set(REFUSED) | full | {Reason.NO_PLAN} == STUDY_STATE_REASONS


@pytest.mark.parametrize("reason", REFUSED)
def test_a_refused_record_changes_nothing(reason: Reason):
    """The digest of the study is unchanged, and a second attempt is refused alike."""
    scenario = small_study()
    before = (state_digest(scenario.study), scenario.study.as_of)

    first, second = scenario.submit(REFUSED[reason]()), scenario.submit(REFUSED[reason]())

    for refused in (first, second):
        assert refused.outcome is RecordOutcome.REFUSED
        assert refused.refusal and refused.refusal.reason is reason
    assert (state_digest(scenario.study), scenario.study.as_of) == before


@pytest.mark.parametrize("reason", REFUSED)
def test_a_refusal_does_not_repeat_values_of_the_record(reason: Reason):
    """Blinded people read it: it contains no value and no subject, and it gives a remedy."""
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
def test_a_record_before_the_plan_is_refused(first: Record):
    """Without a plan there are no conventions; the same record is folded after the plan."""
    scenario = Trial()

    refused = scenario.submit(first)
    scenario.submit(plan_record(plan_of()))

    assert refused.refusal and refused.refusal.reason is Reason.NO_PLAN
    assert scenario.submit(first).outcome is RecordOutcome.FOLDED


@pytest.mark.parametrize("toml", ["study = ", plan_of().replace('"T1"', '"T2"'), plan_of(alpha=2)])
def test_an_invalid_first_plan_opens_no_study(toml: str):
    """A plan that is not TOML, of another study or out of range is not in force."""
    scenario = Trial()

    refused = scenario.submit(plan_record(toml))
    after = scenario.submit(tick_record(3))

    assert refused.refusal and refused.refusal.reason is Reason.BAD_PLAN
    assert after.refusal and after.refusal.reason is Reason.NO_PLAN


@pytest.mark.parametrize(
    ("invalid", "reason"),
    [
        (allocated("A9", "other"), Reason.UNKNOWN_TREATMENT),
        (withdrawn("A1", 5, period="third"), Reason.UNKNOWN_PERIOD),
        (treated("A9", "other", 3, period="third"), Reason.UNKNOWN_TREATMENT),
    ],
    ids=["allocation", "exit", "both"],
)
def test_treatments_and_periods_are_those_of_the_plan(invalid: Record, reason: Reason):
    """A misspelt arm would otherwise count as another arm."""
    refused = small_study().submit(invalid)

    assert refused.refusal and refused.refusal.reason is reason


def test_a_record_of_an_unknown_period_is_folded_after_the_amendment():
    """The remedy works: amend the plan, then send the record again."""
    scenario = small_study()
    period = '[[periods]]\nid = "third"\nrandomised = false'
    late = treated("A1", "act", 5, period="third")
    assert scenario.submit(late).outcome is RecordOutcome.REFUSED

    scenario.submit(plan_record(plan_of(more=period), version=2))

    assert scenario.submit(late).outcome is RecordOutcome.FOLDED
    assert scenario.row("any", period="third").person_days == day(10) - day(5) + 1
