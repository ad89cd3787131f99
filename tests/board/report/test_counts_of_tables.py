"""Tests that every number of the report's tables is that of an independent count of the log."""

from __future__ import annotations

import statistics

import numpy as np
import pytest

from board.views.table import Table
from tests.board.independent.logs import board_log
from tests.board.independent.recounted import Selection
from tests.board.report.counted import (
    CONDITIONS,
    POOLED,
    SEVERITIES,
    Condition,
    by_term,
    days_on_treatment,
    death_counts,
    end_status,
    is_fatal,
    matching,
    placed,
    randomised,
    subjects,
    worst_severities,
)
from tests.board.report.made import REPORTS, columns_of, reports, table_of
from tests.independent.groups import is_serious

DAYS_PER_YEAR = 365.25


def check_counts(
    table: Table, row: str, key: str, expected: int, exposed: int, label: str = ""
) -> None:
    """Check the count and the percent of a row, found by its key and label."""
    (cells,) = [r for r in table.rows if r["row"] == row and label in ("", r["label"])]
    assert cells[key] == expected, (table.name, row, label, key)
    size = max(exposed, expected)
    percent = 100 * expected / size if size else None
    assert cells[f"{key} percent"] == percent, (table.name, row, key)


@pytest.mark.parametrize(("name", "zone"), REPORTS)
def test_overview_of_events(name: str, zone: str):
    """Subjects with an event of each kind, and each subject under its worst severity."""
    log = board_log(name)
    table = table_of(name, zone, "fda_07_overview")
    columns = columns_of(log, zone)
    assert len(table.rows) == len(CONDITIONS) + len(SEVERITIES) + 1
    for key, selection in columns.items():
        exposed = len(log.count.days(selection))
        for row, condition in CONDITIONS.items():
            cases = matching(log.count, selection, condition)
            check_counts(table, row, key, subjects(cases), exposed)
        worst = list(worst_severities(matching(log.count, selection, CONDITIONS["any"])).values())
        for severity in SEVERITIES:
            check_counts(table, f"worst {severity}", key, worst.count(severity), exposed)
        check_counts(table, "worst not given", key, worst.count(None), exposed)


TERM_TABLES: dict[str, Condition] = {
    "fda_10_serious": is_serious,
    "fda_12_discontinuation": CONDITIONS["withdrawn"],
    "fda_14_terms": CONDITIONS["any"],
    "severe": lambda fields: fields.get("severity") in SEVERITIES[2:],
}


@pytest.mark.parametrize(("name", "zone"), REPORTS)
def test_tables_by_class_and_term(name: str, zone: str):
    """Every class and term with an event has a row, with its subjects in every column."""
    log = board_log(name)
    columns = columns_of(log, zone)
    for table_name, condition in TERM_TABLES.items():
        table = table_of(name, zone, table_name)
        terms = {
            key: by_term([p for p in placed(log.count, each) if condition(p.case.fields)])
            for key, each in columns.items()
        }
        rows = {
            (str(row["system_organ_class"]), str(row["preferred_term"] or "")): row
            for row in table.rows[1:]
        }
        assert len(rows) == len(table.rows) - 1
        assert set(rows) == {term for each in terms.values() for term in each}, log.name
        for key, selection in columns.items():
            exposed = len(log.count.days(selection))
            cases = matching(log.count, selection, condition)
            check_counts(table, "any", key, subjects(cases), exposed)
            for term, row in rows.items():
                found = subjects(terms[key].get(term, []))
                assert row[key] == found, (log.name, table_name, term, key)
                assert row[f"{key} percent"] == 100 * found / max(exposed, found)


@pytest.mark.parametrize(("name", "zone"), REPORTS)
def test_common_events(name: str, zone: str):
    """The terms that at least 5 percent of a column have, whatever their class."""
    log = board_log(name)
    columns, table = columns_of(log, zone), table_of(name, zone, "fda_15_common")
    counts: dict[str, dict[str, int]] = {}
    for key, selection in columns.items():
        by_name: dict[str, set[str]] = {}
        for each in placed(log.count, selection):
            by_name.setdefault(dict(each.terms)["preferred_term"], set()).add(each.case.subject)
        counts[key] = {term: len(found) for term, found in by_name.items()}
    exposed = {key: len(log.count.days(each)) for key, each in columns.items()}
    common = {
        term
        for key, each in counts.items()
        for term, found in each.items()
        if 20 * found >= exposed[key]
    }
    assert {row["label"] for row in table.rows} == common, log.name
    for row in table.rows:
        assert {key: row[key] for key in columns} == {
            key: counts[key].get(str(row["label"]), 0) for key in columns
        }


@pytest.mark.parametrize(("name", "zone"), REPORTS)
def test_groups_of_the_plan(name: str, zone: str):
    """Each group: all, serious, led to discontinuation; watched ones with severity and terms."""
    log = board_log(name)
    columns, table = columns_of(log, zone), table_of(name, zone, "groups_of_plan")
    groups = log.count.trial.plan.get("groups", {})
    assert len(table.rows) == 3 * len(groups)
    for group in groups:
        watched = [t for t in reports(name)[zone].tables if t.name == f"fda_18_{group}"]
        for key, selection in columns.items():
            exposed = len(log.count.days(selection))
            own = [p for p in placed(log.count, selection) if ("group", group) in p.terms]
            cases = [each.case for each in own]
            serious = [case for case in cases if is_serious(case.fields)]
            left = [case for case in cases if CONDITIONS["withdrawn"](case.fields)]
            check_counts(table, group, key, subjects(cases), exposed)
            check_counts(table, f"{group} serious", key, subjects(serious), exposed)
            check_counts(table, f"{group} withdrawn", key, subjects(left), exposed)
            for assessment in watched:
                worst = list(worst_severities(cases).values())
                check_counts(assessment, "any", key, subjects(cases), exposed)
                check_counts(assessment, "serious", key, subjects(serious), exposed)
                check_counts(assessment, "withdrawn", key, subjects(left), exposed)
                for severity in SEVERITIES:
                    check_counts(
                        assessment, f"worst {severity}", key, worst.count(severity), exposed
                    )
                for term in {dict(each.terms)["preferred_term"] for each in own}:
                    of_term = [p.case for p in own if ("preferred_term", term) in p.terms]
                    check_counts(assessment, f"term {term}", key, subjects(of_term), exposed)


@pytest.mark.parametrize(("name", "zone"), REPORTS)
def test_populations_and_disposition(name: str, zone: str):
    """Subjects randomised and treated, and how their follow-up ended."""
    log = board_log(name)
    arms = log.count.trial.arms
    columns = POOLED if zone == "open" else randomised(log.count)
    populations = table_of(name, zone, "fda_04_populations")
    disposition = table_of(name, zone, "fda_05_disposition")
    rows = {str(row["row"]): row for row in populations.rows}
    ends = {str(row["row"]): row for row in disposition.rows}
    for key, selection in columns.items():
        members = [s for s, arm in arms.items() if selection.randomised in (None, arm)]
        assert rows["randomised"][key] == len(members), log.name
        treated = set(log.count.days(selection))
        assert rows["treated"][key] == ends["treated"][key] == len(treated)
        cases = matching(log.count, selection, CONDITIONS["any"])
        assert rows["with_event"][key] == subjects(cases)
        everyone = {*log.count.trial.dispositions} if zone == "open" else {*members}
        statuses = [end_status(log.count, subject) for subject in everyone]
        for status in ("completed", "withdrew", "lost", "died", "adverse_event", "other"):
            assert ends[status][key] == statuses.count(status), (log.name, status, key)
        if zone == "closed":
            assert ends["in_follow_up"][key] == statuses.count(None)
            assert rows["not_treated"][key] == len(set(members) - treated)


@pytest.mark.parametrize(("name", "zone"), REPORTS)
def test_duration_of_treatment(name: str, zone: str):
    """Mean, spread, quartiles, totals and months of the days on treatment."""
    log = board_log(name)
    rows = {str(row["row"]): row for row in table_of(name, zone, "fda_06_duration").rows}
    for key, selection in columns_of(log, zone).items():
        days = sorted(days_on_treatment(log.count, selection).values())
        quartiles = np.percentile(days, [25, 50, 75])
        expected = {
            "subjects": len(days),
            "mean": sum(days) / len(days),
            "sd": statistics.stdev(days),
            "minimum": days[0],
            "q1": quartiles[0],
            "median": quartiles[1],
            "q3": quartiles[2],
            "maximum": days[-1],
            "total": sum(days),
            "person_years": sum(days) / DAYS_PER_YEAR,
        }
        expected |= {
            f"months_{n}": sum(each >= n * DAYS_PER_YEAR / 12 for each in days)
            for n in (1, 3, 6, 12)
        }
        assert {row: cells[key] for row, cells in rows.items()} == pytest.approx(expected), (
            log.name,
            key,
        )


@pytest.mark.parametrize(("name", "zone"), REPORTS)
def test_deaths(name: str, zone: str):
    """Each death counts in the column of its last treatment, and stands in the listing."""
    log = board_log(name)
    table = table_of(name, zone, "fda_08_deaths")
    rows = {str(row["row"]): row for row in table.rows if row["row"] != "term"}
    for key, selection in columns_of(log, zone).items():
        total, at_risk = death_counts(log.count, selection)
        counts = {row: rows[row][key] for row in ("deaths", "at_risk", "later")}
        assert counts == {"deaths": total, "at_risk": at_risk, "later": total - at_risk}, log.name
        fatal = matching(log.count, selection, is_fatal)
        assert rows["fatal_event"][key] == subjects(fatal)
    listed = table_of(name, zone, "fda_09_deaths_listing").rows
    assert len(listed) == death_counts(log.count, Selection())[0], log.name
