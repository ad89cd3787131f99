"""One partition as it is read: the alerts, then what was told of them, and what does not fit."""

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
    """A topic of alerts; whoever read it before us tells of them while we do."""

    notification_log: ListLog = field(default_factory=ListLog)

    async def read(self, start: int, max_records: int) -> Sequence[ListRecord]:
        found = await super().read(start, max_records)
        for each in found:
            alert = parse_published_alert(each.value)
            told = NotificationEntry(
                outcome=NotificationOutcome.SENT, logged_at=1, sha256=alert.sha256
            )
            self.notification_log.append(
                told.encode(), NotificationKey(BOARD, alert.id, alert.revision).encode()
            )
        return found


def test_the_ledger_is_read_after_the_alerts():
    """What somebody told while the alerts were read is in it; read before, it would not be."""
    rival = RivalLog()
    post = (
        RouteSenderSetup(alerts=rival, notification_log=rival.notification_log)
        .publish(alert_bytes())
        .run_round()
    )

    assert (post.sink.received, post.logged) == ([], [])


def test_a_topic_that_was_made_anew_is_read_from_its_beginning():
    """It ends before the place that was reached: to wait there would be to hear of nothing."""
    post = RouteSenderSetup().publish(alert_bytes(), alert_bytes(id="2a")).run_round()
    post.alerts.records.clear()
    post.publish(alert_bytes(id="3b")).run_round(after=1)

    assert post.sink.received[-1] == ("3b", 1)


def test_the_same_revision_with_other_content_is_written_down_once():
    """A finding has a key of its own: what was told keeps its entry."""
    post = RouteSenderSetup().publish(alert_bytes()).run_round()
    post.publish(alert_bytes(e_value=2.5)).run_round().run_round(after=1)

    assert post.sink.received == [("1f0c", 1)]
    keys = [key.split("|")[0] for key, _ in post.logged]
    assert keys == ["board", "finding"]
