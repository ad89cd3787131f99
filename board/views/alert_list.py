"""The list of alerts: one row an alert, in groups of what the alerts share, with filters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from alerts.alert import Alert, AlertKind
from alerts.lifecycle import Move, allowed_moves
from alerts.register.history import AlertEntry
from alerts.register.update import register_of
from board.views.alert_days import (
    age_of,
    data_day,
    due_clocks,
    owner_of,
)
from board.views.alert_filters import FOR_INFORMATION, NOBODY, Filter, filters_of, is_selected
from board.views.alert_groups import grouped_entries
from board.views.alert_history import MoveChoice, move_choices
from board.views.alert_row import AlertRow, alert_table
from board.views.alert_words import alert_title, describe_comparison, watch_name
from board.views.facts import StudyFacts
from board.views.observed import treated_count_and_evidence
from board.views.table import Table
from board.views.wording import humanize, plural
from monitor.evidence.summary import signal_boundary
from monitor.records import AdverseEvent
from monitor.state.study import ActiveWatch, Study
from streams.producers.reviews import revision_digest


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertGroup:
    """Alerts that share a cause; *moves* are those that its least advanced alerts allow."""

    title: str
    level: str
    shared: str
    rows: tuple[AlertRow, ...]
    moves: tuple[MoveChoice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertListView:
    """The page of all alerts: what waits, by group, and the findings, which need no move."""

    sentence: str
    lede: str
    as_of: str | None
    signed: bool
    open_count: int
    unacknowledged_count: int
    overdue_count: int
    filters: tuple[Filter, ...]
    query: str
    groups: tuple[AlertGroup, ...]
    findings: tuple[AlertRow, ...]
    tables: tuple[Table, ...]


def build(facts: StudyFacts, arguments: Mapping[str, str]) -> AlertListView:
    """Return the alerts of the study that *arguments* select."""
    study = facts.study
    watches, today = study.watches_by_id, data_day(facts)
    entries = sorted(register_of(study).entries.values(), key=lambda each: each.history[0].line)
    rows = {entry.alert.id: _row(study, entry, watches, today) for entry in entries}
    groups = [
        _group(study, chosen)
        for group in grouped_entries(study, [each for each in entries if each.alert.tracked])
        if (chosen := [r for e in group if is_selected(r := rows[e.alert.id], arguments)])
    ]
    findings = [
        rows[entry.alert.id]
        for entry in reversed(entries)
        if not entry.alert.tracked and is_selected(rows[entry.alert.id], arguments)
    ]
    everything = [row for row in rows.values() if row.tracked]
    shown = [row for group in groups for row in group.rows]
    return AlertListView(
        sentence=_sentence(everything),
        lede=_lede(everything, groups, len(rows) - len(everything)),
        as_of=facts.completeness.as_of,
        signed=bool(study.plan.board_members),
        open_count=sum(row.state != "closed" for row in everything),
        unacknowledged_count=sum(_is_waiting(row) for row in everything),
        overdue_count=sum(row.overdue for row in everything),
        filters=filters_of(list(rows.values()), arguments),
        query=" and ".join(f"{name} {humanize(value)}" for name, value in arguments.items()),
        groups=tuple(groups),
        findings=tuple(findings),
        tables=(alert_table([*shown, *findings]),),
    )


def _row(
    study: Study, entry: AlertEntry, watches: Mapping[str, ActiveWatch], today: int
) -> AlertRow:
    alert, active_watch = entry.alert, watches.get(entry.alert.watch)
    title, owner = alert_title(study, alert, active_watch), owner_of(entry)
    subjects, evidence, boundary = None, None, None
    if active_watch is not None:
        subjects, evidence = treated_count_and_evidence(study, active_watch)
        boundary = signal_boundary(study, active_watch.watch)
    return AlertRow(
        id=alert.id,
        revision=alert.revision,
        shown=revision_digest(alert),
        kind=alert.kind.value,
        level=alert.level,
        state=humanize(alert.state.value),
        owner=owner,
        title=title,
        watch=watch_name(study, alert),
        comparison=None if active_watch is None else describe_comparison(active_watch.watch),
        arm=_arm(study, alert, active_watch),
        subjects=subjects,
        subject=_subject(study, alert),
        e_value=evidence,
        e_value_raised=alert.e_value,
        boundary=boundary,
        age=age_of(entry, today),
        due=due_clocks(alert, today),
        tracked=alert.tracked,
        moves=tuple(allowed_moves(alert.state)) if alert.tracked else (),
        filter_values={
            "state": alert.state.value if alert.tracked else FOR_INFORMATION,
            "owner": (owner or NOBODY) if alert.tracked else FOR_INFORMATION,
            "level": alert.level,
            "kind": alert.kind.value,
            "term": title,
        },
    )


def _arm(study: Study, alert: Alert, active_watch: ActiveWatch | None) -> str | None:
    if active_watch is not None:
        return active_watch.watch.treatment
    entity = study.entities.by_id.get(alert.about)
    if entity is None or not entity.counted_versions:
        return None
    return list(study.treatment_numbers)[entity.treatment]


def _subject(study: Study, alert: Alert) -> str | None:
    """Return the subject of a case alert, or of the first case that a finding is about."""
    if alert.kind is AlertKind.SIGNAL:
        return None
    for name in (alert.about, *alert.about.split()):
        entity = study.entities.by_id.get(name)
        if entity is not None and isinstance(entity.body, AdverseEvent):
            return entity.body.subject
    return alert.about if alert.about in study.subjects else None


def _group(study: Study, rows: Sequence[AlertRow]) -> AlertGroup:
    head = rows[0]
    first = next((row for row in rows if row.moves), None)
    order = [set(row.moves) for row in rows if row.moves]
    moves = min(order, key=_stage) if order else set[str]()
    return AlertGroup(
        title=head.title if head.arm is None else f"{head.title} on {head.arm}",
        level=head.level if first is None else _worst_level(rows),
        shared="" if len(rows) == 1 else f"{len(rows)} alerts of one cause",
        rows=tuple(rows),
        moves=move_choices(move for move in Move if move in moves),
    )


def _stage(moves: Iterable[str]) -> int:
    """Return how far along the least advanced of *moves* is."""
    return min(list(Move).index(Move(move)) for move in moves)


def _worst_level(rows: Iterable[AlertRow]) -> str:
    levels = [row.level for row in rows]
    return "signal" if "signal" in levels else levels[0]


def _is_waiting(row: AlertRow) -> bool:
    return row.state in ("raised", "reopened")


def _sentence(rows: Sequence[AlertRow]) -> str:
    """Return the sentence that says how many alerts wait, and how many are overdue."""
    waiting, overdue = sum(map(_is_waiting, rows)), sum(row.overdue for row in rows)
    if not rows:
        return "No alert has been raised"
    if not waiting:
        text = "Every alert has been acknowledged"
    else:
        verb = "alert waits" if waiting == 1 else "alerts wait"
        text = f"{waiting} {verb} for a member"
    return f"{text}; {overdue} overdue" if overdue else text


def _lede(rows: Sequence[AlertRow], groups: Sequence[AlertGroup], findings: int) -> str:
    """Return how many alerts are open, in how many groups, and how many findings there are."""
    open_count, count = sum(row.state != "closed" for row in rows), len(groups)
    parts = [f"{open_count} of {len(rows)} {plural(len(rows), 'alert')} open"]
    if count:
        parts.append(f"shown in {count} {plural(count, 'group')}, each of one cause")
    if findings:
        parts.append(f"{findings} {plural(findings, 'finding')} for information")
    return "; ".join(parts) + "."
