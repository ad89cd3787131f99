"""Tests how a partition is read: alerts, then the notification log, and mismatches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from alerts.notification.notification_log import (
    NotificationEntry,
    NotificationKey,
    NotificationOutcome,
)
from alerts.notification.published import parse_published_alert
from tests.alerts.notification.published_alerts import BOARD, alert_bytes
from tests.streams.delivery.route_senders import RouteSenderSetup
from tests.streams.list_log import ListLog, ListRecord


@dataclass
class RivalLog(ListLog):
    """An alerts topic; another deliverer logs each alert as sent while it is read."""

    notification_log: ListLog = field(default_factory=ListLog)

    async def read(self, start: int, max_records: int) -> Sequence[ListRecord]:
        records = await super().read(start, max_records)
        for each in records:
            alert = parse_published_alert(each.value)
            entry = NotificationEntry(
                outcome=NotificationOutcome.SENT, logged_at=1, sha256=alert.sha256
            )
            self.notification_log.append(
                entry.encode(), NotificationKey(BOARD, alert.id, alert.revision).encode()
            )
        return records


def test_the_notification_log_is_read_after_the_alerts():
    """Entries that another deliverer adds while the alerts are read must not be missed."""
    rival_log = RivalLog()
    setup = (
        RouteSenderSetup(alerts=rival_log, notification_log=rival_log.notification_log)
        .publish(alert_bytes())
        .run_round()
    )

    assert (setup.sink.received, setup.logged) == ([], [])


def test_a_recreated_topic_is_read_from_its_beginning():
    """It ends before the position that was reached; waiting there would miss every alert."""
    setup = RouteSenderSetup().publish(alert_bytes(), alert_bytes(id="2a")).run_round()
    setup.alerts.records.clear()
    setup.publish(alert_bytes(id="3b")).run_round(after=1)

    assert setup.sink.received[-1] == ("3b", 1)


def test_a_content_mismatch_is_logged_once():
    """The mismatch has its own key, so the entry of the sent notification stays."""
    setup = RouteSenderSetup().publish(alert_bytes()).run_round()
    setup.publish(alert_bytes(e_value=2.5)).run_round().run_round(after=1)

    assert setup.sink.received == [("1f0c", 1)]
    keys = [key.split("|")[0] for key, _ in setup.logged]
    assert keys == ["board", "finding"]
