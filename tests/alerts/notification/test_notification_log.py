"""What is read from the alerts and the ledger: each thing once, and nothing by mistake."""

from __future__ import annotations

import orjson
import pytest

from alerts.notification.due import DeliveryState
from alerts.notification.notification_log import (
    ContentMismatch,
    NotificationEntry,
    NotificationKey,
    NotificationLog,
    NotificationOutcome,
    Route,
    decode_log_record,
)
from alerts.notification.published import InvalidAlert, parse_published_alert
from tests.alerts.notification.published_alerts import BOARD, DeliveryScenario, alert_bytes


def test_the_same_revision_with_other_content_is_a_finding_and_calls_nobody():
    """Somebody folded another log or with another code: that is to be looked at, once."""
    desk = DeliveryScenario().publish(alert_bytes()).log_sent(BOARD, 1, at=0)
    list(desk.state.find_mismatches())

    desk.publish(alert_bytes(e_value=4.5))

    (finding,) = desk.state.find_mismatches()
    assert (finding.alert, finding.revision) == (
        "1f0c",
        1,
    ) and finding.logged_sha256 != finding.published_sha256
    assert desk.due_to_send(BOARD) == []
    desk.state.add_log_record(*finding.encode())
    desk.publish(alert_bytes(e_value=4.5))
    assert list(desk.state.find_mismatches()) == []


def test_a_finding_is_made_after_a_restart_too():
    """The topic may keep only the new content: what was told is in the ledger."""
    told = DeliveryScenario().publish(alert_bytes()).log_sent(BOARD, 1, at=0).state.notification_log
    fresh = DeliveryState(notification_log=told)

    fresh.add_published(alert_bytes(e_value=4.5))

    assert [each.revision for each in fresh.find_mismatches()] == [1]


def test_the_order_of_fields_is_no_other_content():
    """The hash is of what is said, not of how it is spelt."""
    desk = DeliveryScenario().publish(alert_bytes())
    said = orjson.loads(alert_bytes())

    desk.publish(orjson.dumps(dict(reversed(said.items()))))

    assert list(desk.state.find_mismatches()) == []


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"{",
        b"[]",
        b"7",
        b'{"id":"a"}',
        alert_bytes(id="a|b"),
        alert_bytes(revision=True),
    ],
)
def test_what_is_no_alert_is_counted_and_stops_nothing(value: bytes | None):
    """Whatever got onto the topic, the next alert is told."""
    desk = DeliveryScenario().publish(alert_bytes())

    desk.state.add_published(value)

    assert desk.state.unreadable == 1
    assert desk.due_to_send(BOARD) == [("1f0c", 1)]
    with pytest.raises(InvalidAlert, match=r"^\w+$"):
        parse_published_alert(value)


def test_an_entry_reads_back_as_it_was_written():
    """Key and value say all there is to know; a finding has a key of its own."""
    key = NotificationKey(BOARD, "1f0c", 2)
    entry = NotificationEntry(outcome=NotificationOutcome.SENT, logged_at=1.5, sha256="ab")
    finding = ContentMismatch("1f0c", 2, "ab", "cd")

    assert decode_log_record(key.encode(), entry.encode()) == (key, entry)
    assert decode_log_record(*finding.encode()) == finding


@pytest.mark.parametrize(
    ("key", "value"),
    [(None, b"{}"), (b"a|b", b"{}"), (b"a|b|c|d", b"{}"), (b"a|b|c|1", None), (b"\xff", b"{}")],
)
def test_what_is_no_entry_is_none(key: bytes | None, value: bytes | None):
    """It is counted by who reads, and stops nothing."""
    assert decode_log_record(key, value) is None


def test_the_first_time_it_was_sent_counts():
    """A paused owner sends once more; the clock of escalation does not move."""
    ledger, key = NotificationLog(), NotificationKey(Route("board", "pager"), "1f0c", 1)
    for outcome, at in (
        (NotificationOutcome.SUPERSEDED, 1),
        (NotificationOutcome.SENT, 9),
        (NotificationOutcome.SENT, 7),
    ):
        ledger.add(key, NotificationEntry(outcome=outcome, logged_at=at, sha256="ab"))

    assert list(ledger.sent_revisions(key.route, "1f0c")) == [(1, 7)]
