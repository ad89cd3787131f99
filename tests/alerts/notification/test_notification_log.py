"""What is read from the alerts and the ledger: each thing once, and nothing by mistake."""

from __future__ import annotations

import orjson
import pytest

from alerts.notification.due import Standing
from alerts.notification.notification_log import Entry, Finding, Key, Ledger, Outcome, Route, read
from alerts.notification.published import NotAnAlert, announced
from tests.alerts.notification.published_alerts import BOARD, Desk, wire


def test_the_same_revision_with_other_content_is_a_finding_and_calls_nobody():
    """Somebody folded another log or with another code: that is to be looked at, once."""
    desk = Desk().announce(wire()).sent(BOARD, 1, at=0)
    list(desk.standing.compare())

    desk.announce(wire(e_value=4.5))

    (finding,) = desk.standing.compare()
    assert (finding.alert, finding.revision) == ("1f0c", 1) and finding.told != finding.found
    assert desk.sends(BOARD) == []
    desk.standing.note(*finding.wire())
    desk.announce(wire(e_value=4.5))
    assert list(desk.standing.compare()) == []


def test_a_finding_is_made_after_a_restart_too():
    """The topic may keep only the new content: what was told is in the ledger."""
    told = Desk().announce(wire()).sent(BOARD, 1, at=0).standing.ledger
    fresh = Standing(ledger=told)

    fresh.announce(wire(e_value=4.5))

    assert [each.revision for each in fresh.compare()] == [1]


def test_the_order_of_fields_is_no_other_content():
    """The hash is of what is said, not of how it is spelt."""
    desk = Desk().announce(wire())
    said = orjson.loads(wire())

    desk.announce(orjson.dumps(dict(reversed(said.items()))))

    assert list(desk.standing.compare()) == []


@pytest.mark.parametrize(
    "value", [None, b"", b"{", b"[]", b"7", b'{"id":"a"}', wire(id="a|b"), wire(revision=True)]
)
def test_what_is_no_alert_is_counted_and_stops_nothing(value: bytes | None):
    """Whatever got onto the topic, the next alert is told."""
    desk = Desk().announce(wire())

    desk.standing.announce(value)

    assert desk.standing.unreadable == 1
    assert desk.sends(BOARD) == [("1f0c", 1)]
    with pytest.raises(NotAnAlert, match=r"^\w+$"):
        announced(value)


def test_an_entry_reads_back_as_it_was_written():
    """Key and value say all there is to know; a finding has a key of its own."""
    key = Key(BOARD, "1f0c", 2)
    entry = Entry(outcome=Outcome.SENT, at=1.5, sha256="ab")
    finding = Finding("1f0c", 2, "ab", "cd")

    assert read(key.wire(), entry.wire()) == (key, entry)
    assert read(*finding.wire()) == finding


@pytest.mark.parametrize(
    ("key", "value"),
    [(None, b"{}"), (b"a|b", b"{}"), (b"a|b|c|d", b"{}"), (b"a|b|c|1", None), (b"\xff", b"{}")],
)
def test_what_is_no_entry_is_none(key: bytes | None, value: bytes | None):
    """It is counted by who reads, and stops nothing."""
    assert read(key, value) is None


def test_the_first_time_it_was_sent_counts():
    """A paused owner sends once more; the clock of escalation does not move."""
    ledger, key = Ledger(), Key(Route("board", "pager"), "1f0c", 1)
    for outcome, at in ((Outcome.SUPERSEDED, 1), (Outcome.SENT, 9), (Outcome.SENT, 7)):
        ledger.note(key, Entry(outcome=outcome, at=at, sha256="ab"))

    assert list(ledger.sent(key.route, "1f0c")) == [(1, 7)]
