"""Single-case rules: one case that meets a rule raises one alert."""

from __future__ import annotations

from typing import Any

import pytest

from alerts.alert import AlertKind
from monitor.records import Adjudication, Criterion, PartialDate, Relatedness, Severity
from tests.alerts.case_rule_trials import (
    CLOTS_RULE,
    DEATHS_RULE,
    FATAL,
    GROUP,
    LIFE_THREATENING,
    LIFE_THREATENING_RULE,
    alerts_of_kind,
    case_alerts,
    folded_trial,
    plan_with_rules,
    rule,
    rules_trial,
)
from tests.monitor.builders import (
    case,
    collected,
    dosed,
    merged,
    plan_record,
    retracted,
    tick_record,
)
from tests.monitor.small_plans import toml_table


@pytest.mark.parametrize(
    ("fields", "rules"),
    [
        (FATAL, ["deaths"]),
        ({"severity": Severity.FATAL}, ["deaths"]),
        ({"criteria": (Criterion.DEATH,)}, ["deaths"]),
        (FATAL | {"relatedness": Relatedness.NOT_RELATED}, ["deaths"]),
        (LIFE_THREATENING | {"relatedness": Relatedness.POSSIBLE}, ["threats"]),
        (LIFE_THREATENING | {"relatedness": Relatedness.DEFINITE}, ["threats"]),
        (LIFE_THREATENING, ["threats"]),
        (LIFE_THREATENING | {"relatedness": Relatedness.UNLIKELY}, []),
        (LIFE_THREATENING | {"relatedness": Relatedness.NOT_RELATED}, []),
        (FATAL | LIFE_THREATENING, ["deaths", "threats"]),
        ({"severity": Severity.LIFE_THREATENING, "relatedness": Relatedness.PROBABLE}, []),
        ({"criteria": (Criterion.HOSPITALISATION,), "serious": True}, []),
        ({}, []),
    ],
)
def test_a_rule_raises_an_alert_for_the_cases_that_it_names(fields: dict, rules: list[str]):
    """A death counts in any field; a life-threatening case counts unless it is judged unrelated."""
    scenario = rules_trial(
        case("c1", "A1", 3, **fields), rules=(DEATHS_RULE, LIFE_THREATENING_RULE)
    )

    assert [name for name, *_ in case_alerts(scenario)] == rules


@pytest.mark.parametrize("arm", ["A1", "C1"])
@pytest.mark.parametrize("onset", [-20, 3, None, PartialDate(2020, None)])
def test_a_rule_applies_on_any_arm_and_date(arm: str, onset: int | PartialDate | None):
    """A death on control, before the first dose or on an unknown day raises an alert too."""
    assert case_alerts(rules_trial(case("c1", arm, onset, known=5, **FATAL))) == [
        ("deaths", "safety/c1", "raise", 1)
    ]


def test_a_case_of_an_unknown_subject_raises_an_alert():
    """Reports of deaths often arrive before the subject is in the trial database."""
    assert (
        len(case_alerts(folded_trial(plan_with_rules(DEATHS_RULE), case("c1", "A9", 3, **FATAL))))
        == 1
    )


def test_a_group_rule_applies_to_every_case_of_the_group():
    """Every case of the group raises an alert, on any arm and with any relatedness."""
    scenario = rules_trial(
        case("c1", "A1", 3), case("c2", "C1", 4, "PE"), case("c3", "A2", 5, "Headache"),
        rules=(CLOTS_RULE,), groups=GROUP,
    )  # fmt: skip

    assert case_alerts(scenario) == [
        ("clots", "safety/c1", "raise", 1),
        ("clots", "safety/c2", "raise", 1),
    ]


def test_an_adjudication_adds_a_case_to_a_group():
    """The committee may answer months later: the alert is raised with its answer."""
    adjudicated: dict[str, Any] = {"adjudications": (("clots", Adjudication.YES),)}
    group = toml_table("groups.clots", adjudication="clots")
    scenario = rules_trial(case("c1", "A1", 3), rules=(CLOTS_RULE,), groups=group)
    assert case_alerts(scenario) == []

    scenario.submit(case("c1", "A1", 3, version=2, known=60, **adjudicated))

    assert case_alerts(scenario) == [("clots", "safety/c1", "raise", 1)]


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_the_later_case_of_a_pair_raises_the_alert(order: tuple[int, int]):
    """The later onset completes the pair, in either order of the reports."""
    group = toml_table("groups.clots", both=[["Fall"], ["Bleeding"]], within_days=14)
    cases = {1: case("c1", "A1", 3, "Fall", known=20), 2: case("c2", "A1", 9, "Bleeding", known=20)}
    scenario = rules_trial(*(cases[n] for n in order), rules=(CLOTS_RULE,), groups=group)

    assert case_alerts(scenario) == [("clots", "safety/c2", "raise", 1)]


def test_a_dose_that_is_reported_late_raises_the_alert_of_its_case():
    """A late record of an infusion shows that the event was within three days after it."""
    group = toml_table("groups.clots", within_days_after_dose=3)
    scenario = rules_trial(case("c1", "A1", 9), rules=(CLOTS_RULE,), groups=group)
    assert case_alerts(scenario) == []

    scenario.submit(dosed("A1", 7, 7))

    assert case_alerts(scenario) == [("clots", "safety/c1", "raise", 1)]


def test_a_case_raises_the_alert_of_a_rule_once():
    """Duplicates, follow-ups, nullifications and amendments do not raise the alert again."""
    scenario = rules_trial(
        case("c1", "A1", 3, **FATAL),
        case("c1", "A1", 3, **FATAL),
        case("c1", "A1", 4, version=2, known=9, **FATAL),
        collected("DVT", 1),
        merged("m1", "subject", "A2", "A3"),
        retracted("r1", "safety/c1"),
        retracted("r2", "safety/r1"),
        plan_record(plan_with_rules(DEATHS_RULE, window=9), version=2),
        tick_record(400),
    )

    assert case_alerts(scenario) == [("deaths", "safety/c1", "raise", 1)]


def test_the_fields_of_a_case_alert():
    """Its id hashes study, rule and case; it has no e-value, pages people and has a deadline."""
    (alert,) = alerts_of_kind(rules_trial(case("c1", "A1", 3, known=5, **FATAL)), AlertKind.CASE)

    assert alert.id == "8e59e0e95b3abd7a7215b9e4"
    assert (alert.watch, alert.about, alert.term) == ("rule/deaths", "safety/c1", "DVT")
    assert (alert.level, alert.e_value, alert.pages, alert.tracked) == ("signal", None, True, True)
    assert alert.due == (("receipt", "2020-01-13"),)


def test_an_expected_case_has_the_longer_deadline():
    """An event of the reference safety information is due in fifteen days; it still pages."""
    listed = rule("deaths", when="fatal", expected=True)
    (alert,) = alerts_of_kind(
        rules_trial(case("c1", "A1", 3, known=5, **FATAL), rules=(listed,)), AlertKind.CASE
    )

    assert alert.due == (("receipt", "2020-01-21"),)


def test_the_clock_starts_with_the_version_that_meets_the_rule():
    """The follow-up that reports the death is day 0, not the first report."""
    scenario = rules_trial(case("c1", "A1", 3), case("c1", "A1", 3, version=2, known=30, **FATAL))
    (alert,) = alerts_of_kind(scenario, AlertKind.CASE)

    assert alert.due == (("receipt", "2020-02-07"),)
