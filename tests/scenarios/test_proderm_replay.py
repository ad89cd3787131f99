"""Every published number of ProDERM comes out of one replay of the committed log."""

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
def printed() -> ReplayOutput:
    """The one replay that all tests read."""
    return cached_replay()


@pytest.mark.parametrize("row", ROWS)
def test_table_1_comes_out_in_patients_and_events(printed: ReplayOutput, row: str):
    """All three columns as printed, also where nothing was seen."""
    found = [counts(printed, period, (*ROWS[row], arm)) for period, arm in COLUMNS]

    assert set(ROWS) == set(CONSTRAINTS["t1"]) - {"cols", "unit"}
    assert found == CONSTRAINTS["t1"][row]


def test_the_denominators_are_52_and_48_and_95(printed: ReplayOutput):
    """Switchers are exposed to both first-period treatments; nobody is on placebo later."""
    exposed = {(row["period"], row["treatment"]): row for row in printed.result["exposure"]}

    assert [exposed[slot]["subjects"] for slot in COLUMNS] == [52, 48, 95]
    assert exposed["extension", "placebo"]["subjects"] == 0
    assert exposed["all", "ivig"]["cycles"] == CONSTRAINTS["ivig_cycles"] == 664


def test_the_flow_of_95_patients_comes_out(printed: ReplayOutput):
    """Randomised 47 and 48; five switched; 45 and 46 entered the extension; 34 and 35 ended it."""
    flow, wanted = printed.result["flow"], CONSTRAINTS["flow"]
    passages = {(row["period"], row["randomised_treatment"]): row for row in flow["periods"]}
    told = {
        name: {arm: passages[period, arm][column] for arm in ("ivig", "placebo")}
        for name, period, column in (
            ("enter_ext", "extension", "entered"),
            ("complete", "extension", "completed"),
            ("switched", "first", "switched"),
        )
    }

    assert flow["subjects"] == 95
    assert flow["randomised"] == CONSTRAINTS["subjects"]
    assert told == {
        "enter_ext": wanted["enter_ext"],
        "complete": wanted["complete"],
        "switched": {"ivig": 0, "placebo": wanted["switch_p_to_i"]},
    }


def test_nine_related_serious_events_in_seven_patients(printed: ReplayOutput):
    """Table 4 as the product counts it; none of them on placebo."""
    nine = [CONSTRAINTS["serious_related"]["patients"], CONSTRAINTS["serious_related"]["events"]]

    assert nine == [7, 9]
    assert counts(printed, "all", ("group", "serious_related", "ivig")) == nine
    assert counts(printed, "all", ("group", "serious_related", "placebo")) == [0, 0]


def test_related_discontinuations_are_in_eight_patients(printed: ReplayOutput):
    """Nineteen related events ended treatment (table 7)."""
    patients = CONSTRAINTS["discontinued_related_patients"]

    found = counts(printed, "all", ("group", "discontinued_related", "ivig"))

    assert found == [patients, 19]


@pytest.mark.parametrize("row", TERMS)
def test_patients_by_label_term_come_out(printed: ReplayOutput, row: str):
    """Sixteen rows of related and infusional events by the label's grouping, all IVIG."""
    wanted: dict[str, int] = CONSTRAINTS[TERMS[row]]

    assert by_term(printed, row, wanted, "ivig") == wanted


@pytest.mark.parametrize("arm", REGISTRY)
def test_patients_by_registry_term_come_out(printed: ReplayOutput, arm: str):
    """Not serious, any causality, by preferred term: eight rows on IVIG and on placebo."""
    wanted: dict[str, int] = CONSTRAINTS[REGISTRY[arm]]

    assert by_term(printed, "registry", wanted, arm) == wanted


def by_term(printed: ReplayOutput, row: str, terms: dict[str, int], arm: str) -> dict[str, int]:
    """Patients of the plan's group for each printed term."""
    names = {term: f"{row}_{term.replace(' ', '_')}" for term in terms}
    return {term: counts(printed, "all", ("group", name, arm))[0] for term, name in names.items()}


def test_responders_come_out_by_randomised_arm(printed: ReplayOutput):
    """Total improvement score at 20, 40 and 60, of 47 and 48, then of 45 and 46."""
    told: dict[str, Any] = {}
    for row in sorted(printed.result["assessments"], key=lambda row: row["treatment"]):
        assert (row["instrument"], len(row["responders"])) == ("TIS", 3)
        visit = told.setdefault(row["visit"].replace("week", "tis_wk"), {})
        for name, count in {"n": row["subjects"], **row["responders"]}.items():
            visit.setdefault(name, []).append(count)

    assert told == {visit: CONSTRAINTS[visit] for visit in ("tis_wk16", "tis_wk40")}


def test_the_account_of_records_adds_up(printed: ReplayOutput):
    """Every one of the 2,609 lines is folded, and nothing is left to a data manager."""
    account = printed.result["records"]

    assert printed.result["lines"] == len(LOG.read_bytes().splitlines()) == 2609
    assert sum(account.values()) == account["folded"] == 2609
    assert printed.result["findings"] == {}
    assert printed.result["hypothetical"] is False


def test_a_second_replay_prints_the_same_bytes(printed: ReplayOutput):
    """Alerts, evidence, tables: nothing but the log goes into what is printed."""
    assert replay().stdout == printed.stdout
