"""Finds the groups of the alerts of ``tocsin alerts list``: each alert with what it set off."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.register.grouping import heads_of_alerts, is_open
from alerts.register.history import AlertEntry
from streams.settings import Settings
from tocsin.display.alert_evidence import load_study


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
