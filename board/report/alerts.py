"""The section of a closed report on each open alert: evidence over time, cases, clocks, history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from board.charts.trajectory import evidence_trajectory
from board.report.document import Chart, Section
from board.views import alert
from board.views.alert import AlertView
from board.views.facts import StudyFacts
from board.views.overview import Overview
from board.views.table import Table

SHOWN_TABLES = ("cases", "clocks", "history")
SHOWN_ROWS = 40
"""A longer table is for CSV only."""

DESCRIPTION = "E on a logarithmic axis by day, with its boundaries, as known and as occurred."


def alerts_section(facts: StudyFacts, view: Overview) -> Section:
    """Return the section of the open alerts of *view*, in its order."""
    cards = [card for group in view.groups for card in group.cards]
    views = [alert.build(facts, {"id": card.id}) for card in cards]
    tables = [table for each in views for table in _tables(each)]
    return Section(
        id="alerts",
        title="Open alerts, one by one",
        text=[_summary(each) for each in views] or ["No alert is open."],
        charts=list(_charts(views)),
        tables=[each for each in tables if _is_shown(each)],
        attached=[each for each in tables if not _is_shown(each)],
    )


def _summary(view: AlertView) -> str:
    return f"{view.sentence.rstrip('.')} ({view.id}). {view.lede}"


def _charts(views: Sequence[AlertView]) -> Iterator[Chart]:
    for each in views:
        over_time = None if each.evidence is None else each.evidence.over_time
        if over_time is not None:
            title = f"Evidence over time: {each.title} ({each.id})"
            drawn = evidence_trajectory(over_time.lines, title=title, description=DESCRIPTION)
            yield Chart(title, drawn)


def _tables(view: AlertView) -> Iterator[Table]:
    for table in view.tables:
        name, caption = f"alert_{view.id}_{table.name}", f"{view.title}: {table.caption}"
        yield replace(table, name=name, caption=caption)


def _is_shown(table: Table) -> bool:
    name = table.name.rpartition("_")[2]
    return name in SHOWN_TABLES and 0 < len(table.rows) <= SHOWN_ROWS
