"""How alerts look on a terminal: a list, one with its history, and what became of a move."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

import orjson
from rich.console import Console
from rich.text import Text

from alerts.alert import Alert
from alerts.history import Entry, Step
from alerts.lifecycle import Move, State, allowed
from monitor.dates import iso
from streams.result_alerts import instant
from streams.reviewing import Ask, Placed, shown_of
from tocsin.grid import Column, Grid, Line
from tocsin.terminal import plain
from tocsin.wording import e_value

STYLES = {
    State.RAISED: "bold red",
    State.REOPENED: "bold red",
    State.ACKNOWLEDGED: "yellow",
    State.UNDER_REVIEW: "yellow",
}
"""Where somebody is waited for, and where somebody is at work."""

COMMANDS = {Move.BEGIN_REVIEW: "review", Move.CALL_INSUFFICIENT: "insufficient"}
"""What to type for a move, where that is not its name."""


def grid(alerts: Iterable[Alert], title: str) -> Grid:
    """One line for each alert."""
    columns = (
        Column(title="state", right=False),
        Column(title="level", right=False),
        Column(title="rang", right=False, drop=2),
        Column.words("study", drop=1),
        Column.words("what", least=16),
        Column(title="E", drop=3),
        Column(title="by", right=False, drop=4),
        Column(title="alert", right=False),
    )
    return Grid(title, columns, tuple(map(_line, alerts)))


def _line(alert: Alert) -> Line:
    return Line(
        cells=(
            _words(alert.state),
            alert.level,
            iso(alert.as_of),
            alert.study,
            alert.watch if alert.e_value is not None else f"{alert.watch} {alert.about}",
            "" if alert.e_value is None else e_value(alert.e_value),
            alert.member or "",
            name_of(alert),
        ),
        style=STYLES.get(alert.state, "dim"),
    )


def name_of(alert: Alert) -> str:
    """What names this revision of the alert, as the key of its message does."""
    return f"{alert.id}:{alert.revision}"


def show_entry(console: Console, entry: Entry) -> None:
    """Everything about one alert, what a move would sign, and which moves there are."""
    alert = entry.alert
    console.print(grid([alert], f"{alert.term}, {alert.study}"))
    for clock, day in alert.due:
        console.print(Text(f"due {day} ({clock})"))
    console.print(Text("\nHistory", style="bold"))
    for step in entry.history:
        for line in _told(step):
            console.print(Text(plain(line)), soft_wrap=True)
    console.print(Text("\nWhat is signed of it", style="bold"))
    console.print(Text(signed_text(alert)), soft_wrap=True)
    console.print(Text(f"SHA-256 {shown_of(alert)}"), soft_wrap=True)
    for move in allowed(alert.state) if alert.tracked else ():
        command = f"tocsin alerts {COMMANDS.get(move, move)} {name_of(alert)}"
        console.print(Text(f"{command} --member ... --reason ...", style="dim"), soft_wrap=True)


def signed_text(alert: Alert) -> str:
    """The canonical JSON of which `shown` is the digest."""
    said = asdict(alert) | {"hypothetical": False}
    return orjson.dumps(said, option=orjson.OPT_SORT_KEYS).decode()


def _told(step: Step) -> Iterator[str]:
    place = f"{step.thing} version {step.version}, offset {step.line}"
    who = f" by {step.review.member}" if step.review else ""
    what = f"{_words(step.move)}{who}"
    if step.refused is None:
        yield f"{step.revision:4}  {instant(step.known_at)}  {what}: {_words(step.state)}  {place}"
    else:
        yield f"      {instant(step.known_at)}  {what}: refused. {step.refused}  {place}"
    if step.review is not None:
        signed = f"signed with {step.review.key}" if step.review.key else "unsigned"
        yield f'      "{step.review.reason}"  {step.review.meaning}  ({signed})'


def placed_json(ask: Ask, placed: Placed) -> dict[str, Any]:
    """What became of a move, for programs."""
    answer = placed.answer
    return {
        "alert": ask.alert.id,
        "study": ask.alert.study,
        "move": ask.move.value,
        "member": ask.member,
        "shown": shown_of(ask.alert),
        "partition": placed.partition,
        "offset": placed.offset,
        "outcome": placed.fate.value,
        "objection": answer.objection.word if answer and answer.objection else None,
        "says": placed.says,
        "state": answer and answer.state,
        "revision": answer and answer.revision,
    }


def _words(name: str) -> str:
    return name.replace("_", " ")
