"""One errand at a time: what it sends, what it writes down, and what it does when a sink fails."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from alerts.notification.notification_log import Entry, Key, Outcome
from alerts.notification.published import announced
from streams.delivery.alert_partition import FRESH_SECONDS
from streams.delivery.route_sender import ENDING_SECONDS, REMIND_SECONDS
from streams.kafka.sender import Undelivered
from tests.alerts.notification.published_alerts import BELL, CHAIR, answer, closing, wire
from tests.streams.delivery.route_senders import Post, Taker


def test_what_was_sent_is_written_down_and_not_sent_again():
    """The entry names the route, the alert and the revision; it goes beside the alert."""
    post = Post().announce(wire()).round().round(after=1)

    assert post.sink.got == [("1f0c", 1)]
    assert post.written == [("board|pager|1f0c|1", "sent")]
    (message,) = post.sent.messages
    assert (message.topic, message.partition) == ("safety.notified.v1", 0)


def test_what_was_superseded_is_written_down_after_what_was_sent():
    """The call goes first, the account of what it replaces can wait."""
    post = Post().announce(wire(), wire(revision=2)).round()

    assert post.written == [("board|pager|1f0c|2", "sent"), ("board|pager|1f0c|1", "superseded")]


def test_who_only_calls_is_not_called_for_a_move():
    """The ledger says so: nothing of an alert is left open."""
    post = Post(route=CHAIR).announce(wire())
    told = Entry(outcome=Outcome.SENT, at=1, sha256=announced(wire()).sha256)
    post.notified.append(told.wire(), Key(CHAIR, "1f0c", 1).wire())
    post.announce(answer(2)).round()

    assert (post.sink.got, post.written) == ([], [("chair|phone|1f0c|2", "quiet")])


def test_a_ledger_that_cannot_be_written_stops_the_sending_and_forgets_nothing():
    """What was sent is owed to it; before that is paid, nobody else is told anything."""
    post = Post().announce(wire())
    post.sent.failing = {b"board|pager|1f0c|1"}
    with pytest.raises(Undelivered):
        post.round()
    post.announce(wire(id="2a"))
    with pytest.raises(Undelivered):
        post.round(after=1)
    assert post.sink.got == [("1f0c", 1)]

    post.sent.failing = set()
    post.round(after=1)

    assert post.sink.got == [("1f0c", 1), ("2a", 1)]
    assert [key for key, _ in post.written] == ["board|pager|1f0c|1", "board|pager|2a|1"]


def test_what_was_sent_is_written_down_by_whoever_takes_the_partition_up_again():
    """An errand may be cut off between the two: the desk knows, and the ledger must come to."""
    post = Post().announce(wire())
    post.sent.failing = {b"board|pager|1f0c|1"}
    with pytest.raises(Undelivered):
        post.round()
    post.sent.failing = set()
    post.take_up().round(after=1)

    assert post.sink.got == [("1f0c", 1)]
    assert post.written == [("board|pager|1f0c|1", "sent")]


def test_a_sink_that_is_down_is_left_alone_for_longer_and_longer_and_loses_nothing():
    """Twice as long each time, a minute at most; then it hears of everything."""
    post = Post(sink=Taker(down=True)).announce(wire())
    tries: list[float] = []
    for _ in range(300):
        failed = post.meter.failures["pager"]
        post.round(after=1)
        if post.meter.failures["pager"] > failed:
            tries.append(post.hour)
    pauses = [after - before for before, after in pairwise(tries)]
    assert pauses[:7] == [1, 2, 4, 8, 16, 32, 60]

    post.sink.down = False
    post.round(after=60)

    assert post.sink.got == [("1f0c", 1)] and post.errand.trouble == ""


def test_a_notice_that_is_refused_holds_up_no_other():
    """It is tried again, more and more rarely; a later revision has a chance of its own."""
    post = Post(sink=Taker(refusing={"1f0c"})).announce(wire(), wire(id="2a")).round()
    assert post.sink.got == [("2a", 1)] and post.errand.trouble == "told to refuse"

    post.announce(wire(revision=2)).round()
    assert ("board|pager|1f0c|1", "superseded") not in post.written
    post.sink.refusing.clear()
    post.announce(wire(revision=3)).round()

    assert post.sink.got == [("2a", 1), ("1f0c", 3)] and post.errand.trouble == ""


def test_a_notice_that_breaks_its_receiver_holds_up_no_other():
    """It answers 500 to one of them, always: the others go first from then on, reminders too."""
    sink = Taker(reminds=True, breaking={"1f0c"})
    post = Post(route=BELL, sink=sink).announce(wire(), wire(id="2a")).round()
    assert post.sink.got == []

    post.round(after=1)
    assert post.sink.got == [("2a", 1)] and post.errand.trouble == "told to be down"
    assert [len(each) for each in post.sink.reminded] == [2]
    post.sink.breaking.clear()
    post.round(after=60)

    assert post.sink.got == [("2a", 1), ("1f0c", 1)] and post.errand.trouble == ""


def test_nothing_is_sent_by_what_was_read_a_while_ago():
    """An owner that was paused may have lost its partition: it reads again before it sends."""
    post = Post().announce(wire())
    asyncio.run(post.desk.read())

    post.round(after=FRESH_SECONDS + 1, read=False)
    assert post.sink.got == []
    post.round()
    assert post.sink.got == [("1f0c", 1)]


def test_nothing_is_sent_once_the_partition_is_given_up():
    """Somebody else may have begun."""
    post = Post(stopped=True).announce(wire()).round()

    assert (post.sink.got, post.written) == ([], [])


def test_an_alertmanager_is_reminded_at_the_start_and_every_minute():
    """Also of what was sent long ago by somebody else: it may have lost its memory."""
    post = Post(route=BELL, sink=Taker(reminds=True)).announce(wire()).round()
    post.round(after=REMIND_SECONDS - 1).round(after=1)

    assert post.sink.got == [("1f0c", 1)]
    assert post.sink.reminded == [[("1f0c", 1, 0)], [("1f0c", 1, 0)]]


def test_what_has_ended_is_told_for_five_minutes():
    """The closed alert, and the call that a later call replaced; then they are let be."""
    post = Post(route=BELL, sink=Taker(reminds=True))
    post.announce(wire(), wire(revision=2), wire(id="2a"), closing(2, id="2a")).round()
    for _ in range(7):
        post.round(after=REMIND_SECONDS)

    told = [set(each) for each in post.sink.reminded]
    assert told[0] == told[5] == {("1f0c", 2, 1), ("2a", 2, 0)}
    assert told[6] == told[7] == {("1f0c", 2, 0)}
    assert len(told) * REMIND_SECONDS > ENDING_SECONDS


def test_a_reminder_that_fails_is_made_up_for():
    """The next round after the rest, not the next minute."""
    post = Post(route=BELL, sink=Taker(reminds=True)).announce(wire()).round()
    post.sink.down = True
    post.round(after=REMIND_SECONDS)
    post.sink.down = False
    post.round(after=1)

    assert len(post.sink.reminded) == 2


def test_a_reminder_that_is_refused_is_trouble_until_one_is_taken():
    """After a day without one an Alertmanager gives an all-clear: that must not come unheard."""
    post = Post(route=BELL, sink=Taker(reminds=True, unreminded=True)).announce(wire()).round()
    assert post.sink.got == [("1f0c", 1)]
    assert post.errand.trouble == "told to hear no reminder"

    post.round(after=1)
    assert post.errand.trouble == "told to hear no reminder"
    post.sink.unreminded = False
    post.round(after=REMIND_SECONDS)

    assert (len(post.sink.reminded), post.errand.trouble) == (1, "")
