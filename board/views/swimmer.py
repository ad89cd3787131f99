"""Swimmer plot: one row a subject with its treatments, doses and events, by week of treatment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from board.charts.swimmer_plot import SwimmerDose, SwimmerEvent, SwimmerRow, SwimmerSpell
from board.views.line_listing import days_since_dose
from board.views.table import Cell, Column, ColumnKind, Table
from board.views.watched_cases import WatchedCase
from board.views.wording import humanize
from monitor.dates import iso
from monitor.state.study import Study, SubjectState
from monitor.tables.context import first_treated_day

ROWS_MAX = 40
"""Rows that are drawn; the table and the line listing have every subject."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SwimmerPlot:
    """The rows of the subjects with an event, by the day of their first event on treatment.

    *left_out* counts subjects without a row: beyond ROWS_MAX, or never treated.
    """

    rows: tuple[SwimmerRow, ...]
    left_out: int
    days: int
    arms: tuple[str, ...]
    table: Table


def build_swimmer_plot(study: Study, cases: Sequence[WatchedCase]) -> SwimmerPlot:
    """Return the rows of the subjects of *cases*."""
    by_subject: dict[str, list[WatchedCase]] = {}
    for case in cases:
        by_subject.setdefault(case.subject.name, []).append(case)
    rows = [
        row for own in by_subject.values() if (row := _row(study, own[0].subject, own)) is not None
    ]
    rows.sort(key=lambda row: (row.events[0].day, row.subject))
    shown = tuple(rows[:ROWS_MAX])
    return SwimmerPlot(
        rows=shown,
        left_out=len(by_subject) - len(shown),
        days=max((row.end for row in shown), default=0),
        arms=tuple(study.treatment_numbers),
        table=_table(rows),
    )


def _row(study: Study, subject: SubjectState, cases: Sequence[WatchedCase]) -> SwimmerRow | None:
    day_0 = first_treated_day(subject)
    if day_0 is None:
        return None
    spells = tuple(_spells(study, subject, day_0))
    events = tuple(_events(subject, cases, day_0))
    ends = [each.end for each in spells] + [each.day + 1 for each in events]
    return SwimmerRow(
        subject=subject.name,
        start=iso(day_0),
        end=max(ends),
        spells=spells,
        doses=tuple(
            SwimmerDose(first=dose.first - day_0, last=dose.last - day_0) for dose in subject.doses
        ),
        events=events,
    )


def _spells(study: Study, subject: SubjectState, day_0: int) -> Iterator[SwimmerSpell]:
    """Yield the subject's days at risk up to the as-of date."""
    arms, periods = list(study.treatment_numbers), list(study.period_numbers)
    for spell in subject.spells:
        end = min(spell.end, (study.as_of or 0) + 1)
        if end > spell.start:
            yield SwimmerSpell(
                start=spell.start - day_0,
                end=end - day_0,
                arm=spell.treatment,
                arm_name=arms[spell.treatment],
                period=humanize(periods[spell.period]),
            )


def _events(
    subject: SubjectState, cases: Iterable[WatchedCase], day_0: int
) -> Iterator[SwimmerEvent]:
    for case in cases:
        yield SwimmerEvent(
            day=case.onset - day_0,
            case_id=case.case_id,
            term=case.body.preferred_term,
            serious=case.is_serious,
            first=case.is_first,
            days_since_dose=days_since_dose(subject.doses, case.onset),
        )


def _table(rows: Iterable[SwimmerRow]) -> Table:
    columns = (
        Column(key="subject", label="Subject"),
        Column(key="what", label="What"),
        Column(key="name", label="Name"),
        Column(key="period", label="Period"),
        Column(key="from_day", label="From day", kind=ColumnKind.COUNT),
        Column(key="to_day", label="To day", kind=ColumnKind.COUNT),
    )
    return Table(
        name="swimmer",
        caption="Treatments, doses and events by day; day 0 is the first day on treatment",
        columns=columns,
        rows=[row for row in rows for row in _rows(row)],
    )


def _rows(row: SwimmerRow) -> Iterator[dict[str, Cell]]:
    for spell in row.spells:
        yield {
            "subject": row.subject,
            "what": "at risk",
            "name": spell.arm_name,
            "period": spell.period,
            "from_day": spell.start,
            "to_day": spell.end - 1,
        }
    for number, dose in enumerate(row.doses, start=1):
        yield _moment(row, "dose", str(number), dose.first, dose.last)
    for event in row.events:
        yield _moment(row, "event", event.term, event.day, event.day)


def _moment(row: SwimmerRow, what: str, name: str, first: int, last: int) -> dict[str, Cell]:
    named: dict[str, Cell] = {"subject": row.subject, "what": what, "name": name}
    return named | {"period": None, "from_day": first, "to_day": last}
