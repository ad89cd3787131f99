"""Adverse events by system organ class and preferred term: FDA tables 10, 12, 14 and 15."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from board.views.safety.columns import CaseTest, CountColumn, Row, count_cells, label_cells
from board.views.safety.event_rows import event_columns, event_rows, serious, withdrawn
from board.views.safety.population import SafetyCase
from board.views.table import Column, Table


class ReportGroup(NamedTuple):
    """A group of the plan with its title; one that is of interest has a table of its own."""

    name: str
    title: str
    is_of_interest: bool


NOTE = (
    "Subjects with at least one event; each counts once in a row.  Classes and terms by falling "
    "number of subjects."
)
COMMON_PERCENT = 5
"""The percent of subjects in any column from which an event is common."""

TermKey = tuple[str, str]
"""System organ class, and preferred term or "" for the class as a whole."""

TERM_COLUMNS = (
    Column(key="system_organ_class", label="System organ class", shown=False),
    Column(key="preferred_term", label="Preferred term", shown=False),
)


def hierarchy_table(
    columns: Sequence[CountColumn],
    matches: CaseTest,
    *,
    name: str,
    caption: str,
    any_label: str,
    note: str = NOTE,
) -> Table:
    """Return the subjects with a case that *matches*, by class and term."""
    return Table(
        name=name,
        caption=caption,
        columns=[*event_columns(columns, "Class and term"), *TERM_COLUMNS],
        rows=hierarchy_rows(columns, matches, any_label),
        note=note,
    )


def hierarchy_rows(columns: Sequence[CountColumn], matches: CaseTest, any_label: str) -> list[Row]:
    """Return the row of any event, then each class with its terms below it."""
    subjects = {column.key: _subjects_by_term(column, matches) for column in columns}
    totals: dict[TermKey, int] = {}
    for by_term in subjects.values():
        for key, numbers in by_term.items():
            totals[key] = totals.get(key, 0) + len(numbers)

    def order(key: TermKey) -> tuple[int, str, bool, int, str]:
        organ_class, term = key
        class_total = totals.get((organ_class, ""), 0)
        return -class_total, organ_class, bool(term), -totals[key], term

    rows = event_rows(columns, [("any", any_label, 0, matches)])
    for key in sorted(totals, key=order):
        counts = {column: len(by_term.get(key, ())) for column, by_term in subjects.items()}
        rows.append(_term_cells(key) | count_cells(columns, counts))
    return rows


def _term_cells(key: TermKey) -> Row:
    organ_class, term = key
    label = label_cells("term" if term else "class", term or organ_class, 1 + bool(term))
    return label | {"system_organ_class": organ_class, "preferred_term": term or None}


def _subjects_by_term(column: CountColumn, matches: CaseTest) -> dict[TermKey, set[int]]:
    """Return the numbers of the subjects with a case that *matches*, by class and term."""
    found: dict[TermKey, set[int]] = {}
    for subject, case in column.population.cases:
        if matches(case):
            for key in _keys_of(case):
                found.setdefault(key, set()).add(subject.number)
    return found


def _keys_of(case: SafetyCase) -> Iterator[TermKey]:
    organ_class = case.system_organ_class or "Class not collected"
    yield organ_class, ""
    if case.preferred_term is not None:
        yield organ_class, case.preferred_term


def common_table(columns: Sequence[CountColumn]) -> Table:
    """Return the preferred terms that are common in any column, whatever their class."""
    subjects = {column.key: _subjects_of_term(column) for column in columns}
    rows: list[tuple[int, Row]] = []
    for term in sorted(set[str]().union(*subjects.values())):
        counts = {key: len(by_term.get(term, ())) for key, by_term in subjects.items()}
        cells = count_cells(columns, counts)
        percents = [cells[f"{column.key} percent"] or 0 for column in columns]
        if any(float(percent) >= COMMON_PERCENT for percent in percents):
            row = label_cells("term", term) | cells | {"preferred_term": term}
            rows.append((-sum(counts.values()), row))
    return Table(
        name="fda_15_common",
        caption=f"Common adverse events: at least {COMMON_PERCENT} % of subjects in any column",
        columns=[*event_columns(columns, "Preferred term"), TERM_COLUMNS[1]],
        rows=[row for _, row in sorted(rows, key=lambda each: each[0])],
        note=NOTE,
    )


def _subjects_of_term(column: CountColumn) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for subject, case in column.population.cases:
        if case.preferred_term is not None:
            found.setdefault(case.preferred_term, set()).add(subject.number)
    return found


def groups_table(groups: Sequence[ReportGroup], columns: Sequence[CountColumn]) -> Table:
    """Return the subjects with a case of each group of the plan: all, serious, discontinued."""
    rows: list[Row] = []
    for group in groups:
        rows += event_rows(columns, _group_rows(group.name, group.title))
    return Table(
        name="groups_of_plan",
        caption="Adverse events by group of the plan (queries such as OCMQ or SMQ, own groups)",
        columns=event_columns(columns, "Group"),
        rows=rows,
        note="The plan says which terms and cases belong to a group.",
    )


def _group_rows(group: str, title: str) -> list[tuple[str, str, int, CaseTest]]:
    def belongs(case: SafetyCase) -> bool:
        return group in case.groups

    return [
        (group, title, 0, belongs),
        (f"{group} serious", "Serious", 1, lambda case: belongs(case) and serious(case)),
        (f"{group} withdrawn", "Led to discontinuation", 1, lambda c: belongs(c) and withdrawn(c)),
    ]
