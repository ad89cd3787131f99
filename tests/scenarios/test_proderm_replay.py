"""Tests that one replay of the committed log gives every published number of ProDERM."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenarios.proderm_committed import CONSTRAINTS, PRODERM_FOLDER
from tests.scenarios.proderm_replay_output import ReplayOutput, cached_replay, counts, replay

LOG = PRODERM_FOLDER / "log.jsonl"
COLUMNS = (("first", "ivig"), ("first", "placebo"), ("all", "ivig"))
"""Table 1: first-period IVIG (52), first-period placebo (48), all IVIG (95)."""

ROWS = {
    "teae": ("any", "any"),
    "infusional": ("group", "infusional"),
    "serious": ("group", "serious"),
    "related": ("group", "related"),
    "discontinued": ("group", "discontinued"),
    "tee": ("group", "thromboembolic"),
    "tee_related": ("group", "thromboembolic_related"),
    "htr": ("group", "haemolysis"),
    "death": ("group", "fatal"),
}
"""The rows of table 1 and the terms under which the product counts them."""

TERMS = {"related": "related_patients_95", "infusional": "infusional_patients_95"}
REGISTRY = {"ivig": "ctgov_other_patients_95", "placebo": "ctgov_other_placebo_48"}


@pytest.fixture(scope="session")
def output() -> ReplayOutput:
    """Return the output of the replay that all tests share."""
    return cached_replay()


@pytest.mark.parametrize("row", ROWS)
def test_table_1_is_met_in_patients_and_events(output: ReplayOutput, row: str):
    """All three columns agree, also where no event occurred."""
    cell_counts = [counts(output, period, (*ROWS[row], arm)) for period, arm in COLUMNS]

    assert set(ROWS) == set(CONSTRAINTS["t1"]) - {"cols", "unit"}
    assert cell_counts == CONSTRAINTS["t1"][row]


def test_the_denominators_are_52_and_48_and_95(output: ReplayOutput):
    """Switchers are exposed to both first-period treatments; the extension has no placebo."""
    exposed = {(row["period"], row["treatment"]): row for row in output.result["exposure"]}

    assert [exposed[slot]["subjects"] for slot in COLUMNS] == [52, 48, 95]
    assert exposed["extension", "placebo"]["subjects"] == 0
    assert exposed["all", "ivig"]["cycles"] == CONSTRAINTS["ivig_cycles"] == 664


def test_the_flow_of_95_patients_is_met(output: ReplayOutput):
    """Of 47 and 48 randomised, 5 switch, 45 and 46 enter the extension, 34 and 35 complete it."""
    flow, expected = output.result["flow"], CONSTRAINTS["flow"]
    rows = {(row["period"], row["randomised_treatment"]): row for row in flow["periods"]}
    flow_counts = {
        name: {arm: rows[period, arm][column] for arm in ("ivig", "placebo")}
        for name, period, column in (
            ("enter_ext", "extension", "entered"),
            ("complete", "extension", "completed"),
            ("switched", "first", "switched"),
        )
    }

    assert flow["subjects"] == 95
    assert flow["randomised"] == CONSTRAINTS["subjects"]
    assert flow_counts == {
        "enter_ext": expected["enter_ext"],
        "complete": expected["complete"],
        "switched": {"ivig": 0, "placebo": expected["switch_p_to_i"]},
    }


def test_nine_related_serious_events_in_seven_patients(output: ReplayOutput):
    """All events of table 4 are on IVIG and none on placebo."""
    expected = [
        CONSTRAINTS["serious_related"]["patients"],
        CONSTRAINTS["serious_related"]["events"],
    ]

    assert expected == [7, 9]
    assert counts(output, "all", ("group", "serious_related", "ivig")) == expected
    assert counts(output, "all", ("group", "serious_related", "placebo")) == [0, 0]


def test_related_discontinuations_are_in_eight_patients(output: ReplayOutput):
    """Nineteen related events ended treatment (table 7)."""
    patients = CONSTRAINTS["discontinued_related_patients"]

    cell_counts = counts(output, "all", ("group", "discontinued_related", "ivig"))

    assert cell_counts == [patients, 19]


@pytest.mark.parametrize("row", TERMS)
def test_patients_by_label_term_are_met(output: ReplayOutput, row: str):
    """Sixteen rows of related and infusional events on IVIG agree, by label group."""
    expected: dict[str, int] = CONSTRAINTS[TERMS[row]]

    assert by_term(output, row, expected, "ivig") == expected


@pytest.mark.parametrize("arm", REGISTRY)
def test_patients_by_registry_term_are_met(output: ReplayOutput, arm: str):
    """Eight rows of non-serious events of any causality agree, by preferred term and treatment."""
    expected: dict[str, int] = CONSTRAINTS[REGISTRY[arm]]

    assert by_term(output, "registry", expected, arm) == expected


def by_term(output: ReplayOutput, row: str, terms: dict[str, int], arm: str) -> dict[str, int]:
    """Return the patients of the plan's group of each published term."""
    names = {term: f"{row}_{term.replace(' ', '_')}" for term in terms}
    return {term: counts(output, "all", ("group", name, arm))[0] for term, name in names.items()}


def test_responders_are_met_by_randomised_arm(output: ReplayOutput):
    """Responders at 20, 40 and 60 of the total improvement score agree at both visits."""
    by_visit: dict[str, Any] = {}
    for row in sorted(output.result["assessments"], key=lambda row: row["treatment"]):
        assert (row["instrument"], len(row["responders"])) == ("TIS", 3)
        visit = by_visit.setdefault(row["visit"].replace("week", "tis_wk"), {})
        for name, count in {"n": row["subjects"], **row["responders"]}.items():
            visit.setdefault(name, []).append(count)

    assert by_visit == {visit: CONSTRAINTS[visit] for visit in ("tis_wk16", "tis_wk40")}


def test_the_record_counts_add_up(output: ReplayOutput):
    """Each of the 2,609 lines is folded, and there is no data finding."""
    record_counts = output.result["records"]

    assert output.result["lines"] == len(LOG.read_bytes().splitlines()) == 2609
    assert sum(record_counts.values()) == record_counts["folded"] == 2609
    assert output.result["findings"] == {}
    assert output.result["hypothetical"] is False


def test_a_second_replay_prints_the_same_bytes(output: ReplayOutput):
    """Alerts, evidence and tables depend on the log only."""
    assert replay().stdout == output.stdout
