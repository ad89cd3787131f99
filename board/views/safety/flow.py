"""Subject populations, disposition, and duration of treatment: FDA standard tables 4 to 6."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import fmean, quantiles, stdev

from board.views.safety.columns import (
    LABEL_COLUMNS,
    CountColumn,
    Row,
    count_cells,
    count_headings,
    label_cells,
)
from board.views.safety.population import SafetySubject
from board.views.table import Cell, Column, ColumnKind, Table
from board.views.wording import capitalised, humanize, plural
from monitor.evidence.evaluate import DAYS_PER_YEAR
from monitor.records import Status

SubjectTest = Callable[[SafetySubject], bool]
SubjectRow = tuple[str, str, int, SubjectTest]
"""Key, label and indent of a row, and which subjects it counts."""

MONTHS = (1, 3, 6, 12)
DAYS_PER_MONTH = DAYS_PER_YEAR / 12


def populations_table(columns: Sequence[CountColumn]) -> Table:
    """Return who was randomised and treated; *columns* are by randomised arm, or pooled."""
    rows: tuple[SubjectRow, ...] = (
        ("randomised", "Randomised", 0, lambda each: each.is_randomised),
        ("treated", "Safety population (a day at risk)", 1, _is_treated),
        ("not_treated", "Not treated", 1, lambda each: not _is_treated(each)),
        ("with_event", "With an adverse event that counts", 1, lambda each: bool(each.cases)),
    )
    return _subjects_table(
        columns,
        rows,
        name="fda_04_populations",
        caption="Subject populations",
        label="Population",
        note="By randomised arm, or all together; percents are of all subjects of the column.",
    )


def disposition_table(columns: Sequence[CountColumn]) -> Table:
    """Return how the follow-up of the subjects ended; *columns* are as for the populations."""
    reasons = [status for status in Status if status is not Status.COMPLETED]
    rows: list[SubjectRow] = [
        ("treated", "Treated", 0, _is_treated),
        ("completed", "Completed", 1, lambda each: _status(each) is Status.COMPLETED),
        ("discontinued", "Discontinued", 1, lambda each: _status(each) in reasons),
        *(_reason_row(status) for status in reasons),
        ("in_follow_up", "No disposition yet", 1, lambda each: _status(each) is None),
    ]
    return _subjects_table(
        columns,
        rows,
        name="fda_05_disposition",
        caption="Subject disposition",
        label="Disposition",
        note="The disposition of the study, or of the last period that the subject entered.  "
        "By randomised arm, or all together; percents are of all subjects of the column.",
    )


def _reason_row(status: Status) -> SubjectRow:
    label = capitalised(humanize(status))
    return status.value, label, 2, lambda each: _status(each) is status


def _subjects_table(
    columns: Sequence[CountColumn],
    rows: Sequence[SubjectRow],
    *,
    name: str,
    caption: str,
    label: str,
    note: str,
) -> Table:
    return Table(
        name=name,
        caption=caption,
        columns=[
            Column(key="label", label=label),
            *LABEL_COLUMNS,
            *count_headings(columns, of_all=True),
        ],
        rows=[
            label_cells(key, text, indent)
            | count_cells(
                columns,
                {each.key: sum(map(test, each.population.subjects)) for each in columns},
                of_all=True,
            )
            for key, text, indent, test in rows
        ],
        note=note,
    )


def duration_table(columns: Sequence[CountColumn]) -> Table:
    """Return the days on treatment of the safety population."""
    days = {
        each.key: sorted(
            subject.days_on_treatment
            for subject in each.population.subjects
            if subject.days_at_risk
        )
        for each in columns
    }
    rows: list[Row] = [
        label_cells(key, label) | {each.key: statistic(days[each.key]) for each in columns}
        for key, label, statistic in DURATION_ROWS
    ]
    for months in MONTHS:
        least = months * DAYS_PER_MONTH
        counts = {key: sum(day >= least for day in each) for key, each in days.items()}
        label = f"At least {months} {plural(months, 'month')}"
        rows.append(label_cells(f"months_{months}", label) | count_cells(columns, counts))
    return Table(
        name="fda_06_duration",
        caption="Duration of treatment exposure",
        columns=[
            Column(key="label", label="Days on treatment"),
            *LABEL_COLUMNS,
            *(_as_number(each) for each in count_headings(columns)),
        ],
        rows=rows,
        note="Days at risk on which a treatment record covers the day; the window after it is "
        "left out.  Quartiles are interpolated between order statistics.  A month is 30.4375 days.",
    )


def _as_number(heading: Column) -> Column:
    """Return the heading of a column that has means beside counts."""
    if heading.kind is not ColumnKind.COUNT:
        return heading
    return Column(key=heading.key, label=heading.label, unit=heading.unit, kind=ColumnKind.NUMBER)


Statistic = Callable[[Sequence[int]], Cell]


def _quartile(place: int) -> Statistic:
    def statistic(days: Sequence[int]) -> Cell:
        if len(days) < 2:
            return float(days[0]) if days else None
        return quantiles(days, n=4, method="inclusive")[place]

    return statistic


DURATION_ROWS: tuple[tuple[str, str, Statistic], ...] = (
    ("subjects", "Subjects treated", len),
    ("mean", "Mean", lambda days: fmean(days) if days else None),
    ("sd", "Standard deviation", lambda days: stdev(days) if len(days) > 1 else None),
    ("minimum", "Minimum", lambda days: min(days, default=None)),
    ("q1", "First quartile", _quartile(0)),
    ("median", "Median", _quartile(1)),
    ("q3", "Third quartile", _quartile(2)),
    ("maximum", "Maximum", lambda days: max(days, default=None)),
    ("total", "Total days", sum),
    ("person_years", "Total person-years", lambda days: sum(days) / DAYS_PER_YEAR),
)
"""Key and label of each statistic of the sorted days on treatment."""


def _is_treated(subject: SafetySubject) -> bool:
    return subject.days_at_risk > 0


def _status(subject: SafetySubject) -> Status | None:
    return None if subject.end is None else subject.end.status
