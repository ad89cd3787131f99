"""The standard tables of a safety report, for any columns."""

from __future__ import annotations

from collections.abc import Sequence

from board.views.naming import term_name
from board.views.safety.columns import CountColumn
from board.views.safety.deaths import deaths_table
from board.views.safety.event_rows import serious, severe, withdrawn
from board.views.safety.flow import disposition_table, duration_table, populations_table
from board.views.safety.overview_events import interest_table, overview_table
from board.views.safety.terms_tables import (
    ReportGroup,
    common_table,
    groups_table,
    hierarchy_table,
)
from board.views.table import Table
from monitor.state.study import Study


def report_groups(study: Study) -> tuple[ReportGroup, ...]:
    """Return the groups of the plan; those that a tier 1 or tier 3 watch counts are of interest."""
    watched = {watch.term for watch in study.plan.watches}
    return tuple(
        ReportGroup(group.name, term_name(study, group.term), group.term in watched)
        for group in study.plan.groups
    )


def subject_tables(
    randomised: Sequence[CountColumn], received: Sequence[CountColumn]
) -> tuple[Table, ...]:
    """Return populations, disposition and duration of treatment."""
    return (
        populations_table(randomised),
        disposition_table(randomised),
        duration_table(received),
    )


def event_tables(
    groups: Sequence[ReportGroup], columns: Sequence[CountColumn]
) -> tuple[Table, ...]:
    """Return the overview of events, deaths, and events by term and by group."""
    return (
        overview_table(columns),
        deaths_table(columns),
        hierarchy_table(
            columns,
            serious,
            name="fda_10_serious",
            caption="Serious adverse events by class and term",
            any_label="Any serious adverse event",
        ),
        hierarchy_table(
            columns,
            withdrawn,
            name="fda_12_discontinuation",
            caption="Adverse events leading to discontinuation of treatment by class and term",
            any_label="Any event leading to discontinuation",
        ),
        hierarchy_table(
            columns,
            lambda case: True,
            name="fda_14_terms",
            caption="Adverse events by class and term",
            any_label="Any adverse event",
        ),
        common_table(columns),
        hierarchy_table(
            columns,
            severe,
            name="severe",
            caption="Severe, life-threatening and fatal adverse events by class and term",
            any_label="Any event that is severe or worse",
        ),
        groups_table(groups, columns),
    )


def interest_tables(
    groups: Sequence[ReportGroup], columns: Sequence[CountColumn]
) -> tuple[Table, ...]:
    """Return the assessment of each group of interest."""
    return tuple(
        interest_table(columns, group.name, group.title) for group in groups if group.is_of_interest
    )
