"""Single-case rules where counts are rebuilt: amendments, merges and retractions."""

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


def test_a_rule_added_by_an_amendment_applies_to_earlier_cases():
    """The rule holds for all data; the day of receipt is unknown, so there is no deadline."""
    scenario = rules_trial(case("c1", "A1", 3, **FATAL), case("c2", "C1", 4, **FATAL), rules=())
    assert case_alerts(scenario) == []

    scenario.submit(plan_record(plan_with_rules(DEATHS_RULE), version=2))

    assert case_alerts(scenario) == [
        ("deaths", "safety/c1", "raise", 1),
        ("deaths", "safety/c2", "raise", 1),
    ]
    assert {one.due for one in alerts_of_kind(scenario, AlertKind.CASE)} == {()}


def test_a_restored_case_meets_a_rule_that_was_added_while_it_was_void():
    """The case was void when the rule was added, and is restored afterwards."""
    scenario = rules_trial(case("c1", "A1", 3, **FATAL), retracted("r1", "safety/c1"), rules=())
    scenario.submit(plan_record(plan_with_rules(DEATHS_RULE), version=2))
    assert case_alerts(scenario) == []

    scenario.submit(retracted("r2", "safety/r1"))

    assert case_alerts(scenario) == [("deaths", "safety/c1", "raise", 1)]


def test_a_merge_of_subjects_completes_a_pair():
    """The fall and the bleeding were recorded for two subjects, who are one person."""
    group = toml_table("groups.clots", both=[["Fall"], ["Bleeding"]], within_days=14)
    pair = case("c1", "A1", 3, "Fall"), case("c2", "A2", 9, "Bleeding")
    scenario = rules_trial(*pair, rules=(CLOTS_RULE,), groups=group)
    assert case_alerts(scenario) == []

    scenario.submit(merged("m1", "subject", "A2", "A1"))

    assert case_alerts(scenario) == [("clots", "safety/c2", "raise", 1)]
