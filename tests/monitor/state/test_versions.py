"""Which statement about a thing holds: versions in and out of order."""

from __future__ import annotations

from monitor.errors import Reason
from monitor.records import Record
from monitor.state.entities import RecordOutcome
from tests.monitor.builders import case, tick_record, withdrawn
from tests.monitor.small_plans import plan_of
from tests.monitor.trial import Trial, trial, two_arms


def folded_trial(*records: Record) -> Trial:
    """Two patients an arm, then *records*, then nothing more up to day 100."""
    return trial(plan_of(), *two_arms(2), *records, tick_record(100))


def test_a_follow_up_replaces_the_first_report():
    """Recoding a case moves it; the case counts once, its accepted versions both count."""
    found = folded_trial(case("c1", "A1", 3), case("c1", "A1", 3, "Migraine", version=2))

    assert found.counts("DVT") == (0, 0)
    assert found.counts("Migraine") == (1, 1)
    assert found.row("Migraine").cell.versions == 2


def test_a_follow_up_may_skip_a_version():
    """Only the order counts: what was never sent is not waited for."""
    found = folded_trial(case("c1", "A1", 3), case("c1", "A1", 5, version=7))

    assert found.outcomes[-2] is RecordOutcome.FOLDED
    assert found.row().cell.versions == 2
    assert found.row().person_days_to_first == 100 + 1 + 6


def test_a_report_that_comes_after_its_follow_up_is_stale():
    """The later version was first, so the earlier one changes nothing, not even the versions."""
    found = folded_trial(case("c1", "A1", 3, "Migraine", version=2), case("c1", "A1", 3))

    assert found.outcomes[-2] is RecordOutcome.STALE
    assert found.counts("DVT") == (0, 0)
    assert found.row("Migraine").cell.versions == 1


def test_a_report_said_again_is_a_duplicate():
    """When it was said is not part of what it says."""
    found = folded_trial(case("c1", "A1", 3, known=3), case("c1", "A1", 3, known=9))

    assert found.outcomes[-2] is RecordOutcome.DUPLICATE
    assert found.row().cell.versions == 1


def test_of_two_contents_at_one_version_the_first_is_kept():
    """Nobody can know which is meant: the second is a conflict, and it is not counted."""
    found = folded_trial(case("c1", "A1", 3), case("c1", "A1", 3, "Migraine"))

    assert found.outcomes[-2] is RecordOutcome.CONFLICT
    assert found.counts("DVT") == (1, 1)
    assert found.counts("Migraine") == (0, 0)


def test_a_thing_keeps_its_type_for_good():
    """A case cannot become a disposition at its next version; a repaired sender may go on."""
    found = folded_trial(case("c1", "A1", 3))
    mistaken = withdrawn("A1", 9)

    refused = found.submit(
        Record(mistaken.study, "safety/c1", 2, mistaken.known_at, 0, mistaken.body)
    )
    later = found.submit(case("c1", "A1", 4, version=2))

    assert refused.refusal and refused.refusal.reason is Reason.TYPE_CHANGED
    assert later.outcome is RecordOutcome.FOLDED


def test_a_corrected_subject_takes_a_case_along():
    """The case was entered under the wrong patient."""
    found = folded_trial(case("c1", "A1", 3), case("c1", "C1", 3, version=2))

    assert found.counts("DVT", "act") == (0, 0)
    assert found.counts("DVT", "ctl") == (1, 1)
