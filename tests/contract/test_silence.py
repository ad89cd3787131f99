"""Ten minutes of silence: an Alertmanager that hears nothing rings on, and calls nothing over."""

from __future__ import annotations

import asyncio
import json
import signal
import urllib.request
from collections import Counter

import pytest

from alerts.notification.blinding import ref
from streams.local.alertmanager_server import AlertmanagerServer
from tests.alerts.notification.published_alerts import closing, wire
from tests.contract.deliverers import Site
from tests.contract.demo_life import HOOKED
from tests.contract.processes import until
from tests.streams.sinks.webhook_receiver import SECRET, Receiver

pytestmark = [pytest.mark.campaign, pytest.mark.kafka]

SILENCE_SECONDS = 660
ALERT, FORGOTTEN = "alert0", "forgotten"


async def test_a_deliverer_that_is_silent_for_ten_minutes_is_no_all_clear(
    delivery: Site, alertmanager_program: str
):
    """It sleeps for eleven minutes, and whoever the Alertmanager calls hears of no end.

    One that nobody repeats, and that says no end of its own, is over by then: the Alertmanager
    does forget.  When the deliverer wakes up, it tells the end as ever.
    """
    async with Receiver().open() as pager, Receiver().open() as ward:
        hooked = HOOKED.format(url=ward.url)
        with AlertmanagerServer(delivery.folder / "bell", hooked) as bell:
            delivery.describe(hook=pager.url, alertmanager=bell.url)
            deliverer = delivery.start()
            await asyncio.to_thread(delivery.ready, deliverer)
            delivery.announce((ALERT, 1, wire(id=ALERT)))
            say_once(bell, FORGOTTEN)
            await heard(ward, {(known(ALERT), "firing"): 1, (FORGOTTEN, "firing"): 1})

            deliverer.process.send_signal(signal.SIGSTOP)
            await asyncio.sleep(SILENCE_SECONDS)
            print(f"after {SILENCE_SECONDS} s of silence the ward has heard {dict(told(ward))}")
            print(f"and it rings until {[each['endsAt'] for each in bell.alerts()]}")
            assert [each["labels"]["ref"] for each in bell.alerts()] == [known(ALERT)]
            silent = {(known(ALERT), "firing"): 1, (FORGOTTEN, "firing"): 1}
            assert told(ward) == silent | {(FORGOTTEN, "resolved"): 1}

            deliverer.process.send_signal(signal.SIGCONT)
            delivery.announce((ALERT, 2, closing(2, id=ALERT)))
            await heard(ward, {**told(ward), (known(ALERT), "resolved"): 1})
            assert deliverer.end() == 0


def known(alert: str) -> str:
    """How an alert is known outside."""
    return ref(SECRET, alert)


def say_once(bell: AlertmanagerServer, name: str) -> None:
    """Ring as a client does that leaves it to the Alertmanager when it is over."""
    posted = json.dumps([{"labels": {"alertname": "Test", "ref": name}}]).encode()
    asked = urllib.request.Request(
        f"{bell.url}/api/v2/alerts", posted, {"Content-Type": "application/json"}
    )
    urllib.request.urlopen(asked, timeout=5).close()


def told(ward: Receiver) -> Counter[tuple[str, str]]:
    """How often the ward was told that something rings, or is over."""
    alerts = [alert for body in ward.bodies for alert in json.loads(body)["alerts"]]
    return Counter((each["labels"]["ref"], each["status"]) for each in alerts)


async def heard(ward: Receiver, what: dict[tuple[str, str], int]) -> None:
    """Wait until the ward has heard *what*, and nothing else."""
    await asyncio.to_thread(until, lambda: told(ward) == what, f"the ward to hear {what}")
