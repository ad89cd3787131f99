"""What a retraction voids, before and after its target, and what frees it again."""

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
    """Two patients an arm, then *records*, then nothing more up to day 100."""
    return trial(plan_of(), *two_arms(2), *records, tick_record(100))


@pytest.mark.parametrize("first", ["the case", "its retraction"])
def test_a_retracted_case_counts_nothing_in_either_order(first: str):
    """A retraction that arrives before its target voids it too."""
    pair = [case("c1", "A1", 3), retracted("r1", "safety/c1")]
    found = folded_trial(*(pair if first == "the case" else reversed(pair)))

    assert found.outcomes[-3:-1] == [RecordOutcome.FOLDED, RecordOutcome.FOLDED]
    assert found.counts() == (0, 0)


def test_a_retracted_case_stays_void_at_its_next_version():
    """Void whatever its version: a late follow-up does not bring it back."""
    found = folded_trial(
        case("c1", "A1", 3), retracted("r1", "safety/c1"), case("c1", "A1", 4, version=2)
    )

    assert found.counts() == (0, 0)


def test_a_retraction_can_be_retracted():
    """Then the case stands again, with all its versions."""
    void = [case("c1", "A1", 3), retracted("r1", "safety/c1"), case("c1", "A1", 4, version=2)]
    found = folded_trial(*void, retracted("r2", "safety/r1"))

    assert found.counts() == (1, 1)
    assert found.row().cell.versions == 2


def test_a_case_is_void_while_one_of_two_retractions_holds():
    """Taking back the one does not take back the other."""
    both = [retracted("r1", "safety/c1"), retracted("r2", "safety/c1")]
    found = folded_trial(case("c1", "A1", 3), *both, retracted("r3", "safety/r1"))

    assert found.counts() == (0, 0)
    found.submit(retracted("r4", "safety/r2"))
    assert found.counts() == (1, 1)


def test_a_later_version_of_a_retraction_frees_its_first_target():
    """The retraction named the wrong case, and is corrected."""
    cases = [case("c1", "A1", 3), case("c2", "A2", 5)]
    found = folded_trial(
        *cases, retracted("r1", "safety/c1"), retracted("r1", "safety/c2", version=2)
    )

    assert found.counts() == (1, 1)
    assert found.row().person_days_to_first == 4 + 101


def test_a_retracted_treatment_takes_its_events_with_it():
    """Without the interval the case is not treatment-emergent, and a data manager is told."""
    found = folded_trial(case("c1", "A1", 3), retracted("r1", "edc/treated-A1-0"))

    assert found.counts() == (0, 0)
    assert found.row("any").subjects_exposed == 1
    assert found.findings == {"not_treatment_emergent": 1}


def test_two_retractions_cannot_retract_each_other():
    """Which of them held would depend on the order of arrival."""
    found = folded_trial(retracted("r1", "safety/r2"))

    refused = found.submit(retracted("r2", "safety/r1"))

    assert refused.refusal and refused.refusal.reason is Reason.MERGE_CYCLE


def test_a_retraction_may_void_what_is_no_case():
    """An allocation, an exit, a score: whatever has a name."""
    toml = plan_of(more='[benefit_risk]\ninstruments = ["TIS"]')
    found = trial(toml, *two_arms(2), withdrawn("A1", 9), scored("A1", 30), tick_record(100))
    found.submit(retracted("r1", "edc/left-A1-None"), retracted("r2", "edc/subject-A2"))

    assert found.row("any").person_days == 2 * 101
    assert found.findings == {"treated_without_randomisation": 1}
    assert found.submit(allocated("A2", "act", version=2)).outcome is RecordOutcome.FOLDED
    assert found.submit(treated("A2", "act", 0, 50, version=2)).outcome is RecordOutcome.FOLDED


def test_a_void_case_does_not_come_back_when_its_subject_is_counted_anew():
    """A corrected interval counts the subject's cases again, but not those that are void."""
    found = folded_trial(case("c1", "A1", 3), case("c2", "A1", 5), retracted("r1", "safety/c1"))

    found.submit(treated("A1", "act", 0, 50, version=2))

    assert found.counts() == (1, 1)
    assert found.row().person_days_to_first == 6 + 101
