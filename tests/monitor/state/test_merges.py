"""Merges of duplicate cases and of duplicate subjects."""

from __future__ import annotations

import pytest

from monitor.errors import Reason
from monitor.records import Record
from tests.monitor.builders import case, merged, retracted, tick_record, withdrawn
from tests.monitor.small_plans import plan_of
from tests.monitor.trial import Trial, trial, two_arms


def folded_trial(*records: Record) -> Trial:
    """A trial with two subjects an arm and *records*, as of day 100."""
    return trial(plan_of(), *two_arms(2), *records, tick_record(100))


def test_a_duplicate_case_is_not_counted_and_its_survivor_is_unchanged():
    """Two reports of one event: one subject, one event, only the survivor's versions."""
    cases = [case("c1", "A1", 3), case("c2", "A1", 4), case("c2", "A1", 5, version=2)]
    scenario = folded_trial(*cases, merged("m1", "case", "safety/c2", "safety/c1"))

    assert scenario.counts() == (1, 1)
    assert scenario.row().cell.versions == 1
    assert scenario.row().person_days_to_first == 4 + 101


def test_a_merge_of_cases_does_not_affect_other_entities():
    """A disposition that a merge of cases names by mistake still ends its subject's follow-up."""
    merge = merged("m1", "case", withdrawn("A1", 9).entity_id, "safety/c1")

    before, after = folded_trial(withdrawn("A1", 9)), folded_trial(withdrawn("A1", 9), merge)
    merged_first = folded_trial(merge, withdrawn("A1", 9))

    days = [scenario.row("any").person_days for scenario in (before, after, merged_first)]
    assert days == [10 + 101] * 3


def test_a_merge_of_cases_can_be_retracted():
    """Both events count again."""
    cases = [case("c1", "A1", 3), case("c2", "A1", 5)]
    merge = merged("m1", "case", "safety/c2", "safety/c1")
    scenario = folded_trial(*cases, merge, retracted("r1", "safety/m1"))

    assert scenario.counts() == (1, 2)


def test_records_of_a_duplicate_subject_count_under_the_survivor():
    """A person enrolled twice: the event of one id falls on the treatment of the other."""
    scenario = folded_trial(
        case("c1", "A1", 3), case("c2", "X9", 4), merged("m1", "subject", "X9", "A1")
    )

    assert scenario.counts() == (1, 2)
    assert scenario.row().subjects_exposed == 2


def test_a_merge_of_subjects_can_be_retracted():
    """The event of the former duplicate is unallocated again."""
    merge = merged("m1", "subject", "X9", "A1")
    scenario = folded_trial(
        case("c1", "A1", 3), case("c2", "X9", 4), merge, retracted("r1", "safety/m1")
    )

    assert scenario.counts() == (1, 1)


def test_chains_of_merged_subjects_are_followed_to_their_end():
    """X8 is X9, and X9 is A1, in either order of the merges."""
    chain = [merged("m1", "subject", "X8", "X9"), merged("m2", "subject", "X9", "A1")]
    in_order, reordered = (
        folded_trial(case("c1", "X8", 4), *pair) for pair in (chain, reversed(chain))
    )

    assert in_order.counts() == reordered.counts() == (1, 1)


def test_of_two_merges_of_one_subject_the_first_by_name_counts():
    """X9 is merged into A1 and into C1: in either order, the records count under A1."""
    pair = [merged("m1", "subject", "X9", "A1"), merged("m2", "subject", "X9", "C1")]
    scenarios = [folded_trial(case("c1", "X9", 4), *order) for order in (pair, reversed(pair))]

    assert [each.counts() for each in scenarios] == [(1, 1), (1, 1)]


@pytest.mark.parametrize(
    ("what", "names"),
    [("subject", ("A1", "A2", "C1")), ("case", ("safety/c1", "safety/c2", "safety/c3"))],
)
def test_a_merge_that_would_close_a_cycle_is_refused(what: str, names: tuple[str, str, str]):
    """Two entities cannot survive each other, directly or over others."""
    one, two, three = names
    scenario = folded_trial(merged("m1", what, one, two), merged("m2", what, two, three))

    refused = scenario.submit(merged("m3", what, three, one))

    assert refused.refusal and refused.refusal.reason is Reason.MERGE_CYCLE
