"""``tocsin alerts watch``: alerts as they are announced, on a terminal or for a program."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import nullcontext

import orjson
from rich.console import Console
from rich.live import Live

from alerts.alert import Alert
from alerts.lifecycle import State
from streams.kafka.topics import ALERTS
from streams.log.kafka import KafkaLog
from streams.outbox.published import Announced
from streams.replay.result_alerts import alert_line
from streams.settings import Settings
from tocsin.common.terminal import paper
from tocsin.display.alerts import STYLES, grid
from tocsin.display.grid import Fitting
from tocsin.display.study import show_alert

UNREADABLE = "messages are no alerts of this version"

HEADING = 2
"""The title, and the names of the columns."""


async def watch(settings: Settings, *, as_json: bool, once: bool) -> None:
    """Show what was announced and, unless *once*, what is announced from now on.

    It is cancelled by SIGTERM, as by Ctrl-C: a terminal is given back before the process ends.
    """
    if task := asyncio.current_task():
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    logs = [
        KafkaLog(settings.broker, ALERTS, number) for number in range(settings.alert_partitions)
    ]
    try:
        await _watch(Announced(logs), paper(), as_json=as_json, once=once)
    finally:
        for log in logs:
            await log.close()


async def _watch(announced: Announced, console: Console, *, as_json: bool, once: bool) -> None:
    latest, unreadable = dict[str, Alert](), 0
    live = not as_json and console.is_terminal and not console.is_dumb_terminal
    drawn = None
    with Live(console=console, auto_refresh=False) if live else nullcontext() as face:
        async for alerts in announced.follow():
            latest |= {alert.id: alert for alert in alerts}
            if not isinstance(face, Live):
                tell(alerts, None if as_json else console)
                if announced.unreadable > unreadable:
                    unreadable = announced.unreadable
                    print(f"tocsin: {unreadable} {UNREADABLE}", file=sys.stderr)
            elif alerts or drawn != console.size:  # To draw it again would unmark what is marked.
                drawn = console.size
                rows = board(latest, drawn.height - HEADING - 1, announced.unreadable)
                face.update(rows, refresh=True)
            if once:
                return


def board(latest: dict[str, Alert], room: int, unreadable: int = 0) -> Fitting:
    """What somebody must look at first comes first; what is closed comes last, or has no *room*.

    That messages are *unreadable* is in the title.
    """
    order = [*STYLES, *(state for state in State if state not in STYLES)]
    tracked = (alert for alert in latest.values() if alert.tracked)
    alerts = sorted(tracked, key=lambda one: (order.index(one.state), -one.known_at))
    waited_for = sum(one.state in (State.RAISED, State.REOPENED) for one in alerts)
    shown = alerts[: max(room, 1)]
    left_out = f", {len(alerts) - len(shown)} not shown" if len(shown) < len(alerts) else ""
    left_out += f", {unreadable} {UNREADABLE}" if unreadable else ""
    title = f"{waited_for} of {len(alerts)} alerts wait for a member{left_out} (Ctrl-C ends)"
    return grid(shown, title, latest)


def tell(alerts: list[Alert], console: Console | None) -> None:
    """A line for each, for a person or, without a *console*, for a program."""
    for alert in alerts:
        if console is None:
            sys.stdout.buffer.write(orjson.dumps(alert_line(alert, hypothetical=False)) + b"\n")
            sys.stdout.buffer.flush()
        else:
            show_alert(console, alert, hypothetical=False, place="offset")
