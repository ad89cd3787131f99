"""Tests the route sender: what it sends and logs, and how it handles failing sinks."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from alerts.notification.notification_log import (
    NotificationEntry,
    NotificationKey,
    NotificationOutcome,
)
from alerts.notification.published import parse_published_alert
from streams.delivery.alert_partition import FRESH_SECONDS
from streams.delivery.route_sender import RESEND_SECONDS, RESOLVED_RESEND_SECONDS
from streams.kafka.sender import Undelivered
from tests.alerts.notification.published_alerts import (
    ALERTMANAGER,
    CHAIR,
    acknowledgement,
    alert_bytes,
    closure,
)
from tests.streams.delivery.route_senders import FakeSink, RouteSenderSetup


def test_a_sent_notification_is_logged_and_not_sent_again():
    """The entry names route, alert and revision, in the partition of the alert."""
    setup = RouteSenderSetup().publish(alert_bytes()).run_round().run_round(after=1)

    assert setup.sink.received == [("1f0c", 1)]
    assert setup.logged == [("board|pager|1f0c|1", "sent")]
    (message,) = setup.sender.messages
    assert (message.topic, message.partition) == ("safety.notified.v1", 0)


def test_superseded_revisions_are_logged_after_sent_ones():
    """Sending has priority over entries without a notification."""
    setup = RouteSenderSetup().publish(alert_bytes(), alert_bytes(revision=2)).run_round()

    assert setup.logged == [("board|pager|1f0c|2", "sent"), ("board|pager|1f0c|1", "superseded")]


def test_a_route_that_only_pages_logs_a_move_without_sending():
    """The notification log has an entry of every revision."""
    setup = RouteSenderSetup(route=CHAIR).publish(alert_bytes())
    entry = NotificationEntry(
        outcome=NotificationOutcome.SENT,
        logged_at=1,
        sha256=parse_published_alert(alert_bytes()).sha256,
    )
    setup.notification_log.append(entry.encode(), NotificationKey(CHAIR, "1f0c", 1).encode())
    setup.publish(acknowledgement(2)).run_round()

    assert (setup.sink.received, setup.logged) == ([], [("chair|phone|1f0c|2", "quiet")])


def test_a_failing_notification_log_stops_sending_and_loses_nothing():
    """Nothing else is sent before the entries of sent notifications are logged."""
    setup = RouteSenderSetup().publish(alert_bytes())
    setup.sender.failing_keys = {b"board|pager|1f0c|1"}
    with pytest.raises(Undelivered):
        setup.run_round()
    setup.publish(alert_bytes(id="2a"))
    with pytest.raises(Undelivered):
        setup.run_round(after=1)
    assert setup.sink.received == [("1f0c", 1)]

    setup.sender.failing_keys = set()
    setup.run_round(after=1)

    assert setup.sink.received == [("1f0c", 1), ("2a", 1)]
    assert [key for key, _ in setup.logged] == ["board|pager|1f0c|1", "board|pager|2a|1"]


def test_an_unlogged_notification_is_logged_after_reassignment():
    """The alert partition keeps entries whose route sender stopped before it logged them."""
    setup = RouteSenderSetup().publish(alert_bytes())
    setup.sender.failing_keys = {b"board|pager|1f0c|1"}
    with pytest.raises(Undelivered):
        setup.run_round()
    setup.sender.failing_keys = set()
    setup.assign().run_round(after=1)

    assert setup.sink.received == [("1f0c", 1)]
    assert setup.logged == [("board|pager|1f0c|1", "sent")]


def test_a_sink_that_is_down_is_retried_with_exponential_backoff():
    """The pause doubles up to 60 s, and no notification is lost."""
    setup = RouteSenderSetup(sink=FakeSink(down=True)).publish(alert_bytes())
    attempts: list[float] = []
    for _ in range(300):
        failures = setup.meter.failures["pager"]
        setup.run_round(after=1)
        if setup.meter.failures["pager"] > failures:
            attempts.append(setup.now)
    pauses = [after - before for before, after in pairwise(attempts)]
    assert pauses[:7] == [1, 2, 4, 8, 16, 32, 60]

    setup.sink.down = False
    setup.run_round(after=60)

    assert setup.sink.received == [("1f0c", 1)] and setup.route_sender.error == ""


def test_a_refused_notification_delays_no_other():
    """It has its own backoff; a later revision of the alert is sent at once."""
    setup = (
        RouteSenderSetup(sink=FakeSink(refused_ids={"1f0c"}))
        .publish(alert_bytes(), alert_bytes(id="2a"))
        .run_round()
    )
    assert setup.sink.received == [("2a", 1)] and setup.route_sender.error == "notification refused"

    setup.publish(alert_bytes(revision=2)).run_round()
    assert ("board|pager|1f0c|1", "superseded") not in setup.logged
    setup.sink.refused_ids.clear()
    setup.publish(alert_bytes(revision=3)).run_round()

    assert setup.sink.received == [("2a", 1), ("1f0c", 3)] and setup.route_sender.error == ""


def test_a_notification_on_which_the_sink_goes_down_is_sent_last():
    """It may be the cause, so the other notifications and the resend go first."""
    sink = FakeSink(needs_resend=True, failing_ids={"1f0c"})
    setup = (
        RouteSenderSetup(route=ALERTMANAGER, sink=sink)
        .publish(alert_bytes(), alert_bytes(id="2a"))
        .run_round()
    )
    assert setup.sink.received == []

    setup.run_round(after=1)
    assert setup.sink.received == [("2a", 1)] and setup.route_sender.error == "sink is down"
    assert [len(each) for each in setup.sink.resent] == [2]
    setup.sink.failing_ids.clear()
    setup.run_round(after=60)

    assert setup.sink.received == [("2a", 1), ("1f0c", 1)] and setup.route_sender.error == ""


def test_nothing_is_sent_after_an_outdated_read():
    """A paused process may have lost its partition, so it reads again before it sends."""
    setup = RouteSenderSetup().publish(alert_bytes())
    asyncio.run(setup.alert_partition.catch_up())

    setup.run_round(after=FRESH_SECONDS + 1, read=False)
    assert setup.sink.received == []
    setup.run_round()
    assert setup.sink.received == [("1f0c", 1)]


def test_nothing_is_sent_while_the_partition_is_being_revoked():
    """The next owner may have started."""
    setup = RouteSenderSetup(stopped=True).publish(alert_bytes()).run_round()

    assert (setup.sink.received, setup.logged) == ([], [])


def test_firing_alerts_are_resent_at_the_start_and_every_minute():
    """An Alertmanager may have lost its state, so sent alerts are posted again."""
    setup = (
        RouteSenderSetup(route=ALERTMANAGER, sink=FakeSink(needs_resend=True))
        .publish(alert_bytes())
        .run_round()
    )
    setup.run_round(after=RESEND_SECONDS - 1).run_round(after=1)

    assert setup.sink.received == [("1f0c", 1)]
    assert setup.sink.resent == [[("1f0c", 1, 0)], [("1f0c", 1, 0)]]


def test_resolved_alerts_are_resent_for_five_minutes():
    """These are the closed alert, and the page that a later page replaces."""
    setup = RouteSenderSetup(route=ALERTMANAGER, sink=FakeSink(needs_resend=True))
    setup.publish(
        alert_bytes(), alert_bytes(revision=2), alert_bytes(id="2a"), closure(2, id="2a")
    ).run_round()
    for _ in range(7):
        setup.run_round(after=RESEND_SECONDS)

    resent = [set(each) for each in setup.sink.resent]
    assert resent[0] == resent[5] == {("1f0c", 2, 1), ("2a", 2, 0)}
    assert resent[6] == resent[7] == {("1f0c", 2, 0)}
    assert len(resent) * RESEND_SECONDS > RESOLVED_RESEND_SECONDS


def test_a_failed_resend_is_repeated_after_the_backoff():
    """It does not wait for the next minute."""
    setup = (
        RouteSenderSetup(route=ALERTMANAGER, sink=FakeSink(needs_resend=True))
        .publish(alert_bytes())
        .run_round()
    )
    setup.sink.down = True
    setup.run_round(after=RESEND_SECONDS)
    setup.sink.down = False
    setup.run_round(after=1)

    assert len(setup.sink.resent) == 2


def test_a_refused_resend_is_an_error_until_one_succeeds():
    """After a day without a resend an Alertmanager resolves its alerts, a false all-clear."""
    setup = (
        RouteSenderSetup(route=ALERTMANAGER, sink=FakeSink(needs_resend=True, refuses_resend=True))
        .publish(alert_bytes())
        .run_round()
    )
    assert setup.sink.received == [("1f0c", 1)]
    assert setup.route_sender.error == "resend refused"

    setup.run_round(after=1)
    assert setup.route_sender.error == "resend refused"
    setup.sink.refuses_resend = False
    setup.run_round(after=RESEND_SECONDS)

    assert (len(setup.sink.resent), setup.route_sender.error) == (1, "")
