"""Tests that compared arms and the aggregate analysis have the numbers of an independent count."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.board.independent.limits import score_limits
from tests.board.independent.logs import LOGS, board_log
from tests.board.independent.recounted import Recounted, Selection
from tests.board.report.counted import by_term, placed, subjects
from tests.board.report.made import table_of
from tests.independent.groups import is_serious


@pytest.mark.parametrize("name", LOGS)
def test_comparison_of_arms(name: str):
    """The table in FDA's form: subjects of each arm, difference and limits of the score test."""
    log = board_log(name)
    table, plan = table_of(name, "closed", "fda_16"), log.count.trial.plan
    period = plan["screening"]["period"]
    control, *active = log.count.treatments
    columns = {name: Selection(period=period, treatment=name) for name in log.count.treatments}
    terms = {key: by_term(placed(log.count, each)) for key, each in columns.items()}
    exposed = {key: len(log.count.days(each)) for key, each in columns.items()}
    assert len(table.rows) == 1 + len({term for each in terms.values() for term in each})
    for row in table.rows[1:]:
        term = str(row["system_organ_class"]), str(row["preferred_term"] or "")
        counts = {key: subjects(each.get(term, [])) for key, each in terms.items()}
        assert {key: row[key] for key in counts} == counts, (log.name, term)
        for each in active:
            sizes = [max(exposed[key], counts[key]) for key in (each, control)]
            difference = 100 * (counts[each] / sizes[0] - counts[control] / sizes[1])
            limits = score_limits(counts[each], sizes[0], counts[control], sizes[1])
            assert row[f"{each} difference"] == pytest.approx(difference, abs=1e-9)
            found = row[f"{each} low"], row[f"{each} high"]
            assert found == pytest.approx(limits, abs=1e-4), (log.name, term, each)


@pytest.mark.parametrize("name", LOGS)
def test_aggregate_analysis(name: str):
    """Every term that is more frequent on treatment has a row with its counts, no other has."""
    log = board_log(name)
    period = log.count.trial.plan["screening"]["period"]
    control = Selection(period=period, treatment=log.count.treatments[0])
    for treatment in log.count.treatments[1:]:
        treated = Selection(period=period, treatment=treatment)
        rows = table_of(name, "closed", f"aggregate_{treatment}").rows
        expected = {
            (kind, term): (own, other)
            for kind, term in {t for p in log.count.placed for t in p.terms if t[0] != "any"}
            for own, other in [shares(log.count, (treated, control), (kind, term))]
            if own[0] / own[1] > other[0] / other[1]
        }
        assert len(rows) == len(expected), log.name
        for row in rows:
            kind = {"group of the plan": "group"}.get(str(row["kind"]), str(row["kind"]))
            own, other = expected[kind.replace(" ", "_"), str(row["term"])]
            assert (row["treated"], row["control"]) == (own[0], other[0]), (log.name, row["term"])
            assert (row["treated_serious"], row["control_serious"]) == (own[2], other[2])


@pytest.mark.parametrize("name", LOGS)
def test_cases_of_the_aggregate_analysis(name: str):
    """The cases of each term that stands out are those of treatment and control."""
    log = board_log(name)
    period = log.count.trial.plan["screening"]["period"]
    control, *active = log.count.treatments
    kinds = {"group of the plan": "group"}
    expected = Counter(
        (str(row["term"]), case.entity)
        for treatment in active
        for row in table_of(name, "closed", f"aggregate_{treatment}").rows
        if row["level"] in ("watch", "signal")
        for arm in (treatment, control)
        for case in log.count.cases(
            Selection(period=period, treatment=arm),
            (kinds.get(str(row["kind"]), str(row["kind"]).replace(" ", "_")), str(row["term"])),
        )
    )
    rows = table_of(name, "closed", "aggregate_cases").rows
    assert Counter((str(row["aggregate"]), str(row["case"])) for row in rows) == expected, log.name


def shares(
    count: Recounted, arms: tuple[Selection, Selection], term: tuple[str, str]
) -> list[tuple[int, int, int]]:
    """Return for each arm the subjects with *term*, the exposed, and those with a serious one."""
    found: list[tuple[int, int, int]] = []
    for arm in arms:
        cases = count.cases(arm, term)
        serious = [case for case in cases if is_serious(case.fields)]
        exposed = max(len(count.days(arm)), subjects(cases))
        found.append((subjects(cases), exposed, subjects(serious)))
    return found
