"""No single record moves the as-of date or stops it."""

from __future__ import annotations

from monitor.records import Outcome
from monitor.state.days_on_record import DaysOnRecord
from monitor.state.entities import RecordOutcome
from tests.monitor.builders import (
    allocated,
    case,
    day,
    merged,
    plan_record,
    retracted,
    tick_record,
    treated,
)
from tests.monitor.fold.known_days import FAR, JUMP, as_of_after, known
from tests.monitor.small_plans import plan_of, reference_watch
from tests.monitor.trial import trial, two_arms


def test_a_wrong_day_of_the_first_subject_does_not_silence_the_study():
    """Everything is folded, and the date is that of the others, past or future alike."""
    for wrong in (-7000, FAR):
        scenario = trial(plan_of(jump=JUMP), allocated("A1", "act", known=wrong))
        scenario.submit(treated("A1", "act", 0), *two_arms(2)[2:], case("c1", "A1", 20))

        assert set(scenario.outcomes) == {RecordOutcome.FOLDED}
        assert scenario.study.as_of == day(20)


def test_the_as_of_date_falls_only_while_one_witness_is_alone():
    """Its later day is the wrong one where the plan's chain does not meet it."""
    assert as_of_after(known("A1", FAR)) == FAR
    assert as_of_after(known("A1", FAR), known("A1", FAR - JUMP - 1)) == FAR - JUMP - 1
    assert as_of_after(known("A1", FAR), known("A1", 20)) == 20
    assert as_of_after(known("A1", FAR), known("A2", 20)) == 20


def test_two_subjects_end_any_pause_and_one_does_not():
    """The records of the pause's end are folded at once; their day counts when two have it."""
    before = (known("A1", 5), known("A2", 7))

    assert as_of_after(*before, known("A1", 900)) == 7
    assert as_of_after(*before, known("A1", 900), known("A1", 905, 1)) == 7
    assert as_of_after(*before, known("A1", 900), known("A2", 903)) == 903
    assert as_of_after(*before, known("A1", 900), known("", 900)) == 900


def test_ticks_in_small_steps_end_a_true_silence():
    """All ticks are one witness: a chain of them carries the date, a single far one does not."""
    before = (known("A1", 5), known("A2", 7))

    assert as_of_after(*before, known("", 200)) == 7
    assert as_of_after(*before, *(known("", step) for step in range(30, 201, JUMP))) == 180


def test_records_without_a_subject_and_ticks_are_one_witness():
    """A merge and a retraction name no subject, and change no witness of earlier records."""
    far = (retracted("r1", "safety/c9"), tick_record(FAR))
    assert as_of_after(known("A1", 5), known("A2", 5), *far) == 5
    merge = merged("m1", "subject", "A2", "A1")
    assert as_of_after(known("A1", 5), known("A2", 90), known("A1", 90), merge) == 90


def test_duplicates_stale_and_conflicting_records_bear_witness():
    """They show that their day has come; a refused record shows nothing."""
    first = case("c1", "A1", 3, version=2, known=3)
    late = [
        case("c1", "A1", 3, version=2, known=90),
        case("c1", "A1", 3, version=1, known=90),
        case("c1", "A1", 4, version=2, known=90),
    ]
    for again in late:
        assert as_of_after(first, known("A2", 90), again) == 90
    refused = treated("A1", "other", 0)._replace(known_at=late[0].known_at)
    assert as_of_after(first, known("A2", 90), refused) == 3


def test_an_amended_last_day_is_the_way_back():
    """Two subjects with a wrong clock carried the study ahead; later days do not count then."""
    scenario = trial(plan_of(jump=JUMP), *two_arms(1), known("A1", 20), known("A2", 22))
    scenario.submit(known("A1", FAR), known("A2", FAR))
    assert scenario.study.as_of == day(FAR)
    amended = plan_of(jump=JUMP).replace("[limits]", "[limits]\nno_day_after = 2020-12-31")

    scenario.submit(plan_record(amended, version=2))

    assert scenario.study.as_of == day(22)
    assert scenario.row("any").person_days == 23


def test_a_study_all_of_whose_days_are_left_out_still_rings():
    """Without an as-of date nothing is judged, but single cases ring and nothing raises."""
    rule = '[[rules]]\nname = "deaths"\nwhen = "fatal"'
    text = plan_of(reference_watch(), more=rule)
    scenario = trial(text.replace("[limits]", "[limits]\nno_day_after = 2019-01-01"))
    result = scenario.submit(*two_arms(1), case("c1", "A1", 3, outcome=Outcome.FATAL))

    assert scenario.study.as_of is None
    assert "rule/deaths" in [alert.watch for alert in result.alerts]
    scenario.submit(plan_record(text, version=2))
    assert scenario.study.as_of == day(3)


def test_days_that_were_ahead_count_once_they_are_reached():
    """The record that confirms them evaluates every watch: eight clots of one subject each."""
    scenario = trial(plan_of(reference_watch(), jump=JUMP), *two_arms(8))
    scenario.submit(*(case(f"c{n}", f"A{n}", 300, known=10) for n in range(1, 9)))
    scenario.submit(allocated("A1", "act", version=2, known=300))
    assert scenario.raised == [("finding/ahead_of_study", "note", 1)]

    scenario.submit(allocated("C1", "ctl", version=2, known=300))

    assert ("clots", "signal") in [(watch, level) for watch, level, _ in scenario.raised]


def test_many_days_of_one_witness_cost_little():
    """A chain that one witness grows day by day is never walked from its start again."""
    days, count = DaysOnRecord(day(0), JUMP), 4_000
    for number in range(count):
        days.add(day(FAR - 2 * number), "A1")
    for number in range(count):
        days.add(day(FAR + 1 - 2 * number), "A2")

    assert days.as_of == day(FAR + 1)
