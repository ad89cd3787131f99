"""Overview of adverse events, and the assessment of events of interest: FDA tables 7 and 18."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from board.views.safety.columns import CaseTest, CountColumn
from board.views.safety.event_rows import (
    NOTE,
    SERIOUS_ROWS,
    EventRow,
    event_columns,
    event_rows,
    serious,
    severity_rows,
    withdrawn,
)
from board.views.safety.population import SafetyCase
from board.views.table import Table
from board.views.wording import capitalised, humanize
from monitor.records import RELATED, ActionTaken

MODIFICATIONS = (
    ActionTaken.DRUG_INTERRUPTED,
    ActionTaken.DOSE_REDUCED,
    ActionTaken.DOSE_INCREASED,
)

ACTION_ROWS: tuple[EventRow, ...] = (
    ("withdrawn", "Led to discontinuation of treatment", 0, withdrawn),
    (
        "modified",
        "Led to a change of dose",
        0,
        lambda case: case.body.action_taken in MODIFICATIONS,
    ),
)


def _modification_row(action: ActionTaken) -> EventRow:
    label = capitalised(humanize(action))
    return action.value, label, 1, lambda case: case.body.action_taken is action


ANY_ROWS: tuple[EventRow, ...] = (
    ("any", "Any adverse event", 0, lambda case: True),
    ("related", "Related", 1, lambda case: case.body.relatedness in RELATED),
    (
        "serious_related",
        "Serious and related",
        1,
        lambda case: serious(case) and case.body.relatedness in RELATED,
    ),
)


def overview_table(columns: Sequence[CountColumn]) -> Table:
    """Return the subjects with an event of each kind."""
    modifications = tuple(map(_modification_row, MODIFICATIONS))
    rows = event_rows(columns, SERIOUS_ROWS + ACTION_ROWS + modifications + ANY_ROWS)
    return Table(
        name="fda_07_overview",
        caption="Overview of adverse events",
        columns=event_columns(columns),
        rows=rows + severity_rows(columns, lambda case: True, 1),
        note=NOTE,
    )


def interest_table(columns: Sequence[CountColumn], group: str, title: str) -> Table:
    """Return the assessment of one group of the plan: terms, severity, seriousness, action."""

    def belongs(case: SafetyCase) -> bool:
        return group in case.groups

    terms = Counter(
        case.preferred_term
        for column in columns
        for _, case in column.population.cases
        if belongs(case) and case.preferred_term is not None
    )
    ordered = sorted(terms, key=lambda term: (-terms[term], term))
    rows = event_rows(columns, [("any", title, 0, belongs)])
    rows += event_rows(columns, [_term_row(term, belongs) for term in ordered])
    rows += [*severity_rows(columns, belongs, 0)]
    rows += event_rows(columns, [_within(row, belongs) for row in (*SERIOUS_ROWS, ACTION_ROWS[0])])
    return Table(
        name=f"fda_18_{group}",
        caption=f"Events of interest: {title}",
        columns=event_columns(columns),
        rows=rows,
        note=NOTE,
    )


def _term_row(term: str, belongs: CaseTest) -> EventRow:
    return f"term {term}", term, 1, lambda case: belongs(case) and case.preferred_term == term


def _within(row: EventRow, belongs: CaseTest) -> EventRow:
    key, label, indent, matches = row
    return key, label, indent, lambda case: belongs(case) and matches(case)
