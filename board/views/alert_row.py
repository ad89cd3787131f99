"""One row of the list of alerts, and the table of the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from board.views.alert_days import AlertAge, DueClock
from board.views.table import Cell, Column, ColumnKind, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRow:
    """One alert of the list.

    *shown* is the digest that a move signs.  *subjects* counts the first events of its watch by
    now; *subject* is that of a case alert.  *e_value* is as of now, *e_value_raised* that of the
    last rise; *boundary* is None where the watch has none.
    """

    id: str
    revision: int
    shown: str
    kind: str
    level: str
    state: str
    owner: str | None
    title: str
    watch: str
    comparison: str | None
    arm: str | None
    subjects: int | None
    subject: str | None
    e_value: float | None
    e_value_raised: float | None
    boundary: float | None
    age: AlertAge
    due: tuple[DueClock, ...]
    tracked: bool
    moves: tuple[str, ...]
    filter_values: Mapping[str, str]

    @property
    def overdue(self) -> bool:
        """Whether a clock of the alert has run out."""
        return any(clock.overdue for clock in self.due)


def alert_table(rows: Sequence[AlertRow]) -> Table:
    """Return the flat table of all alerts that are shown."""
    columns = (
        Column(key="id", label="Alert"),
        Column(key="revision", label="Revision", kind=ColumnKind.COUNT),
        Column(key="kind", label="Kind"),
        Column(key="level", label="Level"),
        Column(key="state", label="State"),
        Column(key="owner", label="Owner"),
        Column(key="term", label="Term"),
        Column(key="watch", label="Watch"),
        Column(key="comparison", label="Against"),
        Column(key="arm", label="Arm"),
        Column(key="subjects", label="Subjects", kind=ColumnKind.COUNT, unit="first events"),
        Column(key="subject", label="Subject"),
        Column(key="e_value", label="E now", kind=ColumnKind.NUMBER),
        Column(key="e_value_raised", label="E at the last rise", kind=ColumnKind.NUMBER),
        Column(key="boundary", label="Boundary", kind=ColumnKind.NUMBER),
        Column(key="raised", label="Raised", kind=ColumnKind.DAY),
        Column(key="days_since_raised", label="Age", kind=ColumnKind.COUNT, unit="days of data"),
        Column(key="level_since", label="Level since", kind=ColumnKind.DAY),
        Column(key="days_since_level", label="Days at level", kind=ColumnKind.COUNT),
        Column(key="due", label="Due", kind=ColumnKind.DAY),
        Column(key="overdue", label="Overdue"),
    )
    return Table(
        name="alerts",
        caption="All alerts that the filters select",
        columns=columns,
        rows=[_table_row(row) for row in rows],
    )


EVIDENCE_CELLS = ("comparison", "subject", "e_value", "e_value_raised", "boundary")


def _table_row(row: AlertRow) -> dict[str, Cell]:
    names = ("id", "revision", "kind", "level", "state", "owner", "watch", "arm", "subjects")
    due = min((clock.day for clock in row.due if clock.days_left is not None), default=None)
    return {name: getattr(row, name) for name in (*names, *EVIDENCE_CELLS)} | {
        "term": row.title,
        "raised": row.age.raised,
        "days_since_raised": row.age.days_since_raised,
        "level_since": row.age.level_since,
        "days_since_level": row.age.days_since_level,
        "due": due,
        "overdue": row.overdue,
    }
