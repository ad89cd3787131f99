"""An Alertmanager's receiver: what it is reminded of goes in parts, and each part by itself."""

from __future__ import annotations

import json
import time

import pytest

from streams.sinks import SinkRefuses
from streams.sinks.alertmanager import ALERTS_PER_REQUEST_MAX, Alertmanager
from streams.sinks.http import HttpClient
from tests.alerts.notification.published_alerts import ALERTMANAGER, DeliveryScenario, alert_bytes
from tests.streams.sinks.test_webhook import STYLE
from tests.streams.sinks.webhook_receiver import WebhookReceiver


async def test_a_part_of_a_reminder_that_is_refused_costs_no_other():
    """What is in the other parts would fall silent after a day, which reads as an all-clear."""
    notices = [
        DeliveryScenario().publish(alert_bytes(id=f"a{n}")).due_notification(ALERTMANAGER)
        for n in range(ALERTS_PER_REQUEST_MAX + 1)
    ]
    async with WebhookReceiver(statuses=[400]).open() as receiver:
        sink = Alertmanager(receiver.url, STYLE, time.time, HttpClient(allow_private=True))
        with pytest.raises(SinkRefuses, match="it answers 400"):
            await sink.resend(notices)
        await sink.close()

    assert [len(json.loads(body)) for body in receiver.bodies] == [ALERTS_PER_REQUEST_MAX, 1]
