"""Compares the recount's groups, imputed dates and collection dates with hand-counted examples."""

from __future__ import annotations

from typing import Any

import pytest

from tests.independent.builders import (
    event,
    iso_date,
    plan,
    plan_text,
    tick,
    toml_table,
    treatment,
    wire_record,
)
from tests.independent.groups import cases_of_term
from tests.independent.recount import TableKey, recount, row
from tests.independent.wire_records import Record

ALGORITHM = toml_table(
    "groups.reaction", any_of=["SHOCK"], both=[["RASH"], ["WHEEZE"]], within_days=2
)


def members(log: list[Record], group: str) -> list[str]:
    """Return the cases of group "reaction" or "clots" under a plan with *group*."""
    name = "reaction" if "reaction" in group else "clots"
    trial = recount([plan(plan_text(groups=group)), treatment("S1", "act", 0, 90), *log])
    return [case.entity.removeprefix("safety/") for case in cases_of_term(trial, "group", name)]


def test_the_later_case_of_a_pair_within_two_days_is_the_reaction():
    """With a rash on day 5, a wheeze on day 7 is the reaction; a wheeze on day 8 is not."""
    rash = event("c1", "S1", 5, "RASH")

    assert members([rash, event("c2", "S1", 7, "WHEEZE")], ALGORITHM) == ["c2"]
    assert members([rash, event("c2", "S1", 8, "WHEEZE")], ALGORITHM) == []
    assert members([rash, event("c2", "S1", 3, "WHEEZE")], ALGORITHM) == ["c1"]


def test_a_pair_on_one_day_counts_once():
    """The name of the case breaks the tie."""
    log = [event("c2", "S1", 5, "RASH"), event("c1", "S1", 5, "WHEEZE")]

    assert members(log, ALGORITHM) == ["c2"]


def test_a_shock_counts_alone_and_cases_of_two_subjects_are_no_pair():
    """Term A alone counts; B in one subject and C in another do not."""
    log = [
        event("c1", "S1", 5, "SHOCK"),
        event("c2", "S1", 9, "RASH"),
        event("c3", "S2", 9, "WHEEZE"),
    ]

    assert members(log, ALGORITHM) == ["c1"]


def test_a_dose_window_runs_from_its_first_day_to_some_days_after_its_last():
    """For a dose on days 10 and 11 and three days, days 10 to 14 are in; 9 and 15 are out."""
    dose = wire_record(
        "dose", "edc/dose", subject="S1", first_date=iso_date(10), last_date=iso_date(11)
    )
    log = [dose, *(event(f"c{day}", "S1", day) for day in (9, 10, 14, 15))]

    assert members(log, toml_table("groups.clots", within_days_after_dose=3)) == ["c10", "c14"]


def test_a_group_is_a_conjunction_of_its_conditions():
    """Three of the four cases lack one condition each, and only the complete one counts."""
    full = {"serious": True, "relatedness": "probable", "action_taken": "drug_withdrawn"}
    log = [
        event("c1", "S1", 5, **full),
        event("c2", "S1", 5, **{**full, "serious": False}),
        event("c3", "S1", 5, **{**full, "relatedness": "unlikely"}),
        event("c4", "S1", 5, **{**full, "action_taken": "dose_reduced"}),
    ]
    group = toml_table("groups.clots", serious=True, related=True, action_taken=["drug_withdrawn"])

    assert members(log, group) == ["c1"]


def test_only_a_positive_adjudication_counts():
    """Neither a pending case nor one without an adjudication is in the group."""
    log = [
        event("c1", "S1", 5, adjudications={"clots": "yes"}),
        event("c2", "S1", 5, adjudications={"clots": "pending"}),
        event("c3", "S1", 5),
    ]

    assert members(log, toml_table("groups.clots", adjudication="clots")) == ["c1"]


def test_a_label_group_takes_precedence_over_the_preferred_term():
    """A rash with the label group pain is not in a group of rashes; one without a label is."""
    log = [event("c1", "S1", 5, "RASH", label_group="PAIN"), event("c2", "S1", 5, "RASH")]

    assert members(log, toml_table("groups.clots", label_groups=["RASH"])) == ["c2"]


@pytest.mark.parametrize(
    ("rule", "events", "days_to_first"),
    [("first_day", 0, 47), ("last_day", 1, 18), ("treatment_start", 1, 1)],
)
def test_a_month_is_imputed_by_the_rule_of_the_plan(rule: str, events: int, days_to_first: int):
    """Treatment starts on 14 January; the onset "2020-01" is the 1st, the 31st or the 14th."""
    log = [treatment("S1", "act", 13, 60), event("c1", "S1", "2020-01"), tick(90)]

    counts = row(
        recount([plan(plan_text(partial=rule)), *log]), TableKey("first", "act", "any", "any")
    )

    assert (counts["events"], counts["person_days_to_first"]) == (events, days_to_first)


def test_a_term_collected_late_has_less_time_and_fewer_events_than_the_rest():
    """With collection from day 10, ten of twenty days count, and one of two clots."""
    fields: dict[str, Any] = {"kind": "preferred_term", "term": "DVT", "from": iso_date(10)}
    collection = wire_record("collection", "edc/k", **fields)
    log = [treatment("S1", "act", 0, 20), event("c1", "S1", 4), event("c2", "S1", 12), collection]
    trial = recount([plan(plan_text()), *log, tick(60)])

    clots = row(trial, TableKey("first", "act", "preferred_term", "DVT"))
    any_term = row(trial, TableKey("first", "act", "any", "any"))

    assert (clots["events"], clots["person_days"], clots["person_days_to_first"]) == (1, 10, 3)
    assert (any_term["events"], any_term["person_days"], any_term["person_days_to_first"]) == (
        2,
        20,
        5,
    )


def test_a_case_without_an_onset_is_in_no_table():
    """Without an onset a case cannot count for any treatment."""
    log = [treatment("S1", "act", 0, 20), event("c1", "S1", None), tick(60)]
    trial = recount([plan(plan_text()), *log])

    assert row(trial, TableKey("all", "act", "any", "any"))["events"] == 0
