"""Ten minutes of silence: an Alertmanager that hears nothing rings on, and calls nothing over."""

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


async def test_a_deliverer_that_is_silent_for_ten_minutes_is_no_all_clear(
    delivery: DelivererSite, alertmanager_program: str
):
    """It sleeps for eleven minutes, and whoever the Alertmanager calls hears of no end.

    One that nobody repeats, and that says no end of its own, is over by then: the Alertmanager
    does forget.  When the deliverer wakes up, it tells the end as ever.
    """
    async with WebhookReceiver().open() as pager, WebhookReceiver().open() as ward:
        hooked = ALERTMANAGER_CONFIG.format(url=ward.url)
        with AlertmanagerServer(delivery.folder / "bell", hooked) as bell:
            delivery.configure(hook=pager.url, alertmanager=bell.url)
            deliverer = delivery.start()
            await asyncio.to_thread(delivery.wait_ready, deliverer)
            delivery.publish((ALERT_ID, 1, alert_bytes(id=ALERT_ID)))
            post_once(bell, FORGOTTEN_ALERT)
            await wait_for_calls(
                ward, {(outside_ref(ALERT_ID), "firing"): 1, (FORGOTTEN_ALERT, "firing"): 1}
            )

            deliverer.process.send_signal(signal.SIGSTOP)
            await asyncio.sleep(SILENCE_SECONDS)
            print(
                f"after {SILENCE_SECONDS} s of silence the ward has heard {dict(call_counts(ward))}"
            )
            print(f"and it rings until {[each['endsAt'] for each in bell.alerts()]}")
            assert [each["labels"]["ref"] for each in bell.alerts()] == [outside_ref(ALERT_ID)]
            silent = {(outside_ref(ALERT_ID), "firing"): 1, (FORGOTTEN_ALERT, "firing"): 1}
            assert call_counts(ward) == silent | {(FORGOTTEN_ALERT, "resolved"): 1}

            deliverer.process.send_signal(signal.SIGCONT)
            delivery.publish((ALERT_ID, 2, closure(2, id=ALERT_ID)))
            await wait_for_calls(
                ward, {**call_counts(ward), (outside_ref(ALERT_ID), "resolved"): 1}
            )
            assert deliverer.stop() == 0


def outside_ref(alert: str) -> str:
    """How an alert is known outside."""
    return pseudonym(SECRET, alert)


def post_once(bell: AlertmanagerServer, name: str) -> None:
    """Ring as a client does that leaves it to the Alertmanager when it is over."""
    posted = json.dumps([{"labels": {"alertname": "Test", "ref": name}}]).encode()
    asked = urllib.request.Request(
        f"{bell.url}/api/v2/alerts", posted, {"Content-Type": "application/json"}
    )
    urllib.request.urlopen(asked, timeout=5).close()


def call_counts(ward: WebhookReceiver) -> Counter[tuple[str, str]]:
    """How often the ward was told that something rings, or is over."""
    alerts = [alert for body in ward.bodies for alert in json.loads(body)["alerts"]]
    return Counter((each["labels"]["ref"], each["status"]) for each in alerts)


async def wait_for_calls(ward: WebhookReceiver, what: dict[tuple[str, str], int]) -> None:
    """Wait until the ward has heard *what*, and nothing else."""
    await asyncio.to_thread(
        wait_until, lambda: call_counts(ward) == what, f"the ward to hear {what}"
    )
