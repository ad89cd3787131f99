"""The settings by which a plan selects severe cases, pools arms and limits study days."""

from __future__ import annotations

import pytest

from monitor.plan.plan import amendment_error, read_plan
from monitor.records import AdverseEvent, Criterion, Outcome, Severity
from monitor.terms import Group
from tests.monitor.plan.plans import PLAN
from tests.paths import ROOT

PERIOD = '[[periods]]\nid = "first"\nrandomised = true\n'
GROUP = '[groups.thromboembolic]\npreferred_terms = ["DVT"]\n'
TREATMENT = 'treatment = "drug"\ntier'


def severe_group(value: str) -> Group:
    """The second group of the plan, of cases of at least this severity only."""
    piece = 'adjudication = "clots"\naction_taken = ["drug_withdrawn"]\noutcome = ["fatal"]\n'
    plan = read_plan(PLAN.replace(f"{piece}serious = true", f"severity_at_least = {value}"))
    return plan.groups[1]


@pytest.mark.parametrize("value", ['"severe"', "3"])
def test_a_severity_is_a_word_or_a_grade(value: str):
    """CTCAE grade 3 is severe: both name one condition."""
    assert severe_group(value).severity_at_least is Severity.SEVERE


@pytest.mark.parametrize(
    ("fields", "is_severe"),
    [
        ({}, False),
        ({"severity": Severity.MODERATE}, False),
        ({"severity": Severity.SEVERE}, True),
        ({"severity": Severity.LIFE_THREATENING}, True),
        ({"severity": Severity.MILD, "outcome": Outcome.FATAL}, True),
        ({"criteria": (Criterion.DEATH,)}, True),
        ({"serious": True, "criteria": (Criterion.HOSPITALISATION,)}, False),
    ],
)
def test_a_case_is_severe_by_its_grade_or_by_death(fields: dict[str, object], is_severe: bool):
    """A death is grade 5 whatever severity is stated; seriousness is not severity."""
    case = AdverseEvent("S-1", "Rash", "Skin", **fields)  # pyright: ignore[reportArgumentType]

    assert severe_group('"severe"').matches(case) is is_severe


def test_pooled_arms_stand_in_the_order_of_the_plan():
    """The order in which a watch lists its arms is no other hypothesis."""
    pooled = [
        read_plan(PLAN.replace(TREATMENT, f"treatment = {arms}\ntier")).watches[0]
        for arms in ('["drug", "more.drug"]', '["more.drug", "drug"]')
    ]

    assert pooled[0] == pooled[1]
    assert pooled[0].treatments == ("drug", "more.drug") and pooled[0].controls == ("placebo",)


def test_a_watch_of_some_study_days_leaves_its_term_to_the_screening():
    """What may happen later is another hypothesis, which tier 2 tests."""
    term = '[[watches]]\nid = "pe"\npreferred_term = "PE"\ntreatment = "drug"\nshare = 0.1\n'
    plan = PLAN + term

    assert len(read_plan(plan).tier_1_terms) == 2
    assert len(read_plan(plan + "within_study_days = 365\n").tier_1_terms) == 1
    assert read_plan(plan + "within_study_days = 365\n").watches[-1].within_study_days == 365


def test_the_dictionary_of_a_group_is_no_condition():
    """A new release of a dictionary with the same terms changes no hypothesis; severity does."""
    old = read_plan(PLAN)
    named, severe = (
        read_plan(PLAN.replace("[groups.clots]\n", f"[groups.clots]\n{line}\n"))
        for line in ('dictionary = "MedDRA 29.1"', "severity_at_least = 3")
    )

    assert amendment_error(old, named, old.spent_shares) is None
    assert "another group" in (amendment_error(old, severe, old.spent_shares) or "")


def test_the_factorial_trial_of_the_documents_is_a_plan():
    """Each main effect compares two pools, and no treatment is on both sides."""
    text = (ROOT / "docs" / "plan.md").read_text()
    example = text.partition("**A factorial trial**")[2].split("```")[1].removeprefix("toml\n")

    plan = read_plan(f'study = "S"\n{example}\n{PERIOD}{GROUP}')

    assert [(watch.treatments, watch.controls) for watch in plan.watches] == [
        (("A", "A-and-B"), ("neither", "B")),
        (("B", "A-and-B"), ("neither", "A")),
    ]
