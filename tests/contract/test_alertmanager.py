"""A real Alertmanager: what rings there, until when, and what ends it."""

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
    """The server program, where there is one."""
    found, reason = find_program()
    if found is None:
        skip_or_fail(reason)
    return str(found)


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
        unchanged_since=time.time(),
    )


def firing_hours_left(alert: dict[str, Any]) -> float:
    """For how long it rings if nobody says anything any more."""
    return (datetime.fromisoformat(alert["endsAt"]).timestamp() - time.time()) / 3600


async def test_it_rings_for_a_day_by_itself(server: AlertmanagerServer):
    """A deliverer that is silent for ten minutes, or for a night, is no all-clear."""
    bell = alertmanager_sink(server)
    await bell.send(due_notification(alert_bytes()))
    await bell.close()

    (alert,) = server.alerts()
    assert alert["status"]["state"] == "active"
    assert 23.9 < firing_hours_left(alert) <= 24
    assert set(alert["labels"]) == {"alertname", "audience", "page", "ref"}
    assert alert["annotations"] == {"summary": "A report is ready."}


async def test_to_be_reminded_is_no_new_call(server: AlertmanagerServer):
    """It began when it began; it is one alert, however often it is told."""
    bell, call = alertmanager_sink(server), due_notification(alert_bytes())
    await bell.resend([call])
    (before,) = server.alerts()
    await bell.resend([call])
    await bell.close()

    (after,) = server.alerts()
    assert after["startsAt"] == before["startsAt"]
    assert after["fingerprint"] == before["fingerprint"]
    assert after["endsAt"] > before["endsAt"]


async def test_a_rise_ends_the_call_before_it(server: AlertmanagerServer):
    """One call rings, and it is another: who sleeps through the first hears the second."""
    bell = alertmanager_sink(server)
    await bell.send(due_notification(alert_bytes(level="watch"), plan=FULL_VIEW_FILE))
    (before,) = server.alerts()
    await bell.send(
        due_notification(alert_bytes(level="watch"), alert_bytes(revision=2), plan=FULL_VIEW_FILE)
    )
    await bell.close()

    (after,) = server.alerts()
    assert after["fingerprint"] != before["fingerprint"]
    assert (before["labels"]["level"], after["labels"]["level"]) == ("watch", "signal")


async def test_closed_is_ended_and_stays_so(server: AlertmanagerServer):
    """Told again for five minutes, it is ended each time."""
    bell = alertmanager_sink(server)
    await bell.send(due_notification(alert_bytes()))
    for _ in range(3):
        await bell.resend([due_notification(alert_bytes(), closure(2))])
        assert server.alerts() == []
    await bell.close()


async def test_whoever_it_tells_is_told_once_of_the_call_and_once_of_the_end(
    program: str, tmp_path_factory: pytest.TempPathFactory
):
    """Its own webhook, on a real receiver: firing, then resolved; what is repeated is not."""
    async with WebhookReceiver().open() as receiver:
        folder = tmp_path_factory.mktemp("alertmanager")
        with AlertmanagerServer(folder, ALERTMANAGER_CONFIG.format(url=receiver.url)) as server:
            bell = alertmanager_sink(server)
            for values in (
                (alert_bytes(),),
                (alert_bytes(),),
                (alert_bytes(), closure(2)),
                (alert_bytes(), closure(2)),
            ):
                await bell.resend([due_notification(*values)])
                await wait_for_count(receiver, 1 if len(values) == 1 else 2)
            await bell.close()

    assert [b'"status":"firing"' in body.replace(b" ", b"") for body in receiver.bodies] == [
        True,
        False,
    ]


async def wait_for_count(receiver: WebhookReceiver, count: int) -> None:
    """Wait until the receiver has heard *count* times, and a moment for what must not come."""
    for _ in range(100):
        if len(receiver.bodies) >= count:
            break
        await asyncio.sleep(0.1)
    await asyncio.sleep(1.5)


async def test_hostile_terms_ring_as_what_they_are(server: AlertmanagerServer):
    """All are taken, each under its own labels, and none says more than it should."""
    bell = alertmanager_sink(server)
    calls = [
        due_notification(
            alert_bytes(id=f"a{number}", term=term, watch=term, level=term), plan=FULL_VIEW_FILE
        )
        for number, term in enumerate(TERMS)
    ]
    await bell.resend(calls)
    await bell.close()

    found = {each["labels"]["ref"]: each for each in server.alerts()}
    assert len(found) == len(TERMS)
    for number, term in enumerate(TERMS):
        alert = found[pseudonym(STYLE.secret, f"a{number}")]
        assert alert["annotations"].get("term", "") == render.sanitize(term)


async def test_an_alertmanager_that_is_gone_is_down(server: AlertmanagerServer):
    """Nothing is lost by that: the ledger does not have it."""
    server.stop()
    bell = alertmanager_sink(server)
    with pytest.raises(SinkDown):
        await bell.send(due_notification(alert_bytes()))
    await bell.close()
    server.start()
    await bell.send(due_notification(alert_bytes()))
    await bell.close()

    assert len(server.alerts()) == 1
