"""Tests of the DSUR tables: every serious event is tabulated once, and listed in its interval."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from board.report.closed import closed_report
from board.report.pooled import open_report, pool
from tests.board.independent.logs import LOGS, board_log
from tests.board.report.counted import placed, received
from tests.board.report.made import table_of
from tests.independent.groups import is_serious
from tests.independent.trial import Case


def terms_of(case: Case) -> tuple[str, str]:
    """Return class and term of a case."""
    return case.fields["system_organ_class"], case.fields["preferred_term"]


@pytest.mark.parametrize("name", LOGS)
def test_cumulative_tabulation(name: str):
    """Events by class and term in each column; those outside the days at risk stand apart."""
    log = board_log(name)
    table = table_of(name, "closed", "dsur_cumulative")
    serious = [case for case in log.count.trial.cases if is_serious(case.fields)]
    expected: dict[str, Counter[tuple[str, str]]] = {
        key: Counter(
            terms_of(each.case)
            for each in placed(log.count, selection)
            if is_serious(each.case.fields)
        )
        for key, selection in received(log.count).items()
    }
    counted = {p.case.entity for p in log.count.placed if p.terms}
    expected["uncounted"] = Counter(terms_of(c) for c in serious if c.entity not in counted)
    found: dict[str, Counter[tuple[str, str]]] = {key: Counter() for key in expected}
    organ_class = ""
    for row in table.rows[1:]:
        if row["indent"] == 1:
            organ_class = str(row["label"])
            continue
        for key, counts in found.items():
            counts[organ_class, str(row["label"])] += int(row[key] or 0)
    folded = {key: fold(each) for key, each in expected.items()}
    assert {key: fold(+each) for key, each in found.items()} == folded, log.name
    assert table.rows[0]["total"] == len(serious), log.name
    assert table_of(name, "open", "dsur_cumulative").rows[0]["total"] == len(serious)


def fold(counts: Counter[tuple[str, str]]) -> Counter[tuple[str, str]]:
    """Return *counts* without the case of letters: uncounted cases keep their spelling."""
    folded = Counter[tuple[str, str]]()
    for (organ_class, term), number in counts.items():
        folded[organ_class.casefold(), term.casefold()] += number
    return folded


@pytest.mark.parametrize("name", LOGS)
@pytest.mark.parametrize("fraction", [None, 0.5, 0.9])
def test_interval_listing(name: str, fraction: float | None):
    """A serious event is listed if a version was known in the interval, as initial or follow-up."""
    log = board_log(name)
    serious = [case for case in log.count.trial.cases if is_serious(case.fields)]
    versions = {
        case.entity: [
            (date.fromisoformat(each["known_at"][:10]), is_serious(each))
            for each in log.count.versions[case.entity]
        ]
        for case in serious
    }
    days = sorted(day for each in versions.values() for day, _ in each)
    since = None if fraction is None else days[int(fraction * len(days))]
    expected = {
        case.entity: "initial" if since is None or first_serious(each) >= since else "follow-up"
        for case in serious
        for each in [versions[case.entity]]
        if since is None or max(each)[0] >= since
    }
    start = None if since is None else since.toordinal()
    for report in (closed_report(log.facts, start), open_report(pool(log.facts, start))):
        (table,) = [each for each in report.tables if each.name == "dsur_interval_listing"]
        assert {row["case"]: row["report"] for row in table.rows} == expected, log.name


def first_serious(versions: list[tuple[date, bool]]) -> date:
    """Return the day from which on every version was serious."""
    day = versions[-1][0]
    for known, serious in reversed(versions):
        if not serious:
            break
        day = known
    return day
