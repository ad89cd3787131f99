"""Tests that a replay of the CDISC pilot gives the tables of its clinical study report."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from tests.scenarios.cdisc_recount import serious_count
from tests.scenarios.realdata import ARMS, cdisc_records, log_bytes, shared_table
from tests.scenarios.replay_result import Cell, Result, cells, comparisons, replay_json

GROUPS = {
    "ANY TEAE": ("any", "any"),
    "DERMATOLOGIC (CQ01NAM)": ("group", "dermatologic"),
    "SERIOUS OR FATAL": ("group", "serious"),
}
"""The groups of the snapshots as (kind, term); the group ``PT X`` is the preferred term X."""

MONTHS = sorted({
    f"{year}-{month:02}-{last}"
    for year in (2012, 2013, 2014, 2015)
    for month, last in enumerate((31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), start=1)
    if "2012-07" <= f"{year}-{month:02}" <= "2015-03"
})  # fmt: skip
SAMPLED = ("2012-07-31", "2013-02-28", "2013-09-30", "2015-03-31")
"""Months of the default run: the first, two while subjects enter and leave, and the last."""

EVERY_MONTH = [
    pytest.param(month, marks=() if month in SAMPLED else pytest.mark.campaign) for month in MONTHS
]


@pytest.fixture(scope="session")
def log_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the ingested study to a file."""
    path = tmp_path_factory.mktemp("cdisc") / "log.jsonl"
    path.write_bytes(log_bytes(cdisc_records()))
    return path


@pytest.fixture(scope="session")
def result(log_path: Path) -> Result:
    """Return the result of a replay of the whole log."""
    return replay_json(log_path)


@cache
def published_rows() -> dict[Cell, dict[str, str]]:
    """Return CSR table 14-5.01 by (kind, term, treatment)."""
    rows = shared_table("cdiscpilot01", "expected", "published_table_14_5_01.csv")
    return {(*_term(row), ARMS[row["arm"]]): row for row in rows}


def _term(row: dict[str, str]) -> tuple[str, str]:
    if row["pt"]:
        return "preferred_term", row["pt"]
    return ("any", "any") if row["soc"] == "ANY BODY SYSTEM" else ("system_organ_class", row["soc"])


def snapshot(month: str) -> dict[Cell, dict[str, str]]:
    """Return the expected counts at the end of *month* by (kind, term, treatment)."""
    rows = shared_table("cdiscpilot01", "expected", "monthly_snapshots.csv")
    by_cell: dict[Cell, dict[str, str]] = {}
    for row in rows:
        if row["snapshot_date"] == month:
            kind, term = GROUPS.get(row["group"]) or ("preferred_term", row["group"][3:])
            by_cell[kind, term, ARMS[row["arm"]]] = row
    return by_cell


def printed_p() -> list[tuple[Cell, str]]:
    """Return every cell of the two columns of p-values with its printed text."""
    columns = {"xanomeline_low_dose": "p_low", "xanomeline_high_dose": "p_high"}
    return [
        (cell, row[columns[cell[2]]])
        for cell, row in published_rows().items()
        if cell[2] in columns
    ]


def test_every_record_is_folded(result: Result):
    """No record is refused, and the record counts add up to the lines of the log."""
    records = result["records"]

    assert records["folded"] == sum(records.values()) == len(cdisc_records())


def test_subjects_and_records_of_the_published_table(result: Result):
    """All 762 rows agree; a record is an accepted version of one of the cell's cases."""
    counts = cells(result)

    assert len(published_rows()) == 762
    assert {
        cell: (counts[cell]["subjects"], counts[cell]["versions"]) for cell in published_rows()
    } == {
        cell: (int(row["subjects"]), int(row["records"])) for cell, row in published_rows().items()
    }


def test_no_term_is_counted_that_the_report_does_not_have(result: Result):
    """The tables have no additional row with events."""
    counted = {cell for cell, row in cells(result).items() if row["events"] and cell[0] != "group"}

    assert counted <= set(published_rows())


def test_fisher_p_values_equal_the_printed_ones(result: Result):
    """413 two-sided p-values agree to the three decimals printed; ``>.99`` is a bound."""
    compared = comparisons(result)
    printed = [(compared[cell]["fisher_p"], text.rstrip("*")) for cell, text in printed_p() if text]

    assert len(printed) == 413
    for fisher_p, text in printed:
        assert fisher_p > 0.99 if text == ">.99" else abs(fisher_p - float(text)) <= 0.0005 + 1e-9


def test_a_p_value_left_blank_is_one(result: Result):
    """In 95 comparisons neither arm had the event: p is 1, not missing."""
    compared = comparisons(result)
    blank = [compared[cell]["fisher_p"] for cell, text in printed_p() if not text]

    assert len(blank) == 95
    assert blank == pytest.approx([1.0] * 95, abs=1e-12)


@pytest.mark.parametrize("name", ["pt_by_arm.csv", "soc_by_arm.csv"])
def test_cases_and_time_to_first_of_every_term(result: Result, name: str):
    """Cases (not rows) and person-days up to each subject's first case agree."""
    counts = cells(result)
    for row in shared_table("cdiscpilot01", "expected", name):
        cell = counts[(*_term({"pt": "", **row}), ARMS[row["arm"]])]
        assert cell["events"] == int(row["events_distinct"])
        if cell["events"]:  # A term without events on an arm need not be printed.
            assert cell["person_days_to_first"] == int(row["person_days_to_first_event"])
            assert cell["subjects_exposed"] == int(row["n_subjects"])


def test_a_case_is_serious_by_its_flag_or_any_criterion(result: Result):
    """AESER alone gives 0, 1 and 2 serious subjects; 33 rows with AESER = N meet a criterion."""
    counts = cells(result)
    for treatment in ARMS.values():
        expected = serious_count(treatment)
        group = counts["group", "serious", treatment]
        assert (group["subjects"], group["events"]) == expected[:2]
        assert counts["any", "any", treatment]["serious_subjects"] == expected.subjects
    assert [serious_count(treatment).subjects for treatment in ARMS.values()] == [6, 9, 8]


def test_person_days_of_the_arms(result: Result):
    """They run from the first dose to the end of follow-up, both days included."""
    days = {
        row["treatment"]: (row["subjects"], row["person_days"])
        for row in result["exposure"]
        if row["period"] == "all"
    }

    assert days == {
        "placebo": (86, 13_111),
        "xanomeline_low_dose": (84, 8_913),
        "xanomeline_high_dose": (84, 8_731),
    }


@pytest.mark.parametrize("month", EVERY_MONTH)
@pytest.mark.parametrize(("flag", "basis"), [("--onset-until", "event"), ("--as-of", "arrival")])
def test_the_study_at_the_end_of_a_month_equals_the_snapshot(
    log_path: Path, month: str, flag: str, basis: str
):
    """Event time includes what had happened by then; arrival time, what was known by then."""
    by_cell = cells(replay_json(log_path, flag, month))
    columns = {
        "subjects": f"subjects_{basis}_time",
        "events": f"distinct_{basis}_time",
        "versions": f"records_{basis}_time",
        "subjects_exposed": "subjects_started",
        "person_days": "person_days_in_study",
    }
    expected = snapshot(month)

    assert len(expected) == 24
    for cell, row in expected.items():
        if cell[:2] == ("group", "serious"):
            serious = serious_count(cell[2], month, basis)
            row |= {columns[name]: str(value) for name, value in serious._asdict().items()}
        # A term without events need not be printed, so the arm's row gives the exposure.
        counts, arm = by_cell[cell], by_cell["any", "any", cell[2]]
        for name, column in columns.items():
            of_arm = name in ("subjects_exposed", "person_days")
            assert (arm if of_arm else counts)[name] == int(row[column]), (cell, name)
