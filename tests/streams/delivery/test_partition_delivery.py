"""One partition and all its errands: what is said of them, and to whom."""

from __future__ import annotations

import asyncio

import pytest

from alerts.notification.audiences import parse_routing_config
from alerts.notification.notification_log import (
    ContentMismatch,
    NotificationEntry,
    NotificationKey,
    NotificationOutcome,
)
from alerts.notification.published import parse_published_alert
from streams.delivery.alert_partition import AlertPartition
from streams.delivery.partition_delivery import PartitionDelivery
from streams.metrics import DeliveryMeter
from tests.alerts.notification.published_alerts import ALERTMANAGER, DELIVERY_FILE, alert_bytes
from tests.streams.delivery.route_senders import FakeSink
from tests.streams.list_log import ListLog
from tests.streams.list_sender import ListSender

OTHER_DIGEST = "0" * 64


@pytest.mark.parametrize(
    ("candid", "says"),
    [(True, ["partition 0: cannot deliver: told to fail"]), (False, [])],
    ids=["to the board", "in the open"],
)
async def test_a_finding_that_cannot_be_written_down_is_not_said_in_the_open(
    candid: bool, says: list[str], caplog: pytest.LogCaptureFixture
):
    """An alert came again with other content: that there is a finding tells that there is an alert.

    Until it is written down nothing is read to its end, and the closed page shows it.
    """
    alerts, notified, sent = ListLog(), ListLog(), ListSender()
    alerts.append(alert_bytes())
    told = NotificationEntry(outcome=NotificationOutcome.SENT, logged_at=1, sha256=OTHER_DIGEST)
    notified.append(told.encode(), NotificationKey(ALERTMANAGER, "1f0c", 1).encode())
    key, _ = ContentMismatch(
        "1f0c", 1, OTHER_DIGEST, parse_published_alert(alert_bytes()).sha256
    ).encode()
    sent.failing_keys = {key}
    plan = parse_routing_config(DELIVERY_FILE)
    sinks = {name: FakeSink() for name in plan.sinks}
    meter, desk = DeliveryMeter(sinks), AlertPartition(0, alerts, notified, sent)
    delivery = PartitionDelivery(desk, plan, sinks, meter, clock=lambda: 1.0, log_all_sinks=candid)
    delivery.start()
    await asyncio.sleep(0.05)
    await delivery.stop()

    assert (caplog.messages, meter.caught_up_at) == (says, {})
