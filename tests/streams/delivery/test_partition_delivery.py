"""One partition and all its errands: what is said of them, and to whom."""

from __future__ import annotations

import asyncio

import pytest

from alerts.notification.audiences import deployment
from alerts.notification.notification_log import Entry, Finding, Key, Outcome
from alerts.notification.published import announced
from streams.delivery.alert_partition import Desk
from streams.delivery.partition_delivery import Delivery
from streams.metrics import DeliveryMeter
from tests.alerts.notification.published_alerts import BELL, FILE, wire
from tests.streams.delivery.route_senders import Taker
from tests.streams.list_log import KeptLog
from tests.streams.list_sender import Sent

OTHER = "0" * 64


@pytest.mark.parametrize(
    ("candid", "says"),
    [(True, ["partition 0 is not delivered: told to fail"]), (False, [])],
    ids=["to the board", "in the open"],
)
async def test_a_finding_that_cannot_be_written_down_is_not_said_in_the_open(
    candid: bool, says: list[str], caplog: pytest.LogCaptureFixture
):
    """An alert came again with other content: that there is a finding tells that there is an alert.

    Until it is written down nothing is read to its end, and the closed page shows it.
    """
    alerts, notified, sent = KeptLog(), KeptLog(), Sent()
    alerts.append(wire())
    told = Entry(outcome=Outcome.SENT, at=1, sha256=OTHER)
    notified.append(told.wire(), Key(BELL, "1f0c", 1).wire())
    key, _ = Finding("1f0c", 1, OTHER, announced(wire()).sha256).wire()
    sent.failing = {key}
    plan = deployment(FILE)
    sinks = {name: Taker() for name in plan.sinks}
    meter, desk = DeliveryMeter(sinks), Desk(0, alerts, notified, sent)
    delivery = Delivery(desk, plan, sinks, meter, clock=lambda: 1.0, candid=candid)
    delivery.start()
    await asyncio.sleep(0.05)
    await delivery.stop()

    assert (caplog.messages, meter.caught_up) == (says, {})
