"""One partition as it is read: the alerts, then what was told of them, and what does not fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from alerts.notification.notification_log import Entry, Key, Outcome
from alerts.notification.published import announced
from tests.alerts.notification.published_alerts import BOARD, wire
from tests.streams.delivery.route_senders import Post
from tests.streams.list_log import Kept, KeptLog


@dataclass
class Rival(KeptLog):
    """A topic of alerts; whoever read it before us tells of them while we do."""

    ledger: KeptLog = field(default_factory=KeptLog)

    async def read(self, start: int, most: int) -> Sequence[Kept]:
        found = await super().read(start, most)
        for each in found:
            alert = announced(each.value)
            told = Entry(outcome=Outcome.SENT, at=1, sha256=alert.sha256)
            self.ledger.append(told.wire(), Key(BOARD, alert.id, alert.revision).wire())
        return found


def test_the_ledger_is_read_after_the_alerts():
    """What somebody told while the alerts were read is in it; read before, it would not be."""
    rival = Rival()
    post = Post(alerts=rival, notified=rival.ledger).announce(wire()).round()

    assert (post.sink.got, post.written) == ([], [])


def test_a_topic_that_was_made_anew_is_read_from_its_beginning():
    """It ends before the place that was reached: to wait there would be to hear of nothing."""
    post = Post().announce(wire(), wire(id="2a")).round()
    post.alerts.records.clear()
    post.announce(wire(id="3b")).round(after=1)

    assert post.sink.got[-1] == ("3b", 1)


def test_the_same_revision_with_other_content_is_written_down_once():
    """A finding has a key of its own: what was told keeps its entry."""
    post = Post().announce(wire()).round()
    post.announce(wire(e_value=2.5)).round().round(after=1)

    assert post.sink.got == [("1f0c", 1)]
    keys = [key.split("|")[0] for key, _ in post.written]
    assert keys == ["board", "finding"]
