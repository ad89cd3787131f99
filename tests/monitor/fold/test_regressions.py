"""Regression tests of faults that reviews of the fold found."""

from __future__ import annotations

import pytest

from monitor.records import Outcome
from monitor.state.entities import RecordOutcome
from monitor.state.verdict import VerdictReason
from tests.monitor.builders import allocated, case, plan_record, retracted, tick_record, treated
from tests.monitor.small_plans import concurrent_watch, plan_of, reference_watch, toml_table
from tests.monitor.trial import trial, two_arms


@pytest.mark.parametrize(
    "correction",
    [case("c1", "A1", 5, version=2, known=11), retracted("r1", "safety/c1")],
    ids=["corrected", "retracted"],
)
def test_a_corrected_case_is_no_finding(correction):
    """A follow-up corrects the onset, or a retraction voids the case."""
    scenario = trial(plan_of(), *two_arms(1), case("c1", "A1", 50, known=10), correction)

    assert scenario.findings == {}


def test_two_versions_of_an_unflagged_death_are_one_finding():
    """Two versions of one unflagged death are one finding."""
    deaths = [case("c1", "A1", 5, version=n, outcome=Outcome.FATAL, end=n) for n in (1, 2)]
    scenario = trial(plan_of(), *two_arms(1), *deaths)

    assert scenario.findings == {"serious_by_criteria_or_fatal_but_not_flagged": 1}


def test_a_dropped_watch_does_not_return_under_another_group():
    """Otherwise a group could be widened while its watch is dropped, and tested again."""
    watch = reference_watch(group="clot")
    narrow = toml_table("groups.clot", preferred_terms=["DVT"])
    wide = toml_table("groups.clot", preferred_terms=["DVT", "Stroke"])
    scenario = trial(plan_of(watch, groups=narrow), *two_arms(2), tick_record(5))
    scenario.submit(plan_record(plan_of(groups=wide), version=2))

    assert (
        scenario.submit(plan_record(plan_of(watch, groups=wide), version=3)).outcome
        is RecordOutcome.REFUSED
    )


def test_a_dropped_watch_and_its_group_may_return_as_they_were():
    """They spend no further share."""
    watch, group = reference_watch(group="clot"), toml_table("groups.clot", preferred_terms=["DVT"])
    scenario = trial(plan_of(watch, groups=group), *two_arms(2), tick_record(5))
    scenario.submit(plan_record(plan_of(), version=2))

    assert (
        scenario.submit(plan_record(plan_of(watch, groups=group), version=3)).outcome
        is RecordOutcome.FOLDED
    )


def test_an_event_on_a_third_arm_is_not_a_lack_of_person_time():
    """Both arms of the watch have subjects at risk, and none of them had the event."""
    third = [allocated("H1", "high"), treated("H1", "high", 0), case("c1", "H1", 3)]
    toml = plan_of(concurrent_watch(), active=["act", "high"])
    scenario = trial(toml, *two_arms(2), *third, tick_record(9))

    assert scenario.watch_summary().verdict.reason is not VerdictReason.NO_PERSON_TIME


def test_an_event_after_the_as_of_day_is_not_a_lack_of_person_time():
    """The onset is after the as-of day, and there are 21 days at risk."""
    scenario = trial(
        plan_of(reference_watch()), *two_arms(1), case("c1", "A1", 50, known=10), tick_record(20)
    )

    assert scenario.watch_summary().verdict.reason is not VerdictReason.NO_PERSON_TIME
