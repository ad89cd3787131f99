"""Two cases, or two subjects, that turn out to be one."""

from __future__ import annotations

import pytest

from monitor.errors import Reason
from monitor.records import Record
from tests.monitor.builders import case, merged, retracted, tick_record, withdrawn
from tests.monitor.small_plans import plan_of
from tests.monitor.trial import Trial, trial, two_arms


def folded_trial(*records: Record) -> Trial:
    """Two patients an arm, then *records*, then nothing more up to day 100."""
    return trial(plan_of(), *two_arms(2), *records, tick_record(100))


def test_a_duplicate_case_counts_nothing_and_its_survivor_is_left_alone():
    """Two reports of one event: one subject, one event, the survivor's versions only."""
    cases = [case("c1", "A1", 3), case("c2", "A1", 4), case("c2", "A1", 5, version=2)]
    found = folded_trial(*cases, merged("m1", "case", "safety/c2", "safety/c1"))

    assert found.counts() == (1, 1)
    assert found.row().cell.versions == 1
    assert found.row().person_days_to_first == 4 + 101


def test_a_merge_of_cases_leaves_alone_what_is_no_case():
    """A disposition that a merge of cases names by mistake still ends its subject's follow-up."""
    merge = merged("m1", "case", withdrawn("A1", 9).entity_id, "safety/c1")

    before, after = folded_trial(withdrawn("A1", 9)), folded_trial(withdrawn("A1", 9), merge)
    early = folded_trial(merge, withdrawn("A1", 9))

    days = [found.row("any").person_days for found in (before, after, early)]
    assert days == [10 + 101] * 3


def test_a_merge_of_cases_can_be_retracted():
    """They were two events after all."""
    cases = [case("c1", "A1", 3), case("c2", "A1", 5)]
    merge = merged("m1", "case", "safety/c2", "safety/c1")
    found = folded_trial(*cases, merge, retracted("r1", "safety/m1"))

    assert found.counts() == (1, 2)


def test_records_of_a_duplicate_subject_count_under_the_survivor():
    """Enrolled twice: the event of the one falls on the treatment of the other."""
    found = folded_trial(
        case("c1", "A1", 3), case("c2", "X9", 4), merged("m1", "subject", "X9", "A1")
    )

    assert found.counts() == (1, 2)
    assert found.row().subjects_exposed == 2


def test_a_merge_of_subjects_can_be_retracted():
    """Then the event waits again for whoever it belongs to."""
    merge = merged("m1", "subject", "X9", "A1")
    found = folded_trial(
        case("c1", "A1", 3), case("c2", "X9", 4), merge, retracted("r1", "safety/m1")
    )

    assert found.counts() == (1, 1)


def test_chains_of_merged_subjects_are_followed_to_their_end():
    """X8 is X9, who is A1, in whatever order that became known."""
    chain = [merged("m1", "subject", "X8", "X9"), merged("m2", "subject", "X9", "A1")]
    here, there = (folded_trial(case("c1", "X8", 4), *pair) for pair in (chain, reversed(chain)))

    assert here.counts() == there.counts() == (1, 1)


def test_of_two_merges_of_one_subject_the_first_by_name_counts():
    """X9 is said to be A1 and to be C1: whichever came first, the records count under A1."""
    pair = [merged("m1", "subject", "X9", "A1"), merged("m2", "subject", "X9", "C1")]
    found = [folded_trial(case("c1", "X9", 4), *order) for order in (pair, reversed(pair))]

    assert [each.counts() for each in found] == [(1, 1), (1, 1)]


@pytest.mark.parametrize(
    ("what", "names"),
    [("subject", ("A1", "A2", "C1")), ("case", ("safety/c1", "safety/c2", "safety/c3"))],
)
def test_a_merge_that_would_close_a_circle_is_refused(what: str, names: tuple[str, str, str]):
    """Two things cannot survive each other, over however many others."""
    one, two, three = names
    found = folded_trial(merged("m1", what, one, two), merged("m2", what, two, three))

    refused = found.submit(merged("m3", what, three, one))

    assert refused.refusal and refused.refusal.reason is Reason.MERGE_CYCLE
