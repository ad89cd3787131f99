"""Tests that every count of the overview is that of an independent batch count of the log."""

from __future__ import annotations

import math
from collections import Counter

import pytest

from board.views.catalogue import VIEWS
from board.views.table import Table
from tests.board.independent.evidence import evidence_of_watch, screened_evidence
from tests.board.independent.logs import LOGS, BoardLog, board_log
from tests.board.independent.pages import PageReader
from tests.board.independent.recounted import Recounted, Selection
from tests.board.preview import page_of
from tests.independent.groups import is_related, is_serious
from tests.independent.trial import Case

DAYS_PER_YEAR = 365.25
CONDITIONS = {
    "any": lambda case: True,
    "serious": lambda case: is_serious(case.fields),
    "serious_related": lambda case: is_serious(case.fields) and is_related(case.fields),
    "withdrawal": lambda case: case.fields.get("action_taken") == "drug_withdrawn",
    "fatal": lambda case: case.fields.get("outcome") == "fatal",
}


def cells_of(count: Recounted) -> dict[str, Selection]:
    """Return the columns of the table of patients, by key."""
    several = len(count.periods) > 1
    columns = [(p, t) for p in count.periods for t in count.treatments]
    columns += [("all", t) for t in count.treatments] if several else []
    selections = {
        f"{p} {t}": Selection(period=None if p == "all" else p, treatment=t) for p, t in columns
    }
    return {key: each for key, each in selections.items() if count.days(each)}


def subjects_of(cases: list[Case]) -> int:
    """Return the number of subjects with one of *cases*."""
    return len({case.subject for case in cases})


def table_of(log: BoardLog, name: str) -> Table | None:
    """Return a table of the overview, None where it has none."""
    tables = VIEWS["overview"].build(log.facts, {}).tables
    return next((table for table in tables if table.name == name), None)


@pytest.mark.parametrize("name", LOGS)
def test_patients_at_a_glance(name: str):
    """Patients of every row, by period and treatment, with the number exposed and person-years."""
    log = board_log(name)
    columns = cells_of(log.count)
    found = [each for each in (table_of(log, "patients"), table_of(log, "groups")) if each]
    rows = {row["row"]: row for table in found for row in table.rows}
    assert set(rows) >= set(CONDITIONS), log.name

    for row_name, row in rows.items():
        for key, selection in columns.items():
            if row_name in CONDITIONS and row["label"] != row_name:
                cases = [c for c in log.count.cases(selection) if CONDITIONS[row_name](c)]
            else:
                cases = log.count.cases(selection, ("group", str(row_name)))
            exposed = max(len(log.count.days(selection)), subjects_of(cases))
            assert row[key] == subjects_of(cases), (log.name, row_name, key)
            assert row[f"{key} percent"] == 100 * subjects_of(cases) / exposed
    for table in found:
        shown = {column.key: column for column in table.columns}
        assert set(shown) == {"label", "row", *columns, *(f"{key} percent" for key in columns)}
        for key, selection in columns.items():
            days = log.count.days(selection)
            years = sum(map(len, days.values())) / DAYS_PER_YEAR
            exposed, _, person_years = shown[key].unit.partition(", ")
            assert exposed.replace(",", "") == f"n = {len(days)}", (log.name, key)
            assert math.isclose(
                float(person_years.removesuffix(" PY").replace(",", "")), years, rel_tol=0.0051
            )


@pytest.mark.parametrize("name", LOGS)
def test_groups_that_are_left_out_repeat_a_row(name: str):
    """Every group of the plan stands in a table, but those that a row of every study repeats."""
    log = board_log(name)
    found = [each for each in (table_of(log, "patients"), table_of(log, "groups")) if each]
    rows = {row["row"] for table in found for row in table.rows}
    for group in set(log.count.trial.plan.get("groups", {})) - rows:
        assert any(
            all(
                subjects_of(log.count.cases(each, ("group", group)))
                == subjects_of([c for c in log.count.cases(each) if matches(c)])
                for each in cells_of(log.count).values()
            )
            for matches in CONDITIONS.values()
        ), (log.name, group)


@pytest.mark.parametrize("name", LOGS)
def test_deaths(name: str):
    """A subject died by a fatal case or by a disposition, and counts once."""
    log = board_log(name)
    deaths = Counter[str]()
    for subject in {case.subject for case in log.count.trial.cases} | {
        each["subject"] for each in log.count.facts("disposition")
    }:
        fatal = [
            each
            for each in log.count.placed
            if each.case.subject == subject and CONDITIONS["fatal"](each.case)
        ]
        counted = [(each.case.onset or 0, each.interval) for each in fatal if each.interval]
        if counted:
            deaths[min(counted, key=lambda each: each[0])[1].treatment] += 1
        elif fatal or "died" in [
            each["status"] for each in log.count.facts("disposition", subject)
        ]:
            deaths["not on treatment"] += 1
    patients = VIEWS["overview"].build(log.facts, {}).patients
    assert dict(patients.deaths_by_treatment) == dict(deaths), log.name
    assert patients.deaths == deaths.total()


@pytest.mark.parametrize("name", LOGS)
def test_ladder(name: str):
    """First events, evidence and boundary of each tier 1 watch and of the strongest screened."""
    log = board_log(name)
    table, plan = table_of(log, "ladder"), log.count.trial.plan
    assert table is not None
    by_watch = {row["watch"]: row for row in table.rows}
    named = {watch["id"]: watch for watch in plan["watches"] if watch["tier"] == 1}
    assert set(named) == {row["watch"] for row in table.rows if row["screened"] is False}
    for watch_id, watch in named.items():
        expected, row = evidence_of_watch(log.count, watch), by_watch[watch_id]
        assert row["treatment_events"] == expected.treated, (log.name, watch_id)
        assert row["control_events"] == expected.control, (log.name, watch_id)
        assert row["log_e"] == pytest.approx(expected.log_e, abs=1e-9), (log.name, watch_id)
        assert row["e_value"] == pytest.approx(math.exp(expected.log_e))
        assert row["boundary"] == pytest.approx(1 / (plan["alpha"] * watch["share"]))
        assert row["ratio"] == pytest.approx(math.exp(expected.log_e) / float(row["boundary"] or 0))

    (screened,) = [row for row in table.rows if row["screened"]]
    every = screened_evidence(log.count)
    strongest = max(each.log_e for each in every.values())
    assert screened["log_e"] == pytest.approx(strongest, abs=1e-9), log.name
    ties = [each for each in every.values() if math.isclose(each.log_e, strongest, abs_tol=1e-9)]
    assert (screened["treatment_events"], screened["control_events"]) in [
        (each.treated, each.control) for each in ties
    ]
    assert VIEWS["overview"].build(log.facts, {}).screening.terms == len(every), log.name


@pytest.mark.parametrize("name", LOGS)
def test_ladder_of_the_page(name: str):
    """The page draws the evidence and boundary of each row, and its first events."""
    log = board_log(name)
    table = table_of(log, "ladder")
    assert table is not None
    drawn = PageReader(page_of(log.facts, "overview")).table("ladder")
    assert [row["data-watch"] for row, _ in drawn] == [row["watch"] for row in table.rows]
    for (_, cells), row in zip(drawn, table.rows, strict=True):
        events = str(row["treatment_events"])
        if row["control_events"] is not None:
            events += f" v {row['control_events']}"
        assert cells[1].text == events
        assert cells[3].values == [str(row["log_e"])]
        assert cells[4].values == [str(row["boundary"])]
