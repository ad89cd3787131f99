"""Single-case rules where everything is counted anew: amendments, merges, retractions."""

from __future__ import annotations

from alerts.alert import AlertKind
from tests.alerts.case_rule_trials import (
    CLOTS_RULE,
    DEATHS_RULE,
    FATAL,
    alerts_of_kind,
    case_alerts,
    plan_with_rules,
    rules_trial,
)
from tests.monitor.builders import (
    case,
    merged,
    plan_record,
    retracted,
)
from tests.monitor.small_plans import toml_table


def test_a_rule_that_an_amendment_brings_rings_for_what_came_before():
    """It holds for all data; when each was received is not known any more, so no clock is shown."""
    found = rules_trial(case("c1", "A1", 3, **FATAL), case("c2", "C1", 4, **FATAL), rules=())
    assert case_alerts(found) == []

    found.submit(plan_record(plan_with_rules(DEATHS_RULE), version=2))

    assert case_alerts(found) == [
        ("deaths", "safety/c1", "raise", 1),
        ("deaths", "safety/c2", "raise", 1),
    ]
    assert {one.due for one in alerts_of_kind(found, AlertKind.CASE)} == {()}


def test_a_case_that_comes_back_to_life_meets_the_rule_that_came_meanwhile():
    """Void when the rule was made, and no longer void."""
    found = rules_trial(case("c1", "A1", 3, **FATAL), retracted("r1", "safety/c1"), rules=())
    found.submit(plan_record(plan_with_rules(DEATHS_RULE), version=2))
    assert case_alerts(found) == []

    found.submit(retracted("r2", "safety/r1"))

    assert case_alerts(found) == [("deaths", "safety/c1", "raise", 1)]


def test_a_merge_of_subjects_completes_a_pair():
    """The fall and the bleeding were two people's, and are one's."""
    group = toml_table("groups.clots", both=[["Fall"], ["Bleeding"]], within_days=14)
    pair = case("c1", "A1", 3, "Fall"), case("c2", "A2", 9, "Bleeding")
    found = rules_trial(*pair, rules=(CLOTS_RULE,), groups=group)
    assert case_alerts(found) == []

    found.submit(merged("m1", "subject", "A2", "A1"))

    assert case_alerts(found) == [("clots", "safety/c2", "raise", 1)]
