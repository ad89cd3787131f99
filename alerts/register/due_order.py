"""Orders alerts by due date, each group of one cause together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from alerts.alert import Alert
from alerts.register.grouping import is_open

NO_DATE = "9999-12-31"
"""Sorts after every due date."""


def ordered_by_due_date(alerts: Sequence[Alert], heads: Mapping[str, str]) -> list[Alert]:
    """Return the groups of *alerts* by their earliest due date, each with its head first.

    Alerts without a due date keep their order.  An alert whose head is not listed stands alone.
    """
    listed = {alert.id for alert in alerts}
    groups: dict[str, list[Alert]] = {}
    for alert in alerts:
        head = heads.get(alert.id, alert.id)
        groups.setdefault(head if head in listed else alert.id, []).append(alert)
    ordered = sorted(groups.items(), key=lambda group: min(map(due_date, group[1])))
    return [
        alert
        for head, group in ordered
        for alert in sorted(group, key=lambda one: (one.id != head, due_date(one)))
    ]


def due_date(alert: Alert) -> str:
    """Return the earliest due date of an open alert; NO_DATE where it has none."""
    return min((day for _, day in alert.due), default=NO_DATE) if is_open(alert) else NO_DATE
