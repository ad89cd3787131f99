"""No single record moves the as-of date or stops it."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from monitor.records import Outcome, Record, Tick
from monitor.state.days_on_record import DaysOnRecord
from monitor.state.entities import RecordOutcome
from tests.independent.as_of_date import as_of_date
from tests.monitor.builders import (
    allocated,
    case,
    day,
    merged,
    plan_record,
    record,
    retracted,
    tick_record,
    treated,
)
from tests.monitor.small_plans import plan_of, reference_watch
from tests.monitor.trial import Trial, trial, two_arms

JUMP = 30
FAR = 10_000

Known = tuple[str, int]
"""A subject (or "" for a tick) with the day on which a record of it is known."""

knowns = st.tuples(st.sampled_from(("A1", "A2", "A3", "")), st.integers(-80, 200))
days_of_two = st.lists(knowns, min_size=1, max_size=14)


def known(who: str, known_day: int, number: int = 0) -> Record:
    """A case of *who* that is known on *known_day*, or a tick of that day."""
    if not who:
        return record(Tick(day(known_day)), f"clock/{known_day}", known=known_day)
    return case(f"c-{who}-{known_day}-{number}", who, 3, known=known_day)


def as_of_after(*records: Record, jump: int = JUMP, more: str = "") -> int | None:
    """The as-of date of a study after *records*, in days of the test; its plan is of day 0."""
    as_of = trial(plan_of(jump=jump, more=more), *records).study.as_of
    return None if as_of is None else as_of - day(0)


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


@given(days_of_two, st.randoms(use_true_random=False), st.integers(-20, 20))
def test_the_final_date_and_tables_do_not_depend_on_the_order(
    drawn: list[Known], order: Any, limit: int
):
    """Both equal the recount from the set of records."""
    records = [known(who, when, number) for number, (who, when) in enumerate(dict.fromkeys(drawn))]
    shuffled = order.sample(records, len(records))
    text = plan_of(jump=JUMP)
    if limit > 0:
        text = text.replace("[limits]", f"[limits]\nno_day_after = 2020-02-{limit:02}")
    first, second = (trial(text, *two_arms(1), *log) for log in (records, shuffled))
    pairs = {("A1", day(0)), ("C1", day(0))} | {(who, day(when)) for who, when in drawn}

    assert first.study.as_of == second.study.as_of
    assert first.study.as_of == as_of_date(
        pairs, day(0), JUMP, day(30 + limit) if limit > 0 else None
    )
    for scenario in (first, second):
        assert scenario.study.as_of is not None
        assert scenario.row("any").person_days == scenario.study.as_of - day(0) + 1
    assert first.counts() == second.counts()


@given(days_of_two, st.integers(-200, 300))
def test_the_state_is_a_function_of_the_set_of_days(drawn: list[Known], plan_day: int):
    """Also where the study has one witness only, and before and after every further record."""
    days = DaysOnRecord(day(plan_day), JUMP)
    seen: set[Known] = set()
    for who, when in drawn:
        seen.add((who, day(when)))
        if not days.is_known(day(when), who):
            days.add(day(when), who)
        restored = DaysOnRecord(day(plan_day), witness_by_day=dict(days.witness_by_day))
        restored.set_limits(JUMP, days.no_day_after)

        assert days == restored and days.days == restored.days
        assert days.as_of == as_of_date(seen, day(plan_day), JUMP)
        assert days.ahead_count == len({w for _, w in seen if days.as_of and w > days.as_of})


@given(
    st.lists(st.tuples(st.sampled_from(("A1", "A2", "A3")), st.integers(0, 200)), min_size=1),
    st.sampled_from(("A1", "A2", "A9", "")),
    st.integers(-FAR, FAR),
    st.booleans(),
)
def test_one_wrong_day_never_takes_the_date_back_or_far_ahead(
    honest: list[Known], who: str, wrong: int, is_first: bool
):
    """It comes first or last, past or future; the honest records are of two subjects or more."""
    true_log = [known("A4", 0), known("A5", 1)]
    true_log += [known(name, when, number) for number, (name, when) in enumerate(honest)]
    wrong_record = known(who, wrong, 99)
    log = [wrong_record, *true_log] if is_first else [*true_log, wrong_record]
    without, with_wrong = as_of_after(*true_log), as_of_after(*log)

    assert without is not None and with_wrong is not None
    last_true_day = max(1, *(when for _, when in honest))
    assert without <= with_wrong <= last_true_day + JUMP


@given(days_of_two, st.integers(0, 5_000), st.integers(0, JUMP))
def test_two_honest_records_of_two_subjects_end_any_pause(
    before: list[Known], pause: int, apart: int
):
    """Whatever came before, the date is then at least the day of the earlier of the two."""
    log = [known(who, when, number) for number, (who, when) in enumerate(before)]
    date = as_of_after(*log, known("B1", 200 + pause), known("B2", 200 + pause + apart))

    assert date is not None and date == 200 + pause + apart


@given(st.lists(st.tuples(st.sampled_from(("A1", "A2", "A3")), st.integers(0, 900)), min_size=1))
def test_a_reference_watch_gets_no_person_time_beyond_the_as_of_date(drawn: list[Known]):
    """What is known of days ahead adds none, at any place in the log."""
    scenario = trial(plan_of(reference_watch(), jump=JUMP), *two_arms(3))
    for number, (who, when) in enumerate(drawn):
        scenario.submit(case(f"c{number}", who, 3, "Rash", known=when))

        assert scenario.study.as_of is not None
        assert person_days_of_watch(scenario) == 3 * (scenario.study.as_of - day(0) + 1)


def person_days_of_watch(scenario: Trial) -> int:
    """The person-days behind the reference watch as of now."""
    first_events = scenario.study.watches_by_id["clots"].first_events
    assert first_events.person_days is not None and scenario.study.as_of is not None
    return first_events.person_days.total_until(scenario.study.as_of)


def test_many_days_of_one_witness_cost_little():
    """A chain that one witness grows day by day is never walked from its start again."""
    days, count = DaysOnRecord(day(0), JUMP), 4_000
    for number in range(count):
        days.add(day(FAR - 2 * number), "A1")
    for number in range(count):
        days.add(day(FAR + 1 - 2 * number), "A2")

    assert days.as_of == day(FAR + 1)
