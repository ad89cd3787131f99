"""One errand at a time: what it sends, what it writes down, and what it does when a sink fails."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import orjson
import pytest

from alerts.announced import announced
from alerts.audience import deployment
from alerts.delivery import Notice
from alerts.ledger import Entry, Key, Outcome, Route
from streams.desk import FRESH_SECONDS, Desk
from streams.errand import ENDING_SECONDS, REMIND_SECONDS, Errand
from streams.metrics import DeliveryMeter
from streams.sender import Undelivered
from streams.sinks import SinkDown, SinkRefuses
from tests.alerts.told import BELL, BOARD, CHAIR, FILE, answer, closing, wire
from tests.streams.kept import KeptLog
from tests.streams.sent import Sent


@dataclass
class Taker:
    """A sink that takes, refuses some, or is down."""

    reminds: bool = False
    down: bool = False
    refusing: set[str] = field(default_factory=set[str])
    got: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    reminded: list[list[tuple[str, int, int]]] = field(
        default_factory=list[list[tuple[str, int, int]]]
    )

    async def send(self, notice: Notice) -> None:
        if self.down:
            raise SinkDown("told to be down")
        if notice.alert.id in self.refusing:
            raise SinkRefuses("told to refuse")
        self.got.append((notice.alert.id, notice.alert.revision))

    async def remind(self, notices: Sequence[Notice]) -> None:
        if self.down:
            raise SinkDown("told to be down")
        self.reminded.append([(n.alert.id, n.alert.revision, len(n.ended)) for n in notices])

    async def close(self) -> None: ...


@dataclass
class Post:
    """An errand at its desk, with an hour that stands still until it is moved."""

    route: Route = BOARD
    sink: Taker = field(default_factory=Taker)
    sent: Sent = field(default_factory=Sent)
    alerts: KeptLog = field(default_factory=KeptLog)
    notified: KeptLog = field(default_factory=KeptLog)
    hour: float = 0.0
    stopped: bool = False

    def __post_init__(self) -> None:
        self.desk = Desk(0, self.alerts, self.notified, self.sent, steady=lambda: self.hour)
        self.meter = DeliveryMeter([self.route.sink])
        self.errand = Errand(
            self.desk,
            deployment(FILE),
            self.route,
            self.sink,
            self.meter,
            stopping=lambda: self.stopped,
            clock=lambda: 1_800_000_000 + self.hour,
        )

    def announce(self, *values: bytes) -> Post:
        for value in values:
            self.alerts.append(value)
        return self

    def round(self, after: float = 0.0, *, read: bool = True) -> Post:
        self.hour += after

        async def go() -> None:
            if read:
                await self.desk.read()
            await self.errand.round()

        asyncio.run(go())
        return self

    @property
    def written(self) -> list[tuple[str, str]]:
        return [
            ((each.key or b"").decode(), orjson.loads(each.value or b"{}")["outcome"])
            for each in self.sent.messages
        ]


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


def test_the_same_revision_with_other_content_is_written_down_once():
    """A finding has a key of its own: what was told keeps its entry."""
    post = Post().announce(wire()).round()
    post.announce(wire(e_value=2.5)).round().round(after=1)

    assert post.sink.got == [("1f0c", 1)]
    keys = [key.split("|")[0] for key, _ in post.written]
    assert keys == ["board", "finding"]
