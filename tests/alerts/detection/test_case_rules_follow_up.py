"""A case after its alert was raised: it worsens, is decided on, or changes."""

from __future__ import annotations

import pytest

from alerts.alert import AlertKind
from alerts.lifecycle import State
from monitor.records import Relatedness
from tests.alerts.case_rule_trials import (
    CLOTS_RULE,
    DEATHS_RULE,
    FATAL,
    GROUP,
    MOVES_TO_CONFIRMED,
    alerts_of_kind,
    case_alerts,
    plan_with_rules,
    review_case_alert,
    rules_trial,
)
from tests.monitor.builders import (
    allocated,
    case,
    collected,
    merged,
    plan_record,
    retracted,
    tick_record,
    treated,
)
from tests.monitor.small_plans import toml_table


@pytest.mark.parametrize(
    ("moves", "known", "expected"),
    [
        ((), 5, [("raise", "2020-01-19"), ("rise", "2020-01-13")]),
        (("acknowledge",), 5, [("raise", "2020-01-19"), ("rise", "2020-01-13")]),
        ((), 12, [("raise", "2020-01-19")]),
        ((*MOVES_TO_CONFIRMED, "close"), 5, [("raise", "2020-01-19")]),
    ],
    ids=["raised", "acknowledged", "not sooner", "closed"],
)
def test_a_case_that_worsens_pages_again_with_an_earlier_deadline(
    moves: tuple[str, ...], known: int, expected: list[tuple[str, str]]
):
    """People who saw a clot must learn that it was fatal, unless the alert is closed."""
    scenario = review_case_alert(
        rules_trial(case("c1", "A1", 3), rules=(CLOTS_RULE,), groups=GROUP), *moves
    )
    scenario.submit(case("c1", "A1", 3, version=2, known=known, **FATAL))
    raised = [one for one in alerts_of_kind(scenario, AlertKind.CASE) if one.member is None]

    assert [(one.move, dict(one.due)["receipt"]) for one in raised] == expected
    assert {one.pages for one in raised} == {True}


def test_a_decision_starts_the_determination_clock():
    """Both deadlines are kept: that of the receipt and that of the determination."""
    scenario = review_case_alert(rules_trial(case("c1", "A1", 3, **FATAL)), *MOVES_TO_CONFIRMED)
    last = alerts_of_kind(scenario, AlertKind.CASE)[-1]

    assert last.due == (("receipt", "2020-01-11"), ("determination", "2020-04-25"))


@pytest.mark.parametrize(
    "follow_up",
    [
        case("c1", "A1", 3, version=2, known=9),
        case("c1", "A1", 3, "PE", version=2, known=9, **FATAL),
        case("c1", "A1", 3, version=2, known=9, relatedness=Relatedness.UNLIKELY, **FATAL),
        case("c1", "A2", 3, version=2, known=9, **FATAL),
        retracted("r1", "safety/c1"),
        merged("m1", "case", "safety/c1", "safety/c2"),
    ],
    ids=["not fatal", "recoded", "related or not", "other subject", "void", "merged"],
)
def test_a_decided_case_alert_is_reopened_when_its_data_change(follow_up):
    """The decision was on an earlier version of the case."""
    scenario = review_case_alert(
        rules_trial(case("c1", "A1", 3, **FATAL), case("c2", "A1", 30, known=30)),
        *MOVES_TO_CONFIRMED,
    )
    scenario.submit(follow_up)

    assert case_alerts(scenario)[-1] == ("deaths", "safety/c1", "change", 5)
    assert alerts_of_kind(scenario, AlertKind.CASE)[-1].state is State.REOPENED


@pytest.mark.parametrize("moves", [(), ("acknowledge",), (*MOVES_TO_CONFIRMED, "close")])
def test_a_change_of_an_undecided_case_makes_no_revision(moves: tuple[str, ...]):
    """A reviewer reads the current version; a closed alert stays closed."""
    scenario = review_case_alert(rules_trial(case("c1", "A1", 3, **FATAL)), *moves)
    scenario.submit(case("c1", "A1", 3, version=2, known=9))

    assert len(case_alerts(scenario)) == 1 + len(moves)


@pytest.mark.parametrize(
    "unrelated",
    [
        case("c1", "A1", 3, version=2, known=9, **FATAL),
        case("c2", "A1", 40, "Headache", known=40),
        allocated("A1", "ctl", version=2),
        treated("A1", "act", 0, 90, version=2),
        merged("m1", "subject", "A2", "A3"),
        plan_record(plan_with_rules(DEATHS_RULE, window=9), version=2),
        plan_record(plan_with_rules(), version=2),
        retracted("r1", "edc/treated-A2-0"),
        collected("DVT", 1),
        tick_record(90),
    ],
    ids=["same again", "another case", "arm", "days at risk", "others merged", "amended",
         "rule dropped", "other entity void", "collected", "tick"],
)  # fmt: skip
def test_a_decided_case_alert_is_unchanged_by_unrelated_records(unrelated):
    """Needless pages would teach the board to ignore them."""
    scenario = review_case_alert(rules_trial(case("c1", "A1", 3, **FATAL)), *MOVES_TO_CONFIRMED)
    scenario.submit(unrelated)

    assert len(case_alerts(scenario)) == 4


def test_a_case_of_a_pair_changes_when_its_partner_is_reassigned():
    """Without the fall, the bleeding is no longer in the group."""
    group = toml_table("groups.clots", both=[["Fall"], ["Bleeding"]], within_days=14)
    pair = case("c1", "A1", 3, "Fall"), case("c2", "A1", 9, "Bleeding")
    scenario = review_case_alert(
        rules_trial(*pair, rules=(CLOTS_RULE,), groups=group),
        *MOVES_TO_CONFIRMED,
        about="safety/c2",
    )

    scenario.submit(case("c1", "A2", 3, "Fall", version=2, known=20))

    assert case_alerts(scenario)[-1] == ("clots", "safety/c2", "change", 5)
