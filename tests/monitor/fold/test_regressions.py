"""Faults that were found by reading the fold against its plan, and mended."""

from __future__ import annotations

import pytest

from monitor.records import Outcome
from monitor.state.entities import RecordOutcome as Became
from monitor.state.verdict import VerdictReason
from tests.monitor.builders import allocated, case, plan_record, retracted, tick_record, treated
from tests.monitor.small_plans import concurrent_watch, plan_of, reference_watch, toml_table
from tests.monitor.trial import trial, two_arms


@pytest.mark.parametrize(
    "mended",
    [case("c1", "A1", 5, version=2, known=11), retracted("r1", "safety/c1")],
    ids=["corrected", "retracted"],
)
def test_a_finding_that_was_mended_is_no_finding(mended):
    """The onset was after it was known; then it was corrected, or the case was withdrawn."""
    found = trial(plan_of(), *two_arms(1), case("c1", "A1", 50, known=10), mended)

    assert found.findings == {}


def test_a_case_that_contradicts_itself_is_one_finding_whatever_its_versions():
    """Two versions of one death without a flag are one death without a flag."""
    deaths = [case("c1", "A1", 5, version=n, outcome=Outcome.FATAL, end=n) for n in (1, 2)]
    found = trial(plan_of(), *two_arms(1), *deaths)

    assert found.findings == {"serious_by_criteria_or_fatal_but_not_flagged": 1}


def test_a_dropped_watch_does_not_return_under_another_group():
    """Dropped in version 2, its group widened there, it would return in version 3 to ask anew."""
    watch = reference_watch(group="clot")
    narrow = toml_table("groups.clot", preferred_terms=["DVT"])
    wide = toml_table("groups.clot", preferred_terms=["DVT", "Stroke"])
    found = trial(plan_of(watch, groups=narrow), *two_arms(2), tick_record(5))
    found.submit(plan_record(plan_of(groups=wide), version=2))

    assert (
        found.submit(plan_record(plan_of(watch, groups=wide), version=3)).outcome is Became.REFUSED
    )


def test_a_dropped_watch_and_its_group_may_return_as_they_were():
    """Nothing new is bought."""
    watch, group = reference_watch(group="clot"), toml_table("groups.clot", preferred_terms=["DVT"])
    found = trial(plan_of(watch, groups=group), *two_arms(2), tick_record(5))
    found.submit(plan_record(plan_of(), version=2))

    assert (
        found.submit(plan_record(plan_of(watch, groups=group), version=3)).outcome is Became.FOLDED
    )


def test_an_event_on_a_third_arm_is_not_a_lack_of_person_time():
    """Both arms of the watch are at risk, and nobody on them had the event."""
    third = [allocated("H1", "high"), treated("H1", "high", 0), case("c1", "H1", 3)]
    toml = plan_of(concurrent_watch(), active=["act", "high"])
    found = trial(toml, *two_arms(2), *third, tick_record(9))

    assert found.watch_summary().verdict.reason is not VerdictReason.NO_PERSON_TIME


def test_an_event_that_lies_ahead_is_not_a_lack_of_person_time():
    """The onset is after the as-of day; there are 21 days at risk."""
    found = trial(
        plan_of(reference_watch()), *two_arms(1), case("c1", "A1", 50, known=10), tick_record(20)
    )

    assert found.watch_summary().verdict.reason is not VerdictReason.NO_PERSON_TIME
