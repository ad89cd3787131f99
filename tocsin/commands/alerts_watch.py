"""``tocsin alerts watch``: shows published alerts live, as a table, as lines or as JSON."""

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
from alerts.register.former_ids import following_id
from streams.kafka.topics import ALERTS
from streams.log.kafka import KafkaLog
from streams.outbox.published import AlertFeed
from streams.replay.result_alerts import alert_line
from streams.settings import Settings
from tocsin.common.terminal import cli_console
from tocsin.display.alerts import STATE_STYLES, alert_grid
from tocsin.display.grid import AdaptiveGrid
from tocsin.display.study import show_alert

UNREADABLE_MESSAGES = "messages are not alerts of this version"

HEADING_LINES = 2
"""Lines of the table above its rows: title and column titles."""


async def follow_alerts(settings: Settings, *, as_json: bool, once: bool) -> None:
    """Show all published alerts and, unless *once*, new ones as they are published.

    SIGTERM cancels it like Ctrl-C, so that the terminal is restored before the process ends.
    """
    if task := asyncio.current_task():
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    logs = [
        KafkaLog(settings.broker, ALERTS, number) for number in range(settings.alert_partitions)
    ]
    try:
        await _follow_feed(AlertFeed(logs), cli_console(), as_json=as_json, once=once)
    finally:
        for log in logs:
            await log.close()


async def _follow_feed(feed: AlertFeed, console: Console, *, as_json: bool, once: bool) -> None:
    latest, unreadable_count = dict[str, Alert](), 0
    is_live = not as_json and console.is_terminal and not console.is_dumb_terminal
    drawn_size = None
    with Live(console=console, auto_refresh=False) if is_live else nullcontext() as display:
        async for alerts in feed.follow():
            latest |= {alert.id: alert for alert in alerts}
            if not isinstance(display, Live):
                print_alerts(alerts, None if as_json else console)
                if feed.unreadable > unreadable_count:
                    unreadable_count = feed.unreadable
                    print(f"tocsin: {unreadable_count} {UNREADABLE_MESSAGES}", file=sys.stderr)
            # Not redrawn without a change, because that clears a selection on the terminal.
            elif alerts or drawn_size != console.size:
                drawn_size = console.size
                rows = latest_alerts_grid(
                    latest, drawn_size.height - HEADING_LINES - 1, feed.unreadable
                )
                display.update(rows, refresh=True)
            if once:
                return


def latest_alerts_grid(
    latest: dict[str, Alert], rows_max: int, unreadable: int = 0
) -> AdaptiveGrid:
    """Table of at most *rows_max* alerts: those that await a member first, closed ones last.

    The title has the number of alerts not shown and of *unreadable* messages.
    """
    state_order = [*STATE_STYLES, *(state for state in State if state not in STATE_STYLES)]
    tracked = (
        alert
        for alert in latest.values()
        # An alert with an id of an earlier version goes on under its current one.
        if alert.tracked and following_id(alert.study, alert.watch, alert.id) not in latest
    )
    alerts = sorted(tracked, key=lambda one: (state_order.index(one.state), -one.known_at))
    awaiting_member = sum(one.state in (State.RAISED, State.REOPENED) for one in alerts)
    shown = alerts[: max(rows_max, 1)]
    suffix = f", {len(alerts) - len(shown)} not shown" if len(shown) < len(alerts) else ""
    suffix += f", {unreadable} {UNREADABLE_MESSAGES}" if unreadable else ""
    title = f"{awaiting_member} of {len(alerts)} alerts await a member{suffix} (Ctrl-C exits)"
    return alert_grid(shown, title, latest)


def print_alerts(alerts: list[Alert], console: Console | None) -> None:
    """Print a line for each revision on *console*, or without one as JSON."""
    for alert in alerts:
        if console is None:
            sys.stdout.buffer.write(orjson.dumps(alert_line(alert, hypothetical=False)) + b"\n")
            sys.stdout.buffer.flush()
        else:
            show_alert(console, alert, hypothetical=False, position_label="offset")
