"""A case after it has rung: it turns out worse, is decided on, and is another than it was."""

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
    ("moves", "known", "then"),
    [
        ((), 5, [("raise", "2020-01-19"), ("rise", "2020-01-13")]),
        (("acknowledge",), 5, [("raise", "2020-01-19"), ("rise", "2020-01-13")]),
        ((), 12, [("raise", "2020-01-19")]),
        ((*MOVES_TO_CONFIRMED, "close"), 5, [("raise", "2020-01-19")]),
    ],
    ids=["raised", "acknowledged", "not sooner", "closed"],
)
def test_a_case_that_turns_out_worse_rings_again_as_it_is_due_sooner(
    moves: tuple[str, ...], known: int, then: list[tuple[str, str]]
):
    """Whoever has seen a clot must hear that the patient died of it, unless it is over."""
    found = review_case_alert(
        rules_trial(case("c1", "A1", 3), rules=(CLOTS_RULE,), groups=GROUP), *moves
    )
    found.submit(case("c1", "A1", 3, version=2, known=known, **FATAL))
    rang = [one for one in alerts_of_kind(found, AlertKind.CASE) if one.member is None]

    assert [(one.move, dict(one.due)["receipt"]) for one in rang] == then
    assert {one.pages for one in rang} == {True}


def test_a_decision_starts_the_clock_of_the_determination():
    """Both clocks are kept: what was received, and what was found to be so."""
    found = review_case_alert(rules_trial(case("c1", "A1", 3, **FATAL)), *MOVES_TO_CONFIRMED)
    last = alerts_of_kind(found, AlertKind.CASE)[-1]

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
    ids=["not fatal", "recoded", "related or not", "somebody else", "void", "merged"],
)
def test_a_decided_case_is_put_before_the_board_again_when_its_data_change(follow_up):
    """People have judged the case as it was; what they judged is there no more."""
    found = review_case_alert(
        rules_trial(case("c1", "A1", 3, **FATAL), case("c2", "A1", 30, known=30)),
        *MOVES_TO_CONFIRMED,
    )
    found.submit(follow_up)

    assert case_alerts(found)[-1] == ("deaths", "safety/c1", "change", 5)
    assert alerts_of_kind(found, AlertKind.CASE)[-1].state is State.REOPENED


@pytest.mark.parametrize("moves", [(), ("acknowledge",), (*MOVES_TO_CONFIRMED, "close")])
def test_a_case_that_nobody_has_decided_on_changes_in_silence(moves: tuple[str, ...]):
    """It is read as it is now when it is read; what was closed stays closed."""
    found = review_case_alert(rules_trial(case("c1", "A1", 3, **FATAL)), *moves)
    found.submit(case("c1", "A1", 3, version=2, known=9))

    assert len(case_alerts(found)) == 1 + len(moves)


@pytest.mark.parametrize(
    "other",
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
         "rule dropped", "other thing void", "collected", "tick"],
)  # fmt: skip
def test_a_decided_case_is_left_alone_by_what_does_not_change_it(other):
    """A board that is called for nothing stops coming."""
    found = review_case_alert(rules_trial(case("c1", "A1", 3, **FATAL)), *MOVES_TO_CONFIRMED)
    found.submit(other)

    assert len(case_alerts(found)) == 4


def test_a_case_of_a_pair_changes_when_its_partner_is_taken_back():
    """Without the fall, the bleeding is not of the group any more."""
    group = toml_table("groups.clots", both=[["Fall"], ["Bleeding"]], within_days=14)
    pair = case("c1", "A1", 3, "Fall"), case("c2", "A1", 9, "Bleeding")
    found = review_case_alert(
        rules_trial(*pair, rules=(CLOTS_RULE,), groups=group),
        *MOVES_TO_CONFIRMED,
        about="safety/c2",
    )

    found.submit(case("c1", "A2", 3, "Fall", version=2, known=20))

    assert case_alerts(found)[-1] == ("clots", "safety/c2", "change", 5)
