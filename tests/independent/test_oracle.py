"""Compares the batch recount with small trials whose tables can be counted by hand."""

from __future__ import annotations

from typing import Any

from tests.independent.builders import (
    event,
    merge,
    plan,
    plan_text,
    retraction,
    tick,
    treatment,
    wire_record,
)
from tests.independent.recount import Row, TableKey, recount, row, tables
from tests.independent.wire_records import Record

ACT = TableKey("first", "act", "any", "any")
CTL = TableKey("first", "ctl", "any", "any")


def cell(log: list[Record], key: TableKey = ACT, **options: Any) -> Row:
    """Return one row of the tables of *log* under a plan with *options*."""
    return row(recount([plan(plan_text(**options)), *log]), key)


def test_two_subjects_one_with_two_serious_clots():
    """One of the two exposed subjects has two events, in 15 person-days on treatment."""
    log = [
        treatment("S1", "act", 0, 10),
        treatment("S2", "act", 0, 5),
        event("c1", "S1", 3, serious=True),
        event("c2", "S1", 7, outcome="fatal", relatedness="possible"),
        tick(30),
    ]

    assert cell(log) == {
        "subjects_exposed": 2,
        "subjects": 1,
        "events": 2,
        "versions": 2,
        "serious_subjects": 1,
        "serious_events": 2,
        "related_subjects": 1,
        "related_events": 1,
        "person_days": 15,
        "person_days_to_first": 4 + 5,
    }


def test_a_follow_up_recodes_the_case_and_is_counted_as_a_second_version():
    """The case is one event with two versions, and only its new term is in the tables."""
    log = [treatment("S1", "act", 0, 10), event("c1", "S1", 3), tick(30)]
    log.append(event("c1", "S1", 3, "HEADACHE", system_organ_class="NERV", version=2))

    rows = tables(recount([plan(plan_text()), *log]))

    terms = {key.term for key in rows if key.period == "first"}
    assert terms == {"any", "HEADACHE", "NERV"}
    assert (rows[ACT]["events"], rows[ACT]["versions"]) == (1, 2)


def test_an_event_counts_for_the_treatment_received_on_its_day():
    """After a switch from placebo on day 20, an event on day 25 counts for the active treatment."""
    log = [
        treatment("S1", "ctl", 0, 20),
        treatment("S1", "act", 20, 40),
        event("c1", "S1", 25),
        tick(60),
    ]

    assert cell(log)["events"] == 1
    assert cell(log, CTL)["events"] == 0
    assert (cell(log)["person_days"], cell(log, CTL)["person_days"]) == (20, 20)


def test_the_window_counts_for_a_treatment_until_the_next_one_starts():
    """Ten days of placebo with a window of 28: the next treatment, on day 15, ends the window."""
    log = [
        treatment("S1", "ctl", 0, 10),
        treatment("S1", "act", 15, 20),
        event("c1", "S1", 14),
        event("c2", "S1", 47),
        event("c3", "S1", 48),
        tick(90),
    ]

    assert cell(log, CTL, window=28)["person_days"] == 15
    assert cell(log, CTL, window=28)["events"] == 1
    assert cell(log, window=28)["person_days"] == 20 - 15 + 28
    assert cell(log, window=28)["events"] == 1


def test_the_last_day_of_follow_up_is_at_risk_and_the_next_is_not():
    """Lost on day 6 gives seven days at risk, and an event on day 7 is in no table."""
    lost = wire_record("disposition", "edc/d", subject="S1", status="lost", date="2020-01-07")
    log = [treatment("S1", "act", 0), lost, event("c1", "S1", 6), event("c2", "S1", 7), tick(50)]

    assert cell(log)["person_days"] == 7
    assert cell(log)["events"] == 1


def test_the_end_of_one_period_does_not_end_the_other():
    """Completing the first period on day 9 ends only the interval of the first period."""
    completed = wire_record(
        "disposition", "edc/d", subject="S1", status="completed", date="2020-01-10"
    )
    log = [
        treatment("S1", "act", 0, 20),
        treatment("S1", "act", 30, 40, period="later"),
        {**completed, "period": "first"},
        tick(50),
    ]

    assert cell(log)["person_days"] == 10
    assert cell(log, TableKey("later", "act", "any", "any"))["person_days"] == 10
    assert cell(log, TableKey("all", "act", "any", "any"))["person_days"] == 20
    assert cell(log, TableKey("all", "act", "any", "any"))["subjects_exposed"] == 1


def test_an_open_interval_counts_until_the_as_of_day_and_a_future_one_does_not_count():
    """As of day 9 ten days have passed, and a subject who starts on day 10 is not exposed yet."""
    log = [treatment("S1", "act", 0), treatment("S2", "act", 10), tick(9)]

    assert cell(log)["person_days"] == 10
    assert cell(log)["subjects_exposed"] == 1


def test_an_event_with_an_onset_after_the_as_of_day_counts_but_adds_no_time():
    """As of day 5, an onset on day 8 gives one event, and six days to the first event."""
    log = [treatment("S1", "act", 0), event("c1", "S1", 8), tick(5)]

    assert cell(log)["events"] == 1
    assert cell(log)["person_days_to_first"] == 6


def test_a_retraction_also_nullifies_a_target_that_comes_later():
    """The order of a retraction and its target does not matter."""
    log = [treatment("S1", "act", 0, 10), retraction("r1", "safety/c1"), event("c1", "S1", 3)]

    assert cell([*log, tick(30)])["events"] == 0
    assert cell([*log, retraction("r2", "safety/r1"), tick(30)])["events"] == 1


def test_two_merged_subjects_count_as_one():
    """S2 is the same person as S1: one subject with twenty days and the event of S2."""
    log = [
        treatment("S1", "act", 0, 10),
        treatment("S2", "act", 10, 20),
        event("c1", "S2", 13),
        tick(30),
    ]
    merged = [*log, merge("m1", "subject", "S2", "S1")]

    assert cell(log)["subjects_exposed"] == 2
    assert cell(merged)["subjects_exposed"] == 1
    assert cell(merged)["person_days"] == 20
    assert cell(merged)["person_days_to_first"] == 14


def test_a_merged_duplicate_case_does_not_count():
    """The same event reported twice and merged is one event of one version."""
    log = [treatment("S1", "act", 0, 10), event("c1", "S1", 3), event("c2", "S1", 3), tick(30)]
    log.append(merge("m1", "case", "safety/c2", "safety/c1"))

    assert cell(log)["events"] == cell(log)["versions"] == 1
