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
from alerts.lifecycle import Move, State, allowed
from alerts.register.history import Entry, Step
from monitor.dates import iso
from monitor.state.study import Study
from streams.producers.reviews import Ask, Placed, shown_of
from streams.replay.result_alerts import instant
from tocsin.common.alert_name import beginnings, name_of
from tocsin.common.terminal import plain
from tocsin.display.alert_evidence import show_grounds
from tocsin.display.grid import Column, Fitting, Grid, Line
from tocsin.display.wording import e_value

STYLES = {
    State.RAISED: "bold red",
    State.REOPENED: "bold red",
    State.ACKNOWLEDGED: "yellow",
    State.UNDER_REVIEW: "yellow",
}
"""Where somebody is waited for, and where somebody is at work."""

COMMANDS = {Move.BEGIN_REVIEW: "review", Move.CALL_INSUFFICIENT: "insufficient"}
"""What to type for a move, where that is not its name."""

SPOKEN: dict[str, str] = {**COMMANDS, State.UNDER_REVIEW: "under review"}
NAMES = re.compile(rf"\b(?:{'|'.join(SPOKEN)})\b")

UNVERIFIED = "signature not checked: the plan names no board"
"""Under a plan with a board, what is not signed by its member is no part of the history."""


COLUMNS = (
    Column(title="state", right=False),
    Column(title="level", right=False, drop=5),
    Column(title="rang", right=False, drop=1),
    Column.words("study", drop=4),
    Column.words("what", least=16, pliant=True),
    Column(title="E", drop=2),
    Column.words("by", drop=3, least=8, pliant=True),
    Column(title="alert", right=False),
)
"""At 80 columns: how it stands, what it is, when it rang, how strong, who has it, and its name."""


def grid(alerts: Sequence[Alert], title: str, among: Iterable[str] = ()) -> Fitting:
    """One line for each alert, with its whole id if the terminal has room for that.

    Else with so much of it that no other begins so, here or *among* the ids that are known.
    """
    short = beginnings([*among, *(alert.id for alert in alerts)])
    return Fitting(
        Grid(title, COLUMNS, tuple(_line(alert, alert.id) for alert in alerts)),
        Grid(title, COLUMNS, tuple(_line(alert, short[alert.id]) for alert in alerts)),
    )


def _line(alert: Alert, name: str) -> Line:
    return Line(
        cells=(
            _words(alert.state),
            alert.level,
            iso(alert.as_of),
            alert.study,
            alert.watch if alert.e_value is not None else f"{alert.watch} {alert.about}",
            "" if alert.e_value is None else e_value(alert.e_value),
            alert.member or "",
            f"{name}:{alert.revision}",
        ),
        style=STYLES.get(alert.state, "dim"),
    )


def spoken(answer: str) -> str:
    """The answer to a move, with moves as they are typed, and states as people say them."""
    return plain(NAMES.sub(lambda found: SPOKEN[found[0]], answer))


def show_entry(console: Console, entry: Entry, study: Study | None) -> None:
    """Everything about one alert: its grounds in *study*, its history, and what a member can do.

    Without a *study*, its tables cannot be read just now.
    """
    alert = entry.alert
    line = Line(cells=_line(alert, alert.id).cells[:-1])
    console.print(Grid(f"{alert.term}, {alert.study}", COLUMNS[:-1], (line,)))
    console.print(Text(f"alert {name_of(alert)}"))
    for clock, day in alert.due:
        console.print(Text(f"due {day} ({clock})"))
    show_grounds(console, alert, study)
    console.print(Text("\nHistory", style="bold"))
    for step in entry.history:
        for line in _told(step):
            console.print(Text(plain(line)), soft_wrap=True)
    console.print(Text("\nWhat is signed of it", style="bold"))
    console.print(Text(signed_text(alert)), soft_wrap=True)
    console.print(Text(f"SHA-256 {shown_of(alert)}"), soft_wrap=True)
    for command in _commands(alert, signed=study is not None and bool(study.plan.board)):
        console.print(Text(command, style="dim"), soft_wrap=True)


def _commands(alert: Alert, *, signed: bool) -> Iterator[str]:
    """What a member may type."""
    key = " --key ..." if signed else ""
    for move in allowed(alert.state) if alert.tracked else ():
        command = f"tocsin alerts {COMMANDS.get(move, move)} {name_of(alert)}"
        yield f"{command} --member ...{key} --reason ..."


def signed_text(alert: Alert) -> str:
    """The canonical JSON of which `shown` is the digest."""
    said = asdict(alert) | {"hypothetical": False}
    return orjson.dumps(said, option=orjson.OPT_SORT_KEYS).decode()


def _told(step: Step) -> Iterator[str]:
    place = f"{step.thing} version {step.version}, offset {step.line}"
    who = f" by {step.review.member}" if step.review else ""
    what = f"{_done(step)}{who}"
    if step.refused is None:
        yield f"{step.revision:4}  {instant(step.known_at)}  {what}: {_words(step.state)}  {place}"
    else:
        yield f"      {instant(step.known_at)}  {what}: refused. {step.refused}  {place}"
    if step.review is not None:
        signed = f"signed with {step.review.key}" if step.review.key else UNVERIFIED
        yield f'      "{step.review.reason}"  {step.review.meaning}  ({signed})'


def _done(step: Step) -> str:
    """What the data did, and to which level; or the move of a member."""
    done: dict[str, str] = {
        Move.RAISE: f"rang, level {step.level}",
        Move.RISE: f"rose, level {step.level}",
        Move.CHANGE: "its cases changed",
    }
    return done.get(step.move, _words(step.move))


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
