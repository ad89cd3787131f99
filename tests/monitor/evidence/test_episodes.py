"""What an alert does when its evidence moves: it rings once a level, and it is never erased."""

from __future__ import annotations

from math import log

import pytest

from monitor.records import Adjudication
from monitor.state.entities import RecordOutcome
from monitor.state.verdict import Level
from tests.monitor.builders import case, merged, retracted, tick_record
from tests.monitor.small_plans import plan_of, reference_watch, toml_table
from tests.monitor.trial import Trial, trial, two_arms

PLAN = plan_of(
    reference_watch(group="clot"),
    groups=toml_table("groups.clot", adjudication="clot"),
)
"""Twenty patients for 30 days at 1 per 100 years: one event says watch, two say signal."""

YES, NO, PENDING = ((("clot", answer),) for answer in ("yes", "no", "pending"))
AdjudicationAnswers = tuple[tuple[str, str], ...]


def adjudicated_trial(name: str, who: str, day: int, *answers: AdjudicationAnswers) -> Trial:
    """Ten patients an arm, and one case that a committee answers for again and again."""
    found = trial(PLAN, *two_arms(10), tick_record(30))
    for version, answer in enumerate(answers, start=1):
        found.submit(adjudicated_case(name, who, day, answer, version=version))
    return found


def adjudicated_case(
    name: str, who: str, day: int, answer: AdjudicationAnswers, *, version: int = 1
):
    """A case with the committee's answer."""
    said = tuple((group, Adjudication(word)) for group, word in answer)
    return case(name, who, day, version=version, adjudications=said)


def test_a_pending_case_is_in_no_group_and_rings_nothing():
    """The committee has not answered; the case counts as what it is called."""
    found = adjudicated_trial("c1", "A1", 31, PENDING)

    assert found.raised == []
    assert (found.counts("DVT"), found.counts("clot")) == ((1, 1), (0, 0))
    assert found.watch_summary().treatment_events == 0


def test_a_yes_moves_the_watch_and_rings_it():
    """From pending to yes: the watch counts the event, at its onset."""
    found = adjudicated_trial("c1", "A1", 31, PENDING, YES)

    assert found.raised == [("clots", "watch", 1)]
    assert found.counts("clot") == (1, 1)
    assert found.watch_summary().treatment_events == 1
    assert found.log_e_value() > log(5)


def test_a_no_takes_the_evidence_back_and_leaves_the_alert():
    """The bell cannot be unrung: the episode stands beside evidence that has fallen below one."""
    found = adjudicated_trial("c1", "A1", 31, PENDING, YES, NO)

    assert found.raised == [("clots", "watch", 1)]
    assert found.log_e_value() < 0
    assert found.watch_summary().verdict.level is Level.QUIET
    assert found.study.episodes["clots"].highest_level is Level.WATCH
    assert found.counts("clot") == (0, 0)


def test_evidence_that_comes_back_to_a_level_does_not_ring_again():
    """Yes, no, yes: said once."""
    found = adjudicated_trial("c1", "A1", 31, YES, NO, YES)

    assert found.raised == [("clots", "watch", 1)]
    assert found.study.episodes["clots"].revision == 1


def test_a_higher_level_rings_as_the_next_revision_of_the_same_alert():
    """The second yes makes a signal of the watch: same name, revision 2."""
    found = adjudicated_trial("c1", "A1", 31, YES, NO, YES)
    found.submit(adjudicated_case("c2", "A2", 32, YES))
    first, second = found.alerts

    assert [(one.level, one.revision) for one in found.alerts] == [("watch", 1), ("signal", 2)]
    assert first.id == second.id
    assert second.e_value and first.e_value and second.e_value > 20 > first.e_value
    assert (second.thing, second.version) == ("safety/c2", 1)


def test_a_level_may_be_skipped():
    """Two cases become clots by one record each; where the first says nothing, a signal is 1."""
    rate = reference_watch(group="clot", watch_level=19)
    toml = plan_of(rate, groups=toml_table("groups.clot", adjudication="clot"))
    found = trial(toml, *two_arms(10), tick_record(30))
    found.submit(adjudicated_case("c1", "A1", 31, YES), adjudicated_case("c2", "A2", 32, YES))

    assert found.raised == [("clots", "signal", 1)]


def test_evidence_after_any_history_is_that_of_a_study_told_only_the_end():
    """Evidence is a function of what holds now, not of the way there."""
    here = adjudicated_trial("c1", "A1", 31, PENDING, YES, NO, YES)
    here.submit(
        adjudicated_case("c2", "A2", 20, YES),
        retracted("r1", "safety/c2"),
        adjudicated_case("c3", "A1", 35, YES),
        merged("m1", "case", "safety/c3", "safety/c1"),
    )
    there = adjudicated_trial("c1", "A1", 31, YES)
    for study in (here, there):
        study.submit(tick_record(60))

    assert here.log_e_value() == pytest.approx(there.log_e_value(), abs=1e-12)


def test_an_onset_corrected_to_a_later_day_moves_the_first_event():
    """The subject's other case becomes the first; person-time follows."""
    found = trial(plan_of(reference_watch()), *two_arms(10), tick_record(30))
    found.submit(case("c1", "A1", 10), case("c2", "A1", 20), tick_record(40))
    before = found.row().person_days_to_first

    found.submit(case("c1", "A1", 25, version=2))

    assert found.row().person_days_to_first == before + 10
    assert (found.watch_summary().treatment_events, found.counts()) == (1, (1, 2))


def test_a_late_report_counts_from_its_onset():
    """Known on day 60, begun on day 3: person-time to first ends on day 3."""
    found = trial(plan_of(reference_watch()), *two_arms(1), tick_record(50))
    found.submit(case("c1", "A1", 3, known=60))

    assert found.row().person_days == 61
    assert found.row().person_days_to_first == 4


def test_an_event_before_its_allocation_waits_and_then_joins():
    """Its patient is not known yet: unallocated, in no table; the allocation brings it in."""
    found = trial(plan_of(reference_watch()), tick_record(30))
    told = found.submit(case("c1", "A1", 3), case("c2", "A2", 4))
    waiting = (found.counts(), found.raised, found.findings)

    joined = found.submit(*two_arms(2))

    assert told.outcome is RecordOutcome.FOLDED
    assert waiting == ((0, 0), [], {})
    assert (joined.outcome, found.counts()) == (RecordOutcome.FOLDED, (2, 2))
    assert [level for _, level, _ in found.raised] == ["watch", "signal"]


def test_an_earlier_event_that_is_reported_later_becomes_the_first():
    """The order of the reports is not the order of the onsets."""
    found = trial(plan_of(reference_watch()), *two_arms(1), case("c1", "A1", 20), tick_record(40))
    found.submit(case("c2", "A1", 10, known=41))
    other = trial(plan_of(reference_watch()), *two_arms(1), case("c2", "A1", 10), tick_record(41))

    assert found.log_e_value() == pytest.approx(other.log_e_value(), abs=1e-12)
    assert found.row().person_days_to_first == 11
