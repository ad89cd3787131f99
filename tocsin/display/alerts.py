"""Shows alerts on a terminal: a list, one alert with its history, and the result of a move."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import orjson
from rich.console import Console
from rich.text import Text

from alerts.alert import Alert
from alerts.dictionary import dictionary_of
from alerts.lifecycle import Move, State, allowed_moves
from alerts.register.history import AlertEntry, HistoryEntry
from monitor.dates import iso
from monitor.state.study import Study
from streams.producers.reviews import ReviewReceipt, ReviewRequest, revision_digest
from streams.replay.result_alerts import format_instant
from tocsin.common.alert_name import alert_name_of, unique_prefixes
from tocsin.common.terminal import printable
from tocsin.display.alert_evidence import show_evidence
from tocsin.display.grid import AdaptiveGrid, Column, Grid, GridRow
from tocsin.display.wording import format_e_value, watch_text

STATE_STYLES = {
    State.RAISED: "bold red",
    State.REOPENED: "bold red",
    State.ACKNOWLEDGED: "yellow",
    State.UNDER_REVIEW: "yellow",
}
"""Styles of the states that await a member (red) or are being reviewed (yellow)."""

MOVE_COMMANDS = {Move.BEGIN_REVIEW: "review", Move.CALL_INSUFFICIENT: "insufficient"}
"""The command of a move, where it differs from the move's name."""

DISPLAY_NAMES: dict[str, str] = {**MOVE_COMMANDS, State.UNDER_REVIEW: "under review"}
DISPLAY_NAME_PATTERN = re.compile(rf"\b(?:{'|'.join(DISPLAY_NAMES)})\b")

UNVERIFIED = "signature not checked: the plan names no board"
"""Under a plan with a board, a review that is not signed by its member is refused."""


COLUMNS = (
    Column(title="state", align_right=False),
    Column(title="level", align_right=False, drop_order=5),
    Column(title="raised", align_right=False, drop_order=1),
    Column.text("study", drop_order=4),
    Column.text("watch", width_min=16, shrinks_first=True),
    Column(title="E", drop_order=2),
    Column.text("member", drop_order=3, width_min=8, shrinks_first=True),
    Column(title="alert", align_right=False),
)
"""The columns of the list.

80 columns have room for state, day of the last rise, study, watch, e-value, member and name.
"""

DUE = Column(title="due", align_right=False)
"""The earliest due date, second column of a list in which an alert has one."""


def alert_grid(alerts: Sequence[Alert], title: str, known_ids: Iterable[str] = ()) -> AdaptiveGrid:
    """A table with one row for each alert, with whole ids if the terminal is wide enough.

    Otherwise ids are shortened to prefixes that are unique among *alerts* and *known_ids*.  There
    is a column of due dates where an alert has one.
    """
    prefixes = unique_prefixes([*known_ids, *(alert.id for alert in alerts)])
    columns = (COLUMNS[0], DUE, *COLUMNS[1:]) if any(one.due for one in alerts) else COLUMNS

    def rows(names: Mapping[str, str]) -> tuple[GridRow, ...]:
        return tuple(_with_due_date(_alert_row(one, names[one.id]), one, columns) for one in alerts)

    whole_ids = {alert.id: alert.id for alert in alerts}
    return AdaptiveGrid(Grid(title, columns, rows(whole_ids)), Grid(title, columns, rows(prefixes)))


def _with_due_date(row: GridRow, alert: Alert, columns: Sequence[Column]) -> GridRow:
    if DUE not in columns:
        return row
    day = min((day for _, day in alert.due), default="")
    return replace(row, cells=(row.cells[0], day, *row.cells[1:]))


def _alert_row(alert: Alert, name: str) -> GridRow:
    return GridRow(
        cells=(
            _humanize(alert.state),
            alert.level,
            iso(alert.as_of),
            alert.study,
            watch_text(alert) if alert.e_value is not None else f"{alert.watch} {alert.about}",
            "" if alert.e_value is None else format_e_value(alert.e_value),
            alert.member or "",
            f"{name}:{alert.revision}",
        ),
        style=STATE_STYLES.get(alert.state, "dim"),
    )


def display_text(text: str) -> str:
    """Replace names of moves by their commands, and underscores in states by spaces."""
    return printable(DISPLAY_NAME_PATTERN.sub(lambda found: DISPLAY_NAMES[found[0]], text))


def show_entry(console: Console, entry: AlertEntry, study: Study | None) -> None:
    """Print one alert: due dates, evidence, history, signed content and the allowed moves.

    *study* is None where its row cannot be read at present; the evidence is then left out.
    """
    alert = entry.alert
    line = GridRow(cells=_alert_row(alert, alert.id).cells[:-1])
    console.print(Grid(f"{alert.term}, {alert.study}", COLUMNS[:-1], (line,)))
    console.print(Text(f"alert {alert_name_of(alert)}"))
    for clock, day in alert.due:
        console.print(Text(f"due {day} ({clock})"))
    dictionary = "" if study is None else dictionary_of(study.plan, alert.watch)
    if dictionary:
        console.print(Text(printable(f"terms of {dictionary}")))
    show_evidence(console, alert, study)
    console.print(Text("\nHistory", style="bold"))
    for history_entry in entry.history:
        for line in _history_lines(history_entry):
            console.print(Text(printable(line)), soft_wrap=True)
    console.print(Text("\nContent that a move signs", style="bold"))
    console.print(Text(signed_text(alert)), soft_wrap=True)
    console.print(Text(f"SHA-256 {revision_digest(alert)}"), soft_wrap=True)
    for command in _move_commands(
        alert, signed=study is not None and bool(study.plan.board_members)
    ):
        console.print(Text(command, style="dim"), soft_wrap=True)


def _move_commands(alert: Alert, *, signed: bool) -> Iterator[str]:
    """The commands of the moves that the alert's state allows."""
    key_option = " --key ..." if signed else ""
    for move in allowed_moves(alert.state) if alert.tracked else ():
        command = f"tocsin alerts {MOVE_COMMANDS.get(move, move)} {alert_name_of(alert)}"
        yield f"{command} --member ...{key_option} --reason ..."


def signed_text(alert: Alert) -> str:
    """The canonical JSON of the revision; a review's `shown` is its SHA-256."""
    fields = asdict(alert) | {"hypothetical": False}
    return orjson.dumps(fields, option=orjson.OPT_SORT_KEYS).decode()


def _history_lines(history_entry: HistoryEntry) -> Iterator[str]:
    position = f"{history_entry.thing} version {history_entry.version}, offset {history_entry.line}"
    member = f" by {history_entry.review.member}" if history_entry.review else ""
    event = f"{_event_text(history_entry)}{member}"
    if history_entry.refused is None:
        yield (
            f"{history_entry.revision:4}  {format_instant(history_entry.known_at)}  "
            f"{event}: {_humanize(history_entry.state)}  {position}"
        )
    else:
        yield (
            f"      {format_instant(history_entry.known_at)}  {event}: refused. "
            f"{history_entry.refused}  {position}"
        )
    if (review := history_entry.review) is not None:
        signature = f"signed with {review.key}" if review.key else UNVERIFIED
        yield f'      "{review.reason}"  {review.meaning}  ({signature})'


def _event_text(history_entry: HistoryEntry) -> str:
    """Text of a history entry: a change by new data, with the level, or a member's move."""
    texts: dict[str, str] = {
        Move.RAISE: f"raised, level {history_entry.level}",
        Move.RISE: f"level raised to {history_entry.level}",
        Move.CHANGE: "its events changed",
    }
    return texts.get(history_entry.move, _humanize(history_entry.move))


def receipt_json(request: ReviewRequest, receipt: ReviewReceipt) -> dict[str, Any]:
    """The result of a move as JSON fields, for programs."""
    result = receipt.result
    return {
        "alert": request.alert.id,
        "study": request.alert.study,
        "move": request.move.value,
        "member": request.member,
        "shown": revision_digest(request.alert),
        "partition": receipt.partition,
        "offset": receipt.offset,
        "outcome": receipt.status.value,
        "objection": result.objection.word if result and result.objection else None,
        "says": receipt.message,
        "state": result and result.state,
        "revision": result and result.revision,
    }


def _humanize(name: str) -> str:
    return name.replace("_", " ")
