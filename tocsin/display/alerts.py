"""How alerts look on a terminal: a list, one with its history, and what became of a move."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

import orjson
from rich.console import Console
from rich.text import Text

from alerts.alert import Alert
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
from tocsin.display.wording import format_e_value

STATE_STYLES = {
    State.RAISED: "bold red",
    State.REOPENED: "bold red",
    State.ACKNOWLEDGED: "yellow",
    State.UNDER_REVIEW: "yellow",
}
"""Where somebody is waited for, and where somebody is at work."""

MOVE_COMMANDS = {Move.BEGIN_REVIEW: "review", Move.CALL_INSUFFICIENT: "insufficient"}
"""What to type for a move, where that is not its name."""

DISPLAY_NAMES: dict[str, str] = {**MOVE_COMMANDS, State.UNDER_REVIEW: "under review"}
DISPLAY_NAME_PATTERN = re.compile(rf"\b(?:{'|'.join(DISPLAY_NAMES)})\b")

UNVERIFIED = "signature not checked: the plan names no board"
"""Under a plan with a board, what is not signed by its member is no part of the history."""


COLUMNS = (
    Column(title="state", align_right=False),
    Column(title="level", align_right=False, drop_order=5),
    Column(title="rang", align_right=False, drop_order=1),
    Column.text("study", drop_order=4),
    Column.text("what", width_min=16, shrinks_first=True),
    Column(title="E", drop_order=2),
    Column.text("by", drop_order=3, width_min=8, shrinks_first=True),
    Column(title="alert", align_right=False),
)
"""At 80 columns: how it stands, what it is, when it rang, how strong, who has it, and its name."""


def alert_grid(alerts: Sequence[Alert], title: str, known_ids: Iterable[str] = ()) -> AdaptiveGrid:
    """One line for each alert, with its whole id if the terminal has room for that.

    Else with so much of it that no other begins so, here or *among* the ids that are known.
    """
    prefixes = unique_prefixes([*known_ids, *(alert.id for alert in alerts)])
    return AdaptiveGrid(
        Grid(title, COLUMNS, tuple(_alert_row(alert, alert.id) for alert in alerts)),
        Grid(title, COLUMNS, tuple(_alert_row(alert, prefixes[alert.id]) for alert in alerts)),
    )


def _alert_row(alert: Alert, name: str) -> GridRow:
    return GridRow(
        cells=(
            _humanize(alert.state),
            alert.level,
            iso(alert.as_of),
            alert.study,
            alert.watch if alert.e_value is not None else f"{alert.watch} {alert.about}",
            "" if alert.e_value is None else format_e_value(alert.e_value),
            alert.member or "",
            f"{name}:{alert.revision}",
        ),
        style=STATE_STYLES.get(alert.state, "dim"),
    )


def display_text(text: str) -> str:
    """The answer to a move, with moves as they are typed, and states as people say them."""
    return printable(DISPLAY_NAME_PATTERN.sub(lambda found: DISPLAY_NAMES[found[0]], text))


def show_entry(console: Console, entry: AlertEntry, study: Study | None) -> None:
    """Everything about one alert: its grounds in *study*, its history, and what a member can do.

    Without a *study*, its tables cannot be read just now.
    """
    alert = entry.alert
    line = GridRow(cells=_alert_row(alert, alert.id).cells[:-1])
    console.print(Grid(f"{alert.term}, {alert.study}", COLUMNS[:-1], (line,)))
    console.print(Text(f"alert {alert_name_of(alert)}"))
    for clock, day in alert.due:
        console.print(Text(f"due {day} ({clock})"))
    show_evidence(console, alert, study)
    console.print(Text("\nHistory", style="bold"))
    for history_entry in entry.history:
        for line in _history_lines(history_entry):
            console.print(Text(printable(line)), soft_wrap=True)
    console.print(Text("\nWhat is signed of it", style="bold"))
    console.print(Text(signed_text(alert)), soft_wrap=True)
    console.print(Text(f"SHA-256 {revision_digest(alert)}"), soft_wrap=True)
    for command in _move_commands(
        alert, signed=study is not None and bool(study.plan.board_members)
    ):
        console.print(Text(command, style="dim"), soft_wrap=True)


def _move_commands(alert: Alert, *, signed: bool) -> Iterator[str]:
    """What a member may type."""
    key_option = " --key ..." if signed else ""
    for move in allowed_moves(alert.state) if alert.tracked else ():
        command = f"tocsin alerts {MOVE_COMMANDS.get(move, move)} {alert_name_of(alert)}"
        yield f"{command} --member ...{key_option} --reason ..."


def signed_text(alert: Alert) -> str:
    """The canonical JSON of which `shown` is the digest."""
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
    """What the data did, and to which level; or the move of a member."""
    texts: dict[str, str] = {
        Move.RAISE: f"rang, level {history_entry.level}",
        Move.RISE: f"rose, level {history_entry.level}",
        Move.CHANGE: "its cases changed",
    }
    return texts.get(history_entry.move, _humanize(history_entry.move))


def receipt_json(request: ReviewRequest, receipt: ReviewReceipt) -> dict[str, Any]:
    """What became of a move, for programs."""
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
