"""Adverse events of two or more arms with their risk differences, in the form of FDA table 16."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from board.views.arms import Arm, compared_arms
from board.views.rate_selection import KIND_LABELS, RateSelection
from board.views.safety.columns import CaseTest, CountColumn, Row, arm_column
from board.views.safety.event_rows import event_columns, event_rows, serious
from board.views.safety.population import SafetyCase
from board.views.safety.terms_tables import TERM_COLUMNS, hierarchy_rows
from board.views.screened import finite
from board.views.table import Column, ColumnKind, Table
from board.views.term_counts import CountedCases
from monitor.records import RELATED, TermKind
from monitor.state.study import Study
from monitor.stats.estimate import Estimate
from monitor.stats.miettinen_nurminen import miettinen_nurminen

NAME = "fda_16"

COUNTED: Mapping[CountedCases, CaseTest] = {
    CountedCases.ALL: lambda case: True,
    CountedCases.SERIOUS: serious,
    CountedCases.RELATED: lambda case: case.body.relatedness in RELATED,
}


def comparison_columns(study: Study, selection: RateSelection) -> list[CountColumn]:
    """Return a column for the control of *selection* and for each active treatment."""
    arms: list[Arm] = []
    for treatment in study.plan.active_treatments:
        treated, control = compared_arms(study, selection.period, selection.analysis, treatment)
        arms += [treated] if arms else [control, treated]
    names = [study.plan.control, *study.plan.active_treatments]
    return [arm_column(study, arm, name) for name, arm in zip(names, arms, strict=True)]


def comparison_table(study: Study, selection: RateSelection) -> Table:
    """Return the subjects with an event by arm, and each difference from control.

    By the kind of *selection*: class and term, classes only, groups of the plan, or any event.
    """
    columns = comparison_columns(study, selection)
    rows = _rows(study, selection, columns)
    return Table(
        name=NAME,
        caption=f"{KIND_LABELS[selection.kind]}: subjects by arm, and difference from control",
        columns=[
            *event_columns(columns, "Adverse event"),
            *TERM_COLUMNS,
            *(heading for column in columns[1:] for heading in _difference_headings(column)),
        ],
        rows=[row | _differences(columns, row) for row in rows],
        note="Subjects with at least one event, and percent of those exposed.  Difference in "
        "points of percent with Miettinen and Nurminen's 95 % limits, for one look.",
    )


def _rows(study: Study, selection: RateSelection, columns: Sequence[CountColumn]) -> list[Row]:
    matches, search = COUNTED[selection.count], selection.search.casefold()
    if selection.kind is TermKind.GROUP:
        groups = [each for each in study.plan.groups if search in each.name.casefold()]
        return event_rows(
            columns,
            [
                (group.name, group.title or group.name, 0, _in_group(group.name, matches))
                for group in groups
            ],
        )
    rows = hierarchy_rows(columns, matches, "Any adverse event")
    if selection.kind is TermKind.ANY:
        return rows[:1]
    if selection.kind is TermKind.SYSTEM_ORGAN_CLASS:
        rows = [row for row in rows if row["row"] != "term"]
    return [row for row in rows if search in str(row["label"]).casefold()]


def _in_group(group: str, matches: CaseTest) -> CaseTest:
    def belongs(case: SafetyCase) -> bool:
        return group in case.groups and matches(case)

    return belongs


def _difference_headings(column: CountColumn) -> tuple[Column, ...]:
    number = ColumnKind.NUMBER
    return (
        Column(
            key=f"{column.key} difference",
            label=f"Difference, {column.label}",
            kind=number,
            unit="points (95 %)",
        ),
        Column(key=f"{column.key} low", label="95 % from", kind=number, shown=False),
        Column(key=f"{column.key} high", label="95 % to", kind=number, shown=False),
    )


def _differences(columns: Sequence[CountColumn], row: Row) -> Row:
    """Return the differences of each active column from the first."""
    control, *active = columns
    cells: Row = {}
    for column in active:
        estimate = _difference(column, control, row)
        for part, value in zip(("difference", "low", "high"), estimate, strict=True):
            shown = finite(value)
            cells[f"{column.key} {part}"] = None if shown is None else 100 * shown
    return cells


def _difference(column: CountColumn, control: CountColumn, row: Row) -> Estimate:
    treated, on_control = int(row[column.key] or 0), int(row[control.key] or 0)
    return miettinen_nurminen(
        events=treated,
        patients=max(column.population.exposed, treated),
        control_events=on_control,
        control_patients=max(control.population.exposed, on_control),
    )
