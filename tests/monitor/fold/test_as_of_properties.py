"""The as-of date for any days of any subjects, and one wrong day among them."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from monitor.state.days_on_record import DaysOnRecord
from tests.independent.as_of_date import as_of_date
from tests.monitor.builders import case, day
from tests.monitor.fold.known_days import FAR, JUMP, as_of_after, known
from tests.monitor.small_plans import plan_of, reference_watch
from tests.monitor.trial import Trial, trial, two_arms

Known = tuple[str, int]
"""A subject (or "" for a tick) with the day on which a record of it is known."""

knowns = st.tuples(st.sampled_from(("A1", "A2", "A3", "")), st.integers(-80, 200))
days_of_two = st.lists(knowns, min_size=1, max_size=14)


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
