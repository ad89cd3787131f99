"""Hold the batch recount to small trials whose tables anyone can count by hand."""

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
    """One row of the tables of *log* under a plan with *options*."""
    return row(recount([plan(plan_text(**options)), *log]), key)


def test_two_subjects_one_with_two_serious_clots():
    """Ten days and five days on treatment; two events in one of the two subjects exposed."""
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
    """One event, now a headache, reported twice; no clot is left in the tables."""
    log = [treatment("S1", "act", 0, 10), event("c1", "S1", 3), tick(30)]
    log.append(event("c1", "S1", 3, "HEADACHE", system_organ_class="NERV", version=2))

    rows = tables(recount([plan(plan_text()), *log]))

    terms = {key.term for key in rows if key.period == "first"}
    assert terms == {"any", "HEADACHE", "NERV"}
    assert (rows[ACT]["events"], rows[ACT]["versions"]) == (1, 2)


def test_an_event_belongs_to_the_treatment_received_on_its_day():
    """Placebo until day 20, then active: the event of day 25 is one of the active treatment."""
    log = [
        treatment("S1", "ctl", 0, 20),
        treatment("S1", "act", 20, 40),
        event("c1", "S1", 25),
        tick(60),
    ]

    assert cell(log)["events"] == 1
    assert cell(log, CTL)["events"] == 0
    assert (cell(log)["person_days"], cell(log, CTL)["person_days"]) == (20, 20)


def test_the_window_belongs_to_a_treatment_until_the_next_one_starts():
    """Ten days of placebo and a window of 28: the next treatment, on day 15, ends it."""
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
    """Lost on day 6: seven days, day 0 to day 6; an event on day 7 is in no table."""
    lost = wire_record("disposition", "edc/d", subject="S1", status="lost", date="2020-01-07")
    log = [treatment("S1", "act", 0), lost, event("c1", "S1", 6), event("c2", "S1", 7), tick(50)]

    assert cell(log)["person_days"] == 7
    assert cell(log)["events"] == 1


def test_the_end_of_one_period_does_not_end_the_other():
    """Completing the first period on day 9 cuts the first period's interval alone."""
    done = wire_record("disposition", "edc/d", subject="S1", status="completed", date="2020-01-10")
    log = [
        treatment("S1", "act", 0, 20),
        treatment("S1", "act", 30, 40, period="later"),
        {**done, "period": "first"},
        tick(50),
    ]

    assert cell(log)["person_days"] == 10
    assert cell(log, TableKey("later", "act", "any", "any"))["person_days"] == 10
    assert cell(log, TableKey("all", "act", "any", "any"))["person_days"] == 20
    assert cell(log, TableKey("all", "act", "any", "any"))["subjects_exposed"] == 1


def test_an_open_interval_counts_until_today_and_a_future_one_not_at_all():
    """As of day 9, ten days have passed; who starts on day 10 is not yet exposed."""
    log = [treatment("S1", "act", 0), treatment("S2", "act", 10), tick(9)]

    assert cell(log)["person_days"] == 10
    assert cell(log)["subjects_exposed"] == 1


def test_an_event_with_an_onset_after_today_is_counted_but_adds_no_time():
    """Today is day 5, the onset says day 8: an event, and six days to the first event."""
    log = [treatment("S1", "act", 0), event("c1", "S1", 8), tick(5)]

    assert cell(log)["events"] == 1
    assert cell(log)["person_days_to_first"] == 6


def test_a_retraction_voids_also_a_target_that_comes_later():
    """The case was reported in error; that its report arrives second changes nothing."""
    log = [treatment("S1", "act", 0, 10), retraction("r1", "safety/c1"), event("c1", "S1", 3)]

    assert cell([*log, tick(30)])["events"] == 0
    assert cell([*log, retraction("r2", "safety/r1"), tick(30)])["events"] == 1


def test_two_subjects_that_are_one_person_are_one_subject():
    """S2 is S1 seen elsewhere: one subject, twenty days, and the event of S2 is hers."""
    log = [
        treatment("S1", "act", 0, 10),
        treatment("S2", "act", 10, 20),
        event("c1", "S2", 13),
        tick(30),
    ]
    united = [*log, merge("m1", "subject", "S2", "S1")]

    assert cell(log)["subjects_exposed"] == 2
    assert cell(united)["subjects_exposed"] == 1
    assert cell(united)["person_days"] == 20
    assert cell(united)["person_days_to_first"] == 14


def test_a_duplicate_case_counts_nothing():
    """The same clot reported by site and by phone, merged, is one event of one version."""
    log = [treatment("S1", "act", 0, 10), event("c1", "S1", 3), event("c2", "S1", 3), tick(30)]
    log.append(merge("m1", "case", "safety/c2", "safety/c1"))

    assert cell(log)["events"] == cell(log)["versions"] == 1
