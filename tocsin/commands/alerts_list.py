"""Orders the alerts of ``tocsin alerts list``: by due date, each with what its cause set off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from alerts.alert import Alert
from alerts.register.grouping import heads_of_alerts, is_open
from alerts.register.history import AlertEntry
from streams.settings import Settings
from tocsin.display.alert_evidence import load_study

NO_DATE = "9999-12-31"
"""Sorts after every due date."""


async def find_heads(settings: Settings, entries: Sequence[AlertEntry]) -> dict[str, str]:
    """Return the id of the alert under which an alert stands, by its id.

    A study is loaded only where one of its open alerts could stand under another; while its row
    is rebuilt, its alerts stand alone.
    """
    heads: dict[str, str] = {}
    for study_name in sorted({entry.alert.study for entry in entries}):
        own = [entry for entry in entries if entry.alert.study == study_name]
        if len(own) > 1 and any(is_open(entry.alert) for entry in own):
            study = await load_study(settings, own[0].alert)
            heads |= {} if study is None else heads_of_alerts(study, own)
    return heads


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
