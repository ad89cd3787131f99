"""Single-case rules: one case is enough, and it rings once."""

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
    ("said", "rings"),
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
def test_a_rule_rings_for_what_it_says(said: dict, rings: list[str]):
    """A death in whichever field; a threat to life unless no relation is seen."""
    found = rules_trial(case("c1", "A1", 3, **said), rules=(DEATHS_RULE, LIFE_THREATENING_RULE))

    assert [name for name, *_ in case_alerts(found)] == rings


@pytest.mark.parametrize("arm", ["A1", "C1"])
@pytest.mark.parametrize("onset", [-20, 3, None, PartialDate(2020, None)])
def test_a_rule_asks_for_no_arm_and_no_date(arm: str, onset: int | PartialDate | None):
    """A death on control, before the first dose, of unknown day: somebody is called for each."""
    assert case_alerts(rules_trial(case("c1", arm, onset, known=5, **FATAL))) == [
        ("deaths", "safety/c1", "raise", 1)
    ]


def test_a_case_rings_before_anything_is_known_of_its_subject():
    """Reports of deaths are quicker than the trial's own database."""
    assert (
        len(case_alerts(folded_trial(plan_with_rules(DEATHS_RULE), case("c1", "A9", 3, **FATAL))))
        == 1
    )


def test_a_group_is_a_rule_for_any_case_of_it():
    """One haemolysis is one too many, whatever it was and whoever thinks what of it."""
    found = rules_trial(
        case("c1", "A1", 3), case("c2", "C1", 4, "PE"), case("c3", "A2", 5, "Headache"),
        rules=(CLOTS_RULE,), groups=GROUP,
    )  # fmt: skip

    assert case_alerts(found) == [
        ("clots", "safety/c1", "raise", 1),
        ("clots", "safety/c2", "raise", 1),
    ]


def test_an_adjudication_makes_a_case_one_of_a_group():
    """The committee answers months later: the case rings when its answer comes."""
    yes: dict[str, Any] = {"adjudications": (("clots", Adjudication.YES),)}
    group = toml_table("groups.clots", adjudication="clots")
    found = rules_trial(case("c1", "A1", 3), rules=(CLOTS_RULE,), groups=group)
    assert case_alerts(found) == []

    found.submit(case("c1", "A1", 3, version=2, known=60, **yes))

    assert case_alerts(found) == [("clots", "safety/c1", "raise", 1)]


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_of_a_pair_the_later_case_rings_whichever_was_reported_first(order: tuple[int, int]):
    """A falls, then B: the pair is complete with B, although B may have been known first."""
    group = toml_table("groups.clots", both=[["Fall"], ["Bleeding"]], within_days=14)
    both = {1: case("c1", "A1", 3, "Fall", known=20), 2: case("c2", "A1", 9, "Bleeding", known=20)}
    found = rules_trial(*(both[n] for n in order), rules=(CLOTS_RULE,), groups=group)

    assert case_alerts(found) == [("clots", "safety/c2", "raise", 1)]


def test_a_dose_that_is_reported_late_makes_the_case_ring():
    """The event was within three days of an infusion that nobody had entered yet."""
    group = toml_table("groups.clots", within_days_after_dose=3)
    found = rules_trial(case("c1", "A1", 9), rules=(CLOTS_RULE,), groups=group)
    assert case_alerts(found) == []

    found.submit(dosed("A1", 7, 7))

    assert case_alerts(found) == [("clots", "safety/c1", "raise", 1)]


def test_a_case_rings_a_rule_once():
    """Again, corrected, counted anew, taken back and brought back: it has rung."""
    found = rules_trial(
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

    assert case_alerts(found) == [("deaths", "safety/c1", "raise", 1)]


def test_the_alert_of_a_case_says_what_it_is():
    """Named after study, rule and case; it rests on no evidence, pages, and has a clock."""
    (alert,) = alerts_of_kind(rules_trial(case("c1", "A1", 3, known=5, **FATAL)), AlertKind.CASE)

    assert alert.id == "8e59e0e95b3abd7a7215b9e4"
    assert (alert.watch, alert.about, alert.term) == ("rule/deaths", "safety/c1", "DVT")
    assert (alert.level, alert.e_value, alert.pages, alert.tracked) == ("signal", None, True, True)
    assert alert.due == (("receipt", "2020-01-13"),)


def test_an_expected_case_has_the_longer_clock():
    """The reference safety information lists it: fifteen days, and it pages all the same."""
    listed = rule("deaths", when="fatal", expected=True)
    (alert,) = alerts_of_kind(
        rules_trial(case("c1", "A1", 3, known=5, **FATAL), rules=(listed,)), AlertKind.CASE
    )

    assert alert.due == (("receipt", "2020-01-21"),)


def test_the_clock_starts_with_what_makes_it_ring():
    """The first report said nothing of a death: it is due seven days after the second."""
    found = rules_trial(case("c1", "A1", 3), case("c1", "A1", 3, version=2, known=30, **FATAL))
    (alert,) = alerts_of_kind(found, AlertKind.CASE)

    assert alert.due == (("receipt", "2020-02-07"),)
