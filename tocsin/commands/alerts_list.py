"""Prints ``tocsin alerts list``: open alerts as a list of work, grouped by their cause."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from alerts.register.due_order import NO_DATE, ordered_by_due_date
from alerts.register.grouping import heads_of_alerts, is_open
from alerts.register.history import AlertEntry
from monitor.state.study import Study
from streams.replay.result_alerts import alert_json
from streams.settings import Settings
from tocsin.common.terminal import cli_console
from tocsin.display.alert_evidence import load_study
from tocsin.display.work_list import (
    alert_facts,
    blinded_line,
    blinded_list,
    is_for_blinded,
    work_list,
)

Studies = Mapping[str, Study | None]
"""Studies by name; None while the row of one is rebuilt."""


async def load_studies(settings: Settings, entries: Sequence[AlertEntry]) -> Studies:
    """Load the studies of *entries* from their rows."""
    alerts = {entry.alert.study: entry.alert for entry in entries}
    return {name: await load_study(settings, alert) for name, alert in sorted(alerts.items())}


def find_heads(studies: Studies, entries: Sequence[AlertEntry]) -> dict[str, str]:
    """Return the id of the alert under which an alert stands, by its id.

    While the row of a study is rebuilt, its alerts stand alone.
    """
    heads: dict[str, str] = {}
    for name, study in studies.items():
        own = [entry for entry in entries if entry.alert.study == name]
        if study is not None and len(own) > 1 and any(is_open(entry.alert) for entry in own):
            heads |= heads_of_alerts(study, own)
    return heads


def print_alerts(
    studies: Studies, entries: Sequence[AlertEntry], known_ids: Sequence[str], *, as_json: bool
) -> None:
    """Print *entries*, the most urgent due date first."""
    heads = find_heads(studies, entries)
    alerts = ordered_by_due_date([entry.alert for entry in entries], heads)
    facts = {alert.id: alert_facts(studies[alert.study], alert) for alert in alerts}
    if as_json:
        for alert in alerts:
            own = facts[alert.id]
            about = {"subject": own.subject, "arm": own.arm, "seriousness": own.seriousness}
            line = alert_json(alert) | {"under": heads.get(alert.id)}
            print(json.dumps(line | {key: value or None for key, value in about.items()}))
        return
    count_open = sum(map(is_open, alerts))
    title = f"{len(alerts)} open" if count_open == len(alerts) else f"{len(alerts)} alerts"
    cli_console().print(work_list(alerts, title, facts, heads, known_ids))


def print_blinded(studies: Studies, entries: Sequence[AlertEntry], *, as_json: bool) -> None:
    """Print the single cases of *entries* for people who must not learn treatments.

    Closed ones as well: that a member, who knows the treatments, closed one could unblind.
    """
    lines = [
        blinded_line(entry.alert, alert_facts(studies[entry.alert.study], entry.alert))
        for entry in entries
        if is_for_blinded(entry.alert)
    ]
    lines.sort(key=lambda line: (line["due"] or NO_DATE, line["raised"], line["subject"]))
    if as_json:
        for line in lines:
            print(json.dumps(line))
    else:
        cli_console().print(blinded_list(lines, f"{len(lines)} cases"))
