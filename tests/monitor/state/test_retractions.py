"""Retractions: what they void, in any order of arrival, and what restores it."""

from __future__ import annotations

import pytest

from monitor.errors import Reason
from monitor.records import Record
from monitor.state.entities import RecordOutcome
from tests.monitor.builders import (
    allocated,
    case,
    retracted,
    scored,
    tick_record,
    treated,
    withdrawn,
)
from tests.monitor.small_plans import plan_of
from tests.monitor.trial import Trial, trial, two_arms


def folded_trial(*records: Record) -> Trial:
    """A trial with two subjects an arm and *records*, as of day 100."""
    return trial(plan_of(), *two_arms(2), *records, tick_record(100))


@pytest.mark.parametrize("first", ["the case", "its retraction"])
def test_a_retracted_case_counts_nothing_in_either_order(first: str):
    """A retraction that arrives before its target voids it too."""
    pair = [case("c1", "A1", 3), retracted("r1", "safety/c1")]
    scenario = folded_trial(*(pair if first == "the case" else reversed(pair)))

    assert scenario.outcomes[-3:-1] == [RecordOutcome.FOLDED, RecordOutcome.FOLDED]
    assert scenario.counts() == (0, 0)


def test_a_retracted_case_stays_void_at_its_next_version():
    """A late follow-up does not restore the case."""
    scenario = folded_trial(
        case("c1", "A1", 3), retracted("r1", "safety/c1"), case("c1", "A1", 4, version=2)
    )

    assert scenario.counts() == (0, 0)


def test_a_retraction_can_be_retracted():
    """The case counts again, with all its versions."""
    void = [case("c1", "A1", 3), retracted("r1", "safety/c1"), case("c1", "A1", 4, version=2)]
    scenario = folded_trial(*void, retracted("r2", "safety/r1"))

    assert scenario.counts() == (1, 1)
    assert scenario.row().cell.versions == 2


def test_a_case_is_void_while_one_of_two_retractions_holds():
    """Retracting one retraction does not retract the other."""
    both = [retracted("r1", "safety/c1"), retracted("r2", "safety/c1")]
    scenario = folded_trial(case("c1", "A1", 3), *both, retracted("r3", "safety/r1"))

    assert scenario.counts() == (0, 0)
    scenario.submit(retracted("r4", "safety/r2"))
    assert scenario.counts() == (1, 1)


def test_a_later_version_of_a_retraction_restores_its_first_target():
    """The retraction named the wrong case, and its next version corrects it."""
    cases = [case("c1", "A1", 3), case("c2", "A2", 5)]
    scenario = folded_trial(
        *cases, retracted("r1", "safety/c1"), retracted("r1", "safety/c2", version=2)
    )

    assert scenario.counts() == (1, 1)
    assert scenario.row().person_days_to_first == 4 + 101


def test_events_on_a_retracted_treatment_are_not_counted():
    """Without the interval the case is not treatment-emergent, which is a data finding."""
    scenario = folded_trial(case("c1", "A1", 3), retracted("r1", "edc/treated-A1-0"))

    assert scenario.counts() == (0, 0)
    assert scenario.row("any").subjects_exposed == 1
    assert scenario.findings == {"not_treatment_emergent": 1}


def test_two_retractions_cannot_retract_each_other():
    """Which of them holds would depend on the order of arrival."""
    scenario = folded_trial(retracted("r1", "safety/r2"))

    refused = scenario.submit(retracted("r2", "safety/r1"))

    assert refused.refusal and refused.refusal.reason is Reason.MERGE_CYCLE


def test_a_retraction_may_void_any_entity():
    """A disposition and an allocation can be voided, and the subject corrected afterwards."""
    toml = plan_of(more='[benefit_risk]\ninstruments = ["TIS"]')
    scenario = trial(toml, *two_arms(2), withdrawn("A1", 9), scored("A1", 30), tick_record(100))
    scenario.submit(retracted("r1", "edc/left-A1-None"), retracted("r2", "edc/subject-A2"))

    assert scenario.row("any").person_days == 2 * 101
    assert scenario.findings == {"treated_without_randomisation": 1}
    assert scenario.submit(allocated("A2", "act", version=2)).outcome is RecordOutcome.FOLDED
    assert scenario.submit(treated("A2", "act", 0, 50, version=2)).outcome is RecordOutcome.FOLDED


def test_a_recount_of_a_subject_leaves_out_void_cases():
    """A corrected interval recounts the subject's cases, except those that are void."""
    scenario = folded_trial(case("c1", "A1", 3), case("c2", "A1", 5), retracted("r1", "safety/c1"))

    scenario.submit(treated("A1", "act", 0, 50, version=2))

    assert scenario.counts() == (1, 1)
    assert scenario.row().person_days_to_first == 6 + 101
