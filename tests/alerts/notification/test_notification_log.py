"""Reading published alerts and the notification log: duplicates and invalid entries."""

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


def test_a_revision_with_other_content_is_reported_once_and_notifies_nobody():
    """A fold of another log, or with other code, is reported once for inspection."""
    scenario = DeliveryScenario().publish(alert_bytes()).log_sent(BOARD, 1, at=0)
    list(scenario.state.find_mismatches())

    scenario.publish(alert_bytes(e_value=4.5))

    (mismatch,) = scenario.state.find_mismatches()
    assert (mismatch.alert, mismatch.revision) == (
        "1f0c",
        1,
    ) and mismatch.logged_sha256 != mismatch.published_sha256
    assert scenario.due_to_send(BOARD) == []
    scenario.state.add_log_record(*mismatch.encode())
    scenario.publish(alert_bytes(e_value=4.5))
    assert list(scenario.state.find_mismatches()) == []


def test_a_content_mismatch_is_found_after_a_restart_too():
    """The topic may hold only the new content; the hash of what was sent is in the log."""
    stored_log = (
        DeliveryScenario().publish(alert_bytes()).log_sent(BOARD, 1, at=0).state.notification_log
    )
    restarted = DeliveryState(notification_log=stored_log)

    restarted.add_published(alert_bytes(e_value=4.5))

    assert [each.revision for each in restarted.find_mismatches()] == [1]


def test_another_order_of_fields_is_the_same_content():
    """The hash covers the decoded content, not the bytes."""
    scenario = DeliveryScenario().publish(alert_bytes())
    fields = orjson.loads(alert_bytes())

    scenario.publish(orjson.dumps(dict(reversed(fields.items()))))

    assert list(scenario.state.find_mismatches()) == []


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
def test_an_invalid_alert_is_counted_and_skipped(value: bytes | None):
    """An invalid record on the topic does not stop the next alert."""
    scenario = DeliveryScenario().publish(alert_bytes())

    scenario.state.add_published(value)

    assert scenario.state.unreadable == 1
    assert scenario.due_to_send(BOARD) == [("1f0c", 1)]
    with pytest.raises(InvalidAlert, match=r"^\w+$"):
        parse_published_alert(value)


def test_an_entry_decodes_to_what_was_encoded():
    """Key and value hold the whole entry; a content mismatch has its own key."""
    key = NotificationKey(BOARD, "1f0c", 2)
    entry = NotificationEntry(outcome=NotificationOutcome.SENT, logged_at=1.5, sha256="ab")
    mismatch = ContentMismatch("1f0c", 2, "ab", "cd")

    assert decode_log_record(key.encode(), entry.encode()) == (key, entry)
    assert decode_log_record(*mismatch.encode()) == mismatch


@pytest.mark.parametrize(
    ("key", "value"),
    [(None, b"{}"), (b"a|b", b"{}"), (b"a|b|c|d", b"{}"), (b"a|b|c|1", None), (b"\xff", b"{}")],
)
def test_an_invalid_entry_decodes_to_none(key: bytes | None, value: bytes | None):
    """The reader counts it and continues."""
    assert decode_log_record(key, value) is None


def test_the_first_time_at_which_a_revision_was_sent_counts():
    """A paused owner may send twice; the escalation clock does not move."""
    log, key = NotificationLog(), NotificationKey(Route("board", "pager"), "1f0c", 1)
    for outcome, at in (
        (NotificationOutcome.SUPERSEDED, 1),
        (NotificationOutcome.SENT, 9),
        (NotificationOutcome.SENT, 7),
    ):
        log.add(key, NotificationEntry(outcome=outcome, logged_at=at, sha256="ab"))

    assert list(log.sent_revisions(key.route, "1f0c")) == [(1, 7)]
