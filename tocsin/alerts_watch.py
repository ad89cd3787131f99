"""``tocsin alerts watch``: alerts as they are announced, on a terminal or for a program."""

from __future__ import annotations

import sys
from contextlib import nullcontext

import orjson
from rich.console import Console
from rich.live import Live

from alerts.alert import Alert
from alerts.lifecycle import State
from streams.announced import Announced
from streams.log_kafka import KafkaLog
from streams.result_alerts import alert_line
from streams.settings import Settings
from streams.topics import ALERTS
from tocsin.alerts_show import STYLES, grid
from tocsin.grid import Grid
from tocsin.show import show_alert
from tocsin.terminal import paper

ROWS = 30


async def watch(settings: Settings, *, as_json: bool, once: bool) -> None:
    """Show what was announced and, unless *once*, what is announced from now on."""
    logs = [
        KafkaLog(settings.broker, ALERTS, number) for number in range(settings.alert_partitions)
    ]
    try:
        await _watch(Announced(logs), paper(), as_json=as_json, once=once)
    finally:
        for log in logs:
            await log.close()


async def _watch(announced: Announced, console: Console, *, as_json: bool, once: bool) -> None:
    latest: dict[str, Alert] = {}
    live = not as_json and console.is_terminal
    with Live(console=console, auto_refresh=False) if live else nullcontext() as face:
        async for alerts in announced.follow():
            latest |= {alert.id: alert for alert in alerts if alert.tracked}
            if isinstance(face, Live):
                face.update(board(latest), refresh=True)
            else:
                tell(alerts, None if as_json else console)
            if once:
                return


def board(latest: dict[str, Alert]) -> Grid:
    """What somebody must look at first comes first; what is closed comes last."""
    order = [*STYLES, *(state for state in State if state not in STYLES)]
    alerts = sorted(latest.values(), key=lambda one: (order.index(one.state), -one.known_at))
    waited_for = sum(one.state in (State.RAISED, State.REOPENED) for one in alerts)
    title = f"{waited_for} of {len(alerts)} alerts wait for a member (Ctrl-C ends)"
    return grid(alerts[:ROWS], title)


def tell(alerts: list[Alert], console: Console | None) -> None:
    """A line for each, for a person or, without a *console*, for a program."""
    for alert in alerts:
        if console is None:
            sys.stdout.buffer.write(orjson.dumps(alert_line(alert, hypothetical=False)) + b"\n")
            sys.stdout.buffer.flush()
        else:
            show_alert(console, alert, hypothetical=False, place="offset")
