"""Overlapping treatments of one subject are a finding that names both records."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from tests.alerts.case_rule_trials import (
    DEATHS_RULE,
    FATAL,
    case_alerts,
    finding_alerts,
    folded_trial,
    plan_with_rules,
    rules_trial,
)
from tests.monitor.builders import allocated, case, merged, treated

PLAN = plan_with_rules(DEATHS_RULE)


def overlapping(*records: Any) -> list[str]:
    """Return what the findings about overlapping treatments name."""
    found = finding_alerts(folded_trial(PLAN, *records))
    return [about for name, about in found if name == "overlapping_treatments"]


@pytest.mark.parametrize(
    ("first", "second", "is_found"),
    [
        (("act", 0, 50), ("ctl", 20, 60), True),
        (("act", 0, None), ("ctl", 20, None), True),
        (("act", 0, 10), ("ctl", 0, 10), True),
        (("act", 0, 20), ("ctl", 20, 60), False),
        (("act", 0, 0), ("ctl", 0, 60), False),
        (("act", 0, 50), ("act", 20, 60), False),
    ],
)
def test_different_treatments_on_the_same_days_are_a_finding(
    first: tuple[str, int, int | None], second: tuple[str, int, int | None], is_found: bool
):
    """Both records are named, in whichever order they come."""
    records = [treated("S9", *first, entity="edc/t1"), treated("S9", *second, entity="edc/t2")]

    for order in permutations(records):
        assert overlapping(allocated("S9", "act"), *order) == ["edc/t1 edc/t2"] * is_found


def test_a_merge_of_subjects_finds_their_overlapping_treatments():
    """Two subjects that are one cannot have received two treatments at once."""
    records = treated("S8", "act", 0, 50), treated("S9", "ctl", 20, 60)

    assert overlapping(*records) == []
    assert overlapping(*records, merged("m", "subject", "S9", "S8")) == [
        "edc/treated-S8-0 edc/treated-S9-20"
    ]


def test_a_death_on_days_of_two_treatments_rings_and_is_in_no_table():
    """Nobody can say which treatment it counts for; the rule does not ask."""
    scenario = rules_trial(
        treated("S9", "act", 0, 50, entity="edc/t1"),
        treated("S9", "ctl", 0, 50, entity="edc/t2"),
        case("c1", "S9", 10, **FATAL, serious=True),
    )

    assert len(scenario.study.treatment_intervals_of(scenario.study.subjects["S9"])) == 2
    assert case_alerts(scenario) == [("deaths", "safety/c1", "raise", 1)]
    assert all(not cell.events for table in scenario.study.tables for cell in table.values())
