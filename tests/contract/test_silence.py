"""An Alertmanager keeps an alert firing while its deliverer is stopped for eleven minutes."""

from __future__ import annotations

import asyncio
import json
import signal
import urllib.request
from collections import Counter

import pytest

from alerts.notification.blinding import pseudonym
from streams.local.alertmanager_server import AlertmanagerServer
from tests.alerts.notification.published_alerts import alert_bytes, closure
from tests.contract.deliverers import DelivererSite
from tests.contract.live_system import ALERTMANAGER_CONFIG
from tests.contract.processes import wait_until
from tests.streams.sinks.webhook_receiver import SECRET, WebhookReceiver

pytestmark = [pytest.mark.campaign, pytest.mark.kafka]

SILENCE_SECONDS = 660
ALERT_ID, FORGOTTEN_ALERT = "alert0", "forgotten"


async def test_an_alert_does_not_resolve_while_its_deliverer_is_stopped(
    delivery: DelivererSite, alertmanager_program: str
):
    """The alert of a deliverer that is stopped for eleven minutes still fires, unresolved.

    An alert that is posted once without an end resolves by then, which shows that the period
    exceeds the Alertmanager's own timeout.  After the deliverer continues, it resolves its alert.
    """
    async with WebhookReceiver().open() as pager, WebhookReceiver().open() as receiver:
        config = ALERTMANAGER_CONFIG.format(url=receiver.url)
        with AlertmanagerServer(delivery.folder / "bell", config) as alertmanager:
            delivery.configure(hook=pager.url, alertmanager=alertmanager.url)
            deliverer = delivery.start()
            await asyncio.to_thread(delivery.wait_ready, deliverer)
            delivery.publish((ALERT_ID, 1, alert_bytes(id=ALERT_ID)))
            post_once(alertmanager, FORGOTTEN_ALERT)
            await wait_for_notifications(
                receiver, {(reference(ALERT_ID), "firing"): 1, (FORGOTTEN_ALERT, "firing"): 1}
            )

            deliverer.process.send_signal(signal.SIGSTOP)
            await asyncio.sleep(SILENCE_SECONDS)
            print(
                f"after {SILENCE_SECONDS} s without a post: {dict(notification_counts(receiver))}"
            )
            print(f"firing until {[each['endsAt'] for each in alertmanager.alerts()]}")
            assert [each["labels"]["ref"] for each in alertmanager.alerts()] == [
                reference(ALERT_ID)
            ]
            unchanged = {(reference(ALERT_ID), "firing"): 1, (FORGOTTEN_ALERT, "firing"): 1}
            assert notification_counts(receiver) == unchanged | {(FORGOTTEN_ALERT, "resolved"): 1}

            deliverer.process.send_signal(signal.SIGCONT)
            delivery.publish((ALERT_ID, 2, closure(2, id=ALERT_ID)))
            await wait_for_notifications(
                receiver, {**notification_counts(receiver), (reference(ALERT_ID), "resolved"): 1}
            )
            assert deliverer.stop() == 0


def reference(alert: str) -> str:
    """The pseudonym of *alert* in the Alertmanager."""
    return pseudonym(SECRET, alert)


def post_once(alertmanager: AlertmanagerServer, name: str) -> None:
    """Post the alert *name* without an end, which the Alertmanager then sets itself."""
    body = json.dumps([{"labels": {"alertname": "Test", "ref": name}}]).encode()
    request = urllib.request.Request(
        f"{alertmanager.url}/api/v2/alerts", body, {"Content-Type": "application/json"}
    )
    urllib.request.urlopen(request, timeout=5).close()


def notification_counts(receiver: WebhookReceiver) -> Counter[tuple[str, str]]:
    """The number of notifications of each alert, by its reference and status."""
    alerts = [alert for body in receiver.bodies for alert in json.loads(body)["alerts"]]
    return Counter((each["labels"]["ref"], each["status"]) for each in alerts)


async def wait_for_notifications(
    receiver: WebhookReceiver, expected: dict[tuple[str, str], int]
) -> None:
    """Wait until the receiver has exactly the notifications *expected*."""
    await asyncio.to_thread(
        wait_until, lambda: notification_counts(receiver) == expected, f"notifications {expected}"
    )
