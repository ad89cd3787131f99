"""Versions of an entity, in and out of order."""

from __future__ import annotations

from monitor.errors import Reason
from monitor.records import Record
from monitor.state.entities import RecordOutcome
from tests.monitor.builders import case, tick_record, withdrawn
from tests.monitor.small_plans import plan_of
from tests.monitor.trial import Trial, trial, two_arms


def folded_trial(*records: Record) -> Trial:
    """A trial with two subjects an arm and *records*, as of day 100."""
    return trial(plan_of(), *two_arms(2), *records, tick_record(100))


def test_a_follow_up_replaces_the_first_report():
    """A recoded case counts once, under its new term; both accepted versions count as versions."""
    scenario = folded_trial(case("c1", "A1", 3), case("c1", "A1", 3, "Migraine", version=2))

    assert scenario.counts("DVT") == (0, 0)
    assert scenario.counts("Migraine") == (1, 1)
    assert scenario.row("Migraine").cell.versions == 2


def test_a_follow_up_may_skip_a_version():
    """Only the order of versions counts; the fold does not wait for a missing one."""
    scenario = folded_trial(case("c1", "A1", 3), case("c1", "A1", 5, version=7))

    assert scenario.outcomes[-2] is RecordOutcome.FOLDED
    assert scenario.row().cell.versions == 2
    assert scenario.row().person_days_to_first == 100 + 1 + 6


def test_a_report_that_comes_after_its_follow_up_is_stale():
    """An earlier version that arrives late changes nothing, not even the number of versions."""
    scenario = folded_trial(case("c1", "A1", 3, "Migraine", version=2), case("c1", "A1", 3))

    assert scenario.outcomes[-2] is RecordOutcome.STALE
    assert scenario.counts("DVT") == (0, 0)
    assert scenario.row("Migraine").cell.versions == 1


def test_a_report_that_is_sent_again_is_a_duplicate():
    """The time at which it became known is not part of its content."""
    scenario = folded_trial(case("c1", "A1", 3, known=3), case("c1", "A1", 3, known=9))

    assert scenario.outcomes[-2] is RecordOutcome.DUPLICATE
    assert scenario.row().cell.versions == 1


def test_of_two_contents_at_one_version_the_first_is_kept():
    """Which one is correct is unknown: the second is a conflict, and is not counted."""
    scenario = folded_trial(case("c1", "A1", 3), case("c1", "A1", 3, "Migraine"))

    assert scenario.outcomes[-2] is RecordOutcome.CONFLICT
    assert scenario.counts("DVT") == (1, 1)
    assert scenario.counts("Migraine") == (0, 0)


def test_an_entity_keeps_its_type():
    """A case cannot become a disposition; the sender may resend the version corrected."""
    scenario = folded_trial(case("c1", "A1", 3))
    mistaken = withdrawn("A1", 9)

    refused = scenario.submit(
        Record(mistaken.study, "safety/c1", 2, mistaken.known_at, 0, mistaken.body)
    )
    later = scenario.submit(case("c1", "A1", 4, version=2))

    assert refused.refusal and refused.refusal.reason is Reason.TYPE_CHANGED
    assert later.outcome is RecordOutcome.FOLDED


def test_a_case_moves_to_its_corrected_subject():
    """The case was entered for the wrong subject."""
    scenario = folded_trial(case("c1", "A1", 3), case("c1", "C1", 3, version=2))

    assert scenario.counts("DVT", "act") == (0, 0)
    assert scenario.counts("DVT", "ctl") == (1, 1)
