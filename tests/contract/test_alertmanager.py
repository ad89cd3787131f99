"""Tests of the sink on a real Alertmanager: firing, repeated posts and resolution."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from alerts.notification import render
from alerts.notification.audiences import parse_routing_config
from alerts.notification.blinding import pseudonym
from alerts.notification.due import Notification
from streams.local.alertmanager_server import AlertmanagerServer, find_program
from streams.sinks import RenderOptions, SinkDown
from streams.sinks.alertmanager import Alertmanager
from streams.sinks.http import HttpClient
from tests.alerts.notification.published_alerts import (
    ALERTMANAGER,
    DELIVERY_FILE,
    DeliveryScenario,
    alert_bytes,
    closure,
)
from tests.paths import skip_or_fail
from tests.streams.delivery.hostile_terms import TERMS
from tests.streams.sinks.webhook_receiver import WebhookReceiver

STYLE = RenderOptions(secret=b"sixteen bytes or more", link="https://board.example.org/{ref}")

FULL_VIEW_FILE = DELIVERY_FILE.replace('name = "board"\n', 'name = "board"\nsees = "alert"\n')

ALERTMANAGER_CONFIG = """
route: {{receiver: board, group_by: [ref, page], group_wait: 0s, group_interval: 1s}}
receivers: [{{name: board, webhook_configs: [{{url: "{url}", send_resolved: true}}]}}]
"""


@pytest.fixture(scope="module")
def program() -> str:
    """The path of the Alertmanager program; without it the tests are skipped or fail."""
    path, reason = find_program()
    if path is None:
        skip_or_fail(reason)
    return str(path)


@pytest.fixture
def server(program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AlertmanagerServer]:
    with AlertmanagerServer(tmp_path_factory.mktemp("alertmanager")) as server:
        yield server


def alertmanager_sink(server: AlertmanagerServer) -> Alertmanager:
    return Alertmanager(server.url, STYLE, time.time, HttpClient(allow_private=True))


def due_notification(*values: bytes, plan: str = DELIVERY_FILE) -> Notification:
    return replace(
        DeliveryScenario(config=parse_routing_config(plan))
        .publish(*values)
        .due_notification(ALERTMANAGER),
        first_sent_at=time.time(),
    )


def firing_hours_left(alert: dict[str, Any]) -> float:
    """Return for how many hours the alert fires without another post."""
    return (datetime.fromisoformat(alert["endsAt"]).timestamp() - time.time()) / 3600


async def test_an_alert_fires_for_a_day_without_another_post(server: AlertmanagerServer):
    """A deliverer that is down for ten minutes or for a night does not resolve the alert."""
    sink = alertmanager_sink(server)
    await sink.send(due_notification(alert_bytes()))
    await sink.close()

    (alert,) = server.alerts()
    assert alert["status"]["state"] == "active"
    assert 23.9 < firing_hours_left(alert) <= 24
    assert set(alert["labels"]) == {"alertname", "audience", "page", "ref"}
    assert alert["annotations"] == {"summary": "A report is ready."}


async def test_a_repeated_post_is_the_same_alert(server: AlertmanagerServer):
    """Another post moves only the end time; start time and fingerprint stay the same."""
    sink, notification = alertmanager_sink(server), due_notification(alert_bytes())
    await sink.resend([notification])
    (before,) = server.alerts()
    await sink.resend([notification])
    await sink.close()

    (after,) = server.alerts()
    assert after["startsAt"] == before["startsAt"]
    assert after["fingerprint"] == before["fingerprint"]
    assert after["endsAt"] > before["endsAt"]


async def test_a_higher_level_resolves_the_page_before_it(server: AlertmanagerServer):
    """Only the new page fires, under another fingerprint, so people are called again."""
    sink = alertmanager_sink(server)
    await sink.send(due_notification(alert_bytes(level="watch"), plan=FULL_VIEW_FILE))
    (before,) = server.alerts()
    await sink.send(
        due_notification(alert_bytes(level="watch"), alert_bytes(revision=2), plan=FULL_VIEW_FILE)
    )
    await sink.close()

    (after,) = server.alerts()
    assert after["fingerprint"] != before["fingerprint"]
    assert (before["labels"]["level"], after["labels"]["level"]) == ("watch", "signal")


async def test_a_closed_alert_stays_resolved(server: AlertmanagerServer):
    """Each repeated post of a closed alert leaves no alert firing."""
    sink = alertmanager_sink(server)
    await sink.send(due_notification(alert_bytes()))
    for _ in range(3):
        await sink.resend([due_notification(alert_bytes(), closure(2))])
        assert server.alerts() == []
    await sink.close()


async def test_the_receiver_is_called_once_for_firing_and_once_for_resolved(
    program: str, tmp_path_factory: pytest.TempPathFactory
):
    """Its webhook calls a real receiver once for each state, and not for repeated posts."""
    async with WebhookReceiver().open() as receiver:
        folder = tmp_path_factory.mktemp("alertmanager")
        with AlertmanagerServer(folder, ALERTMANAGER_CONFIG.format(url=receiver.url)) as server:
            sink = alertmanager_sink(server)
            for values in (
                (alert_bytes(),),
                (alert_bytes(),),
                (alert_bytes(), closure(2)),
                (alert_bytes(), closure(2)),
            ):
                await sink.resend([due_notification(*values)])
                await wait_for_count(receiver, 1 if len(values) == 1 else 2)
            await sink.close()

    assert [b'"status":"firing"' in body.replace(b" ", b"") for body in receiver.bodies] == [
        True,
        False,
    ]


async def wait_for_count(receiver: WebhookReceiver, count: int) -> None:
    """Wait for *count* bodies, and 1.5 s more in which no further body must come."""
    for _ in range(100):
        if len(receiver.bodies) >= count:
            break
        await asyncio.sleep(0.1)
    await asyncio.sleep(1.5)


async def test_hostile_terms_are_posted_sanitized(server: AlertmanagerServer):
    """Every alert is accepted under its own labels, with the sanitized term."""
    sink = alertmanager_sink(server)
    notifications = [
        due_notification(
            alert_bytes(id=f"a{number}", term=term, watch=term, level=term), plan=FULL_VIEW_FILE
        )
        for number, term in enumerate(TERMS)
    ]
    await sink.resend(notifications)
    await sink.close()

    alerts_by_ref = {each["labels"]["ref"]: each for each in server.alerts()}
    assert len(alerts_by_ref) == len(TERMS)
    for number, term in enumerate(TERMS):
        alert = alerts_by_ref[pseudonym(STYLE.secret, f"a{number}")]
        assert alert["annotations"].get("term", "") == render.sanitize(term)


async def test_an_unreachable_alertmanager_raises_sink_down(server: AlertmanagerServer):
    """Sending raises SinkDown while the server is stopped, and succeeds when it runs again."""
    server.stop()
    sink = alertmanager_sink(server)
    with pytest.raises(SinkDown):
        await sink.send(due_notification(alert_bytes()))
    await sink.close()
    server.start()
    await sink.send(due_notification(alert_bytes()))
    await sink.close()

    assert len(server.alerts()) == 1
