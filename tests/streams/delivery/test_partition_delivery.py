"""Tests the delivery of one partition: which of its failures are logged."""

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
    ("log_all_sinks", "messages"),
    [(True, ["partition 0: cannot deliver: told to fail"]), (False, [])],
    ids=["all sinks logged", "board sinks not logged"],
)
async def test_an_unlogged_content_mismatch_is_not_revealed_in_the_open(
    log_all_sinks: bool, messages: list[str], caplog: pytest.LogCaptureFixture
):
    """An alert was published again with other content, so a log line would reveal the alert.

    Until the mismatch is logged the partition is not caught up, which the closed page shows.
    """
    alerts, notification_log, sender = ListLog(), ListLog(), ListSender()
    alerts.append(alert_bytes())
    entry = NotificationEntry(outcome=NotificationOutcome.SENT, logged_at=1, sha256=OTHER_DIGEST)
    notification_log.append(entry.encode(), NotificationKey(ALERTMANAGER, "1f0c", 1).encode())
    key, _ = ContentMismatch(
        "1f0c", 1, OTHER_DIGEST, parse_published_alert(alert_bytes()).sha256
    ).encode()
    sender.failing_keys = {key}
    config = parse_routing_config(DELIVERY_FILE)
    sinks = {name: FakeSink() for name in config.sinks}
    meter, alert_partition = (
        DeliveryMeter(sinks),
        AlertPartition(0, alerts, notification_log, sender),
    )
    delivery = PartitionDelivery(
        alert_partition, config, sinks, meter, clock=lambda: 1.0, log_all_sinks=log_all_sinks
    )
    delivery.start()
    await asyncio.sleep(0.05)
    await delivery.stop()

    assert (caplog.messages, meter.caught_up_at) == (messages, {})
