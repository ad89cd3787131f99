"""Amended plans and the alpha budget: a share that was given to a watch stays spent."""

from __future__ import annotations

import pytest

from monitor.plan.plan import Plan, amendment_error, read_plan
from tests.monitor.plan.plans import PLAN

CLOTS = PLAN[PLAN.index('[[watches]]\nid = "clots"') : PLAN.index('[[watches]]\nid = "clots-h')]

Change = tuple[str, str]


def changed_plan(*changes: Change) -> Plan:
    """The plan with each old piece replaced by the new one."""
    text = PLAN
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} is in the plan {text.count(old)} times"
        text = text.replace(old, new)
    return read_plan(text)


def refusal_of(*changes: Change) -> str | None:
    """The reason why the changed plan may not follow the plan; None if it may."""
    return amendment_error(changed_plan(), changed_plan(*changes), changed_plan().spent_shares)


def added_watch(name: str, share: float) -> Change:
    """A change that adds a tier 1 watch."""
    head = '[[watches]]\nid = "any"'
    return head, f'[[watches]]\nid = "{name}"\ngroup = "clots"\nshare = {share}\n\n{head}'


DROPPED_WATCH = CLOTS, ""

ALLOWED: dict[str, list[Change]] = {
    "nothing changes": [],
    "a title": [('"A trial"', '"The trial"')],
    "a new group": [("[groups.clots]", "[groups.fatal]\noutcome = ['fatal']\n[groups.clots]")],
    "a group's title": [("[groups.clots]", '[groups.clots]\ntitle = "Clots"')],
    "a group of no watch": [('["Haemolysis"]', '["Haemolysis", "Jaundice"]')],
    "a new period": [("[dates]", '[[periods]]\nid = "extension"\nrandomised = false\n[dates]')],
    "a tier 3 watch renamed": [('id = "any"', 'id = "all"')],
    "a watch dropped": [DROPPED_WATCH],
    "a watch moved to tier 3": [("tier = 1\nshare = 0.5", "tier = 3")],
    "the unspent share": [added_watch("late", 0.25)],
}


@pytest.mark.parametrize("name", ALLOWED)
def test_an_amendment_that_spends_no_share_twice_is_allowed(name: str):
    """Amendments that spend only unspent shares keep the error rate at alpha."""
    assert refusal_of(*ALLOWED[name]) is None


REFUSED: dict[str, tuple[list[Change], str]] = {
    "another study": ([('"STUDY-1"', '"STUDY-2"')], "the plan of STUDY-2"),
    "alpha": ([("alpha = 0.05", "alpha = 0.1")], "alpha and treatments are fixed"),
    "treatments": ([(', "more.drug"', "")], "alpha and treatments are fixed"),
    "a period dropped": (
        [('id = "run-in"\nr', 'id = "early"\nr'), ('"run-in"\nh', '"early"\nh')],
        "cannot be dropped",
    ),
    "a share raised": ([("share = 0.5", "share = 0.6")], "clots has spent its share as it was"),
    "a share lowered": ([("share = 0.5", "share = 0.1")], "clots has spent its share as it was"),
    "another arm": ([('"drug"\ntier', '"more.drug"\ntier')], "clots has spent its share as it"),
    "another rate": ([("years = 400", "years = 900")], "clots-history has spent its share"),
    "a group redefined": ([('"DVT",  ', '"Stroke",  ')], "share on another group"),
    "more than the unspent share": (
        [DROPPED_WATCH, added_watch("late", 0.26)],
        "sum to more than 1",
    ),
    "a dropped watch renamed": ([DROPPED_WATCH, added_watch("late", 0.5)], "sum to more than 1"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_amendment_that_spends_a_share_twice_is_refused(name: str):
    """Dropping, renaming or redefining a watch after a look gives no second test."""
    changes, message = REFUSED[name]

    assert message in (refusal_of(*changes) or "")


def test_a_dropped_watch_may_come_back_as_it_was():
    """It spends the share that it already has."""
    assert (
        amendment_error(changed_plan(DROPPED_WATCH), changed_plan(), changed_plan().spent_shares)
        is None
    )


def test_a_dropped_watch_may_not_come_back_on_another_group():
    """Its share was spent on the hypothesis of the former group."""
    redefined = changed_plan(('"DVT",  ', '"Stroke",  '))
    without_watch = changed_plan(DROPPED_WATCH, ('"DVT",  ', '"Stroke",  '))

    assert "another group" in (
        amendment_error(without_watch, redefined, changed_plan().spent_shares) or ""
    )


def test_shares_add_up_over_all_amendments():
    """Two amendments may each be valid alone and exceed alpha together."""
    second, third = (
        changed_plan(DROPPED_WATCH, added_watch("late", 0.25)),
        changed_plan(DROPPED_WATCH, added_watch("later", 0.25)),
    )

    assert amendment_error(changed_plan(), second, changed_plan().spent_shares) is None
    assert "more than 1" in (
        amendment_error(second, third, changed_plan().spent_shares | second.spent_shares) or ""
    )
