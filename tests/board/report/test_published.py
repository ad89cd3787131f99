"""Tests the report of the CDISC pilot against the tables that its study report published."""

from __future__ import annotations

from board.views.table import Cell, Table
from tests.board.report.made import table_of
from tests.scenarios.realdata import ARMS, shared_table

CONTRADICTORY = 3
"""Fatal events that the data flag as not serious; the report counts them, the publication not."""

CRITERIA_KEPT = 20
"""Subjects more with a serious event, because a criterion counts although AESER is N."""


def published(name: str) -> dict[tuple[str, str, str], int]:
    """Return the published subjects by class, term and treatment; "" stands for all of them."""
    return {
        (_folded(row["soc"]), row["pt"].casefold(), ARMS[row["arm"]]): int(row["subjects"])
        for row in shared_table("cdiscpilot01", "expected", name)
    }


def _folded(organ_class: str) -> str:
    return "" if organ_class == "ANY BODY SYSTEM" else organ_class.casefold()


def counted(table: Table) -> dict[tuple[str, str, str], Cell]:
    """Return the subjects of *table* likewise."""
    found: dict[tuple[str, str, str], Cell] = {}
    for row in table.rows:
        names = (row.get("system_organ_class"), row.get("preferred_term"))
        organ_class, term = (str(name or "").casefold() for name in names)
        for treatment in ARMS.values():
            found[organ_class, term, treatment] = row[f"randomised {treatment}"]
    return found


def test_events_by_class_and_term_are_those_of_table_14_5_01():
    """All 762 cells of the published table of adverse events agree, and no term is added."""
    expected = published("published_table_14_5_01.csv")
    found = counted(table_of("cdisc", "closed", "fda_14_terms"))

    assert len(expected) == 762
    assert {key: found.get(key, 0) for key in expected} == expected
    assert {key for key, count in found.items() if count} <= expected.keys()


def test_serious_events_exceed_table_14_5_02_by_those_that_contradict_their_flag():
    """The published table has flagged events only; others meet a criterion, or led to death."""
    expected = published("published_table_14_5_02.csv")
    found = counted(table_of("cdisc", "closed", "fda_10_serious"))
    more = {key: int(count or 0) - expected.get(key, 0) for key, count in found.items()}
    deaths = table_of("cdisc", "closed", "fda_08_deaths").rows
    fatal = next(row for row in deaths if row["row"] == "fatal_event")

    assert all(int(found.get(key) or 0) >= count for key, count in expected.items() if key[1])
    assert all(number >= 0 for number in more.values())
    assert sum(more["", "", each] for each in ARMS.values()) == CRITERIA_KEPT
    assert sum(int(fatal[f"randomised {each}"] or 0) for each in ARMS.values()) == CONTRADICTORY
