"""An alert while its evidence changes: raised once per level, and never withdrawn."""

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
"""Twenty subjects for 30 days at 1 per 100 years: one event is a watch, two are a signal."""

YES, NO, PENDING = ((("clot", answer),) for answer in ("yes", "no", "pending"))
AdjudicationAnswers = tuple[tuple[str, str], ...]


def adjudicated_trial(name: str, who: str, day: int, *answers: AdjudicationAnswers) -> Trial:
    """Ten subjects an arm, and one case with one version for each of *answers*."""
    scenario = trial(PLAN, *two_arms(10), tick_record(30))
    for version, answer in enumerate(answers, start=1):
        scenario.submit(adjudicated_case(name, who, day, answer, version=version))
    return scenario


def adjudicated_case(
    name: str, who: str, day: int, answer: AdjudicationAnswers, *, version: int = 1
):
    """A case with the committee's answer."""
    adjudications = tuple((group, Adjudication(word)) for group, word in answer)
    return case(name, who, day, version=version, adjudications=adjudications)


def test_a_pending_case_is_in_no_group_and_raises_nothing():
    """Without an answer the case counts only under its preferred term."""
    scenario = adjudicated_trial("c1", "A1", 31, PENDING)

    assert scenario.raised == []
    assert (scenario.counts("DVT"), scenario.counts("clot")) == ((1, 1), (0, 0))
    assert scenario.watch_summary().treatment_events == 0


def test_a_positive_adjudication_raises_the_watch():
    """With the answer yes, the watch counts the event at its onset."""
    scenario = adjudicated_trial("c1", "A1", 31, PENDING, YES)

    assert scenario.raised == [("clots", "watch", 1)]
    assert scenario.counts("clot") == (1, 1)
    assert scenario.watch_summary().treatment_events == 1
    assert scenario.log_e_value() > log(5)


def test_a_negative_adjudication_lowers_the_evidence_and_keeps_the_alert():
    """The evidence falls below one, and the episode keeps its highest level."""
    scenario = adjudicated_trial("c1", "A1", 31, PENDING, YES, NO)

    assert scenario.raised == [("clots", "watch", 1)]
    assert scenario.log_e_value() < 0
    assert scenario.watch_summary().verdict.level is Level.QUIET
    assert scenario.study.episodes["clots"].highest_level is Level.WATCH
    assert scenario.counts("clot") == (0, 0)


def test_a_level_that_is_reached_again_makes_no_revision():
    """After yes, no, yes there is still one revision."""
    scenario = adjudicated_trial("c1", "A1", 31, YES, NO, YES)

    assert scenario.raised == [("clots", "watch", 1)]
    assert scenario.study.episodes["clots"].revision == 1


def test_a_higher_level_is_the_next_revision_of_the_same_alert():
    """The second event raises the watch to a signal: same id, revision 2."""
    scenario = adjudicated_trial("c1", "A1", 31, YES, NO, YES)
    scenario.submit(adjudicated_case("c2", "A2", 32, YES))
    first, second = scenario.alerts

    assert [(one.level, one.revision) for one in scenario.alerts] == [("watch", 1), ("signal", 2)]
    assert first.id == second.id
    assert second.e_value and first.e_value and second.e_value > 20 > first.e_value
    assert (second.thing, second.version) == ("safety/c2", 1)


def test_a_level_may_be_skipped():
    """If the first event reaches no level, the signal is revision 1."""
    watch = reference_watch(group="clot", watch_level=19)
    toml = plan_of(watch, groups=toml_table("groups.clot", adjudication="clot"))
    scenario = trial(toml, *two_arms(10), tick_record(30))
    scenario.submit(adjudicated_case("c1", "A1", 31, YES), adjudicated_case("c2", "A2", 32, YES))

    assert scenario.raised == [("clots", "signal", 1)]


def test_evidence_does_not_depend_on_the_history():
    """Evidence depends on the current data, not on the order in which they came."""
    corrected = adjudicated_trial("c1", "A1", 31, PENDING, YES, NO, YES)
    corrected.submit(
        adjudicated_case("c2", "A2", 20, YES),
        retracted("r1", "safety/c2"),
        adjudicated_case("c3", "A1", 35, YES),
        merged("m1", "case", "safety/c3", "safety/c1"),
    )
    final_only = adjudicated_trial("c1", "A1", 31, YES)
    for study in (corrected, final_only):
        study.submit(tick_record(60))

    assert corrected.log_e_value() == pytest.approx(final_only.log_e_value(), abs=1e-12)


def test_an_onset_corrected_to_a_later_day_moves_the_first_event():
    """The subject's other case becomes the first event, and person-time changes with it."""
    scenario = trial(plan_of(reference_watch()), *two_arms(10), tick_record(30))
    scenario.submit(case("c1", "A1", 10), case("c2", "A1", 20), tick_record(40))
    before = scenario.row().person_days_to_first

    scenario.submit(case("c1", "A1", 25, version=2))

    assert scenario.row().person_days_to_first == before + 10
    assert (scenario.watch_summary().treatment_events, scenario.counts()) == (1, (1, 2))


def test_a_late_report_counts_from_its_onset():
    """Known on day 60 with onset on day 3: person-time to first event ends on day 3."""
    scenario = trial(plan_of(reference_watch()), *two_arms(1), tick_record(50))
    scenario.submit(case("c1", "A1", 3, known=60))

    assert scenario.row().person_days == 61
    assert scenario.row().person_days_to_first == 4


def test_an_unallocated_case_counts_once_its_subject_is_allocated():
    """A case of an unallocated subject is in no table until the allocation arrives."""
    scenario = trial(plan_of(reference_watch()), tick_record(30))
    result = scenario.submit(case("c1", "A1", 3), case("c2", "A2", 4))
    waiting = (scenario.counts(), scenario.raised, scenario.findings)

    allocation = scenario.submit(*two_arms(2))

    assert result.outcome is RecordOutcome.FOLDED
    assert waiting == ((0, 0), [], {})
    assert (allocation.outcome, scenario.counts()) == (RecordOutcome.FOLDED, (2, 2))
    assert [level for _, level, _ in scenario.raised] == ["watch", "signal"]


def test_an_earlier_event_that_is_reported_later_becomes_the_first():
    """Onsets decide which event is first, not the order of the reports."""
    scenario = trial(
        plan_of(reference_watch()), *two_arms(1), case("c1", "A1", 20), tick_record(40)
    )
    scenario.submit(case("c2", "A1", 10, known=41))
    other = trial(plan_of(reference_watch()), *two_arms(1), case("c2", "A1", 10), tick_record(41))

    assert scenario.log_e_value() == pytest.approx(other.log_e_value(), abs=1e-12)
    assert scenario.row().person_days_to_first == 11
