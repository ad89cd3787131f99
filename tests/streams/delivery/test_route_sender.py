"""One errand at a time: what it sends, what it writes down, and what it does when a sink fails."""

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


def test_what_was_sent_is_written_down_and_not_sent_again():
    """The entry names the route, the alert and the revision; it goes beside the alert."""
    post = RouteSenderSetup().publish(alert_bytes()).run_round().run_round(after=1)

    assert post.sink.received == [("1f0c", 1)]
    assert post.logged == [("board|pager|1f0c|1", "sent")]
    (message,) = post.sender.messages
    assert (message.topic, message.partition) == ("safety.notified.v1", 0)


def test_what_was_superseded_is_written_down_after_what_was_sent():
    """The call goes first, the account of what it replaces can wait."""
    post = RouteSenderSetup().publish(alert_bytes(), alert_bytes(revision=2)).run_round()

    assert post.logged == [("board|pager|1f0c|2", "sent"), ("board|pager|1f0c|1", "superseded")]


def test_who_only_calls_is_not_called_for_a_move():
    """The ledger says so: nothing of an alert is left open."""
    post = RouteSenderSetup(route=CHAIR).publish(alert_bytes())
    told = NotificationEntry(
        outcome=NotificationOutcome.SENT,
        logged_at=1,
        sha256=parse_published_alert(alert_bytes()).sha256,
    )
    post.notification_log.append(told.encode(), NotificationKey(CHAIR, "1f0c", 1).encode())
    post.publish(acknowledgement(2)).run_round()

    assert (post.sink.received, post.logged) == ([], [("chair|phone|1f0c|2", "quiet")])


def test_a_ledger_that_cannot_be_written_stops_the_sending_and_forgets_nothing():
    """What was sent is owed to it; before that is paid, nobody else is told anything."""
    post = RouteSenderSetup().publish(alert_bytes())
    post.sender.failing_keys = {b"board|pager|1f0c|1"}
    with pytest.raises(Undelivered):
        post.run_round()
    post.publish(alert_bytes(id="2a"))
    with pytest.raises(Undelivered):
        post.run_round(after=1)
    assert post.sink.received == [("1f0c", 1)]

    post.sender.failing_keys = set()
    post.run_round(after=1)

    assert post.sink.received == [("1f0c", 1), ("2a", 1)]
    assert [key for key, _ in post.logged] == ["board|pager|1f0c|1", "board|pager|2a|1"]


def test_what_was_sent_is_written_down_by_whoever_takes_the_partition_up_again():
    """An errand may be cut off between the two: the desk knows, and the ledger must come to."""
    post = RouteSenderSetup().publish(alert_bytes())
    post.sender.failing_keys = {b"board|pager|1f0c|1"}
    with pytest.raises(Undelivered):
        post.run_round()
    post.sender.failing_keys = set()
    post.assign().run_round(after=1)

    assert post.sink.received == [("1f0c", 1)]
    assert post.logged == [("board|pager|1f0c|1", "sent")]


def test_a_sink_that_is_down_is_left_alone_for_longer_and_longer_and_loses_nothing():
    """Twice as long each time, a minute at most; then it hears of everything."""
    post = RouteSenderSetup(sink=FakeSink(down=True)).publish(alert_bytes())
    tries: list[float] = []
    for _ in range(300):
        failed = post.meter.failures["pager"]
        post.run_round(after=1)
        if post.meter.failures["pager"] > failed:
            tries.append(post.now)
    pauses = [after - before for before, after in pairwise(tries)]
    assert pauses[:7] == [1, 2, 4, 8, 16, 32, 60]

    post.sink.down = False
    post.run_round(after=60)

    assert post.sink.received == [("1f0c", 1)] and post.route_sender.error == ""


def test_a_notice_that_is_refused_holds_up_no_other():
    """It is tried again, more and more rarely; a later revision has a chance of its own."""
    post = (
        RouteSenderSetup(sink=FakeSink(refused_ids={"1f0c"}))
        .publish(alert_bytes(), alert_bytes(id="2a"))
        .run_round()
    )
    assert post.sink.received == [("2a", 1)] and post.route_sender.error == "told to refuse"

    post.publish(alert_bytes(revision=2)).run_round()
    assert ("board|pager|1f0c|1", "superseded") not in post.logged
    post.sink.refused_ids.clear()
    post.publish(alert_bytes(revision=3)).run_round()

    assert post.sink.received == [("2a", 1), ("1f0c", 3)] and post.route_sender.error == ""


def test_a_notice_that_breaks_its_receiver_holds_up_no_other():
    """It answers 500 to one of them, always: the others go first from then on, reminders too."""
    sink = FakeSink(needs_resend=True, failing_ids={"1f0c"})
    post = (
        RouteSenderSetup(route=ALERTMANAGER, sink=sink)
        .publish(alert_bytes(), alert_bytes(id="2a"))
        .run_round()
    )
    assert post.sink.received == []

    post.run_round(after=1)
    assert post.sink.received == [("2a", 1)] and post.route_sender.error == "told to be down"
    assert [len(each) for each in post.sink.resent] == [2]
    post.sink.failing_ids.clear()
    post.run_round(after=60)

    assert post.sink.received == [("2a", 1), ("1f0c", 1)] and post.route_sender.error == ""


def test_nothing_is_sent_by_what_was_read_a_while_ago():
    """An owner that was paused may have lost its partition: it reads again before it sends."""
    post = RouteSenderSetup().publish(alert_bytes())
    asyncio.run(post.alert_partition.catch_up())

    post.run_round(after=FRESH_SECONDS + 1, read=False)
    assert post.sink.received == []
    post.run_round()
    assert post.sink.received == [("1f0c", 1)]


def test_nothing_is_sent_once_the_partition_is_given_up():
    """Somebody else may have begun."""
    post = RouteSenderSetup(stopped=True).publish(alert_bytes()).run_round()

    assert (post.sink.received, post.logged) == ([], [])


def test_an_alertmanager_is_reminded_at_the_start_and_every_minute():
    """Also of what was sent long ago by somebody else: it may have lost its memory."""
    post = (
        RouteSenderSetup(route=ALERTMANAGER, sink=FakeSink(needs_resend=True))
        .publish(alert_bytes())
        .run_round()
    )
    post.run_round(after=RESEND_SECONDS - 1).run_round(after=1)

    assert post.sink.received == [("1f0c", 1)]
    assert post.sink.resent == [[("1f0c", 1, 0)], [("1f0c", 1, 0)]]


def test_what_has_ended_is_told_for_five_minutes():
    """The closed alert, and the call that a later call replaced; then they are let be."""
    post = RouteSenderSetup(route=ALERTMANAGER, sink=FakeSink(needs_resend=True))
    post.publish(
        alert_bytes(), alert_bytes(revision=2), alert_bytes(id="2a"), closure(2, id="2a")
    ).run_round()
    for _ in range(7):
        post.run_round(after=RESEND_SECONDS)

    told = [set(each) for each in post.sink.resent]
    assert told[0] == told[5] == {("1f0c", 2, 1), ("2a", 2, 0)}
    assert told[6] == told[7] == {("1f0c", 2, 0)}
    assert len(told) * RESEND_SECONDS > RESOLVED_RESEND_SECONDS


def test_a_reminder_that_fails_is_made_up_for():
    """The next round after the rest, not the next minute."""
    post = (
        RouteSenderSetup(route=ALERTMANAGER, sink=FakeSink(needs_resend=True))
        .publish(alert_bytes())
        .run_round()
    )
    post.sink.down = True
    post.run_round(after=RESEND_SECONDS)
    post.sink.down = False
    post.run_round(after=1)

    assert len(post.sink.resent) == 2


def test_a_reminder_that_is_refused_is_trouble_until_one_is_taken():
    """After a day without one an Alertmanager gives an all-clear: that must not come unheard."""
    post = (
        RouteSenderSetup(route=ALERTMANAGER, sink=FakeSink(needs_resend=True, refuses_resend=True))
        .publish(alert_bytes())
        .run_round()
    )
    assert post.sink.received == [("1f0c", 1)]
    assert post.route_sender.error == "told to hear no reminder"

    post.run_round(after=1)
    assert post.route_sender.error == "told to hear no reminder"
    post.sink.refuses_resend = False
    post.run_round(after=RESEND_SECONDS)

    assert (len(post.sink.resent), post.route_sender.error) == (1, "")
