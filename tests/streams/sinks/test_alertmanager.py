"""Tests the Alertmanager sink: a resend is split into parts that fail independently."""

from __future__ import annotations

import json
import time

import pytest

from streams.sinks import SinkRefuses
from streams.sinks.alertmanager import ALERTS_PER_REQUEST_MAX, Alertmanager
from streams.sinks.http import HttpClient
from tests.alerts.notification.published_alerts import ALERTMANAGER, DeliveryScenario, alert_bytes
from tests.streams.sinks.test_webhook import RENDER_OPTIONS
from tests.streams.sinks.webhook_receiver import WebhookReceiver


async def test_a_refused_part_of_a_resend_does_not_stop_the_others():
    """Otherwise the alerts of the other parts would be resolved after a day, a false all-clear."""
    notifications = [
        DeliveryScenario().publish(alert_bytes(id=f"a{n}")).due_notification(ALERTMANAGER)
        for n in range(ALERTS_PER_REQUEST_MAX + 1)
    ]
    async with WebhookReceiver(statuses=[400]).open() as receiver:
        sink = Alertmanager(receiver.url, RENDER_OPTIONS, time.time, HttpClient(allow_private=True))
        with pytest.raises(SinkRefuses, match="it answers 400"):
            await sink.resend(notifications)
        await sink.close()

    assert [len(json.loads(body)) for body in receiver.bodies] == [ALERTS_PER_REQUEST_MAX, 1]
