"""What is sent next follows from the alerts, the ledger and the hour: nothing is said twice."""

from __future__ import annotations

import orjson
import pytest

from alerts.announced import NotAnAlert, announced
from alerts.audience import deployment
from alerts.delivery import Standing, delivered, firing
from alerts.ledger import Entry, Finding, Key, Ledger, Outcome, Route, read
from tests.alerts.told import BELL, BOARD, CHAIR, FILE, HALF_AN_HOUR, Desk, answer, closing, wire


def test_an_alert_is_sent_to_each_sink_of_its_audience_once():
    """What the ledger holds is done; the other sink of the same audience has its own entry."""
    desk = Desk().announce(wire())

    assert desk.sends(BOARD) == desk.sends(BELL) == [("1f0c", 1)]
    desk.sent(BOARD, 1, at=0)
    assert (desk.sends(BOARD), desk.sends(BELL)) == ([], [("1f0c", 1)])


def test_only_the_latest_revision_is_sent_and_the_older_are_recorded():
    """After a night of silence a pager rings once, not once for every step of the evidence."""
    desk = Desk().announce(wire(), wire(revision=2), wire(revision=3))

    assert desk.sends(BOARD) == [("1f0c", 3)]
    assert desk.notes(BOARD) == [(1, "superseded"), (2, "superseded")]


def test_a_late_duplicate_of_an_older_revision_sends_nothing():
    """The relay may announce twice and in any order after a rebuild."""
    desk = Desk().announce(wire(revision=2)).sent(BOARD, 2, at=0).announce(wire())

    assert desk.sends(BOARD) == []
    assert desk.notes(BOARD) == [(1, "superseded")]


def test_the_same_alerts_announced_again_notify_nobody():
    """A store that was wiped comes back and says all it ever said; everybody has heard it."""
    desk = Desk().announce(wire(), wire(revision=2)).sent(BOARD, 1, at=0).sent(BOARD, 2, at=5)

    desk.announce(wire(), wire(revision=2))

    assert (desk.sends(BOARD), desk.notes(BOARD)) == ([], [])
    assert list(desk.standing.compare()) == []


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


def test_a_sink_that_only_calls_is_spared_the_moves_of_members():
    """Nobody is rung out of bed because somebody else has acknowledged; it is noted as quiet."""
    desk = Desk().announce(wire()).sent(BOARD, 1, at=0).sent(CHAIR, 1, at=1).announce(answer(2))

    assert desk.sends(BOARD) == [("1f0c", 2)]
    assert (desk.sends(CHAIR), desk.notes(CHAIR)) == ([], [(2, "quiet")])


def test_who_is_called_later_hears_nothing_at_first():
    """The chair is called when the board does not answer, and not a second earlier."""
    desk = Desk().announce(wire()).sent(BOARD, 1, at=100)

    assert desk.sends(CHAIR, 100 + HALF_AN_HOUR - 1) == []
    assert desk.sends(CHAIR, 100 + HALF_AN_HOUR) == [("1f0c", 1)]


def test_the_clock_of_escalation_begins_with_the_first_sink_that_told():
    """A second sink that was down for an hour does not give the board another hour."""
    desk = Desk().announce(wire()).sent(BELL, 1, at=10).sent(BOARD, 1, at=4000)

    assert desk.sends(CHAIR, 10 + HALF_AN_HOUR) == [("1f0c", 1)]


def test_nobody_is_called_next_before_anybody_was_told():
    """With every sink down there is nobody who could have answered."""
    assert Desk().announce(wire()).sends(CHAIR, 1e9) == []


def test_an_answer_cancels_the_next_call():
    """Acknowledged in time, or late but before the call went out: the chair sleeps on."""
    desk = Desk().announce(wire()).sent(BOARD, 1, at=0).announce(answer(2))

    assert desk.sends(CHAIR, 1e9) == []


def test_a_rise_does_not_start_the_clock_anew():
    """A watch that keeps rising would otherwise never reach the chair."""
    desk = Desk().announce(wire()).sent(BOARD, 1, at=0).announce(wire(revision=2))
    desk.sent(BOARD, 2, at=1700)

    assert desk.sends(CHAIR, HALF_AN_HOUR) == [("1f0c", 2)]


def test_a_report_that_is_opened_again_has_a_clock_of_its_own():
    """The answer of last month is no answer to what changed today."""
    desk = Desk().announce(wire()).sent(BOARD, 1, at=0).announce(answer(2)).sent(BOARD, 2, at=60)
    desk.announce(wire(revision=3, state="reopened", move="change")).sent(BOARD, 3, at=10_000)

    assert desk.sends(CHAIR, 10_000 + HALF_AN_HOUR - 1) == []
    assert desk.sends(CHAIR, 10_000 + HALF_AN_HOUR) == [("1f0c", 3)]


def test_who_was_called_stays_in_the_picture():
    """Later calls come to the chair at once; the board's answer does not take the chair out."""
    desk = Desk().announce(wire()).sent(BOARD, 1, at=0).sent(CHAIR, 1, at=HALF_AN_HOUR)

    desk.announce(wire(revision=2))

    assert desk.sends(CHAIR, HALF_AN_HOUR + 1) == [("1f0c", 2)]


def test_a_finding_of_data_quality_calls_nobody_who_did_not_ask_for_it():
    """It is for who cares for the data; and nothing escalates from it."""
    desk = Desk().announce(wire(kind="finding", tracked=False))

    assert desk.sends(BOARD) == desk.sends(CHAIR, 1e9) == []


def test_an_alertmanager_is_reminded_of_all_that_is_open():
    """Acknowledged or confirmed, it rings there until the alert is closed."""
    desk = Desk().announce(wire(), answer(2), wire(id="2a", revision=1))

    reminded = firing(desk.standing, desk.plan, BELL, 0)

    assert [(each.alert.id, each.page.revision) for each in reminded] == [("1f0c", 1), ("2a", 1)]


def test_a_signal_is_delivered_when_every_sink_that_is_told_at_once_has_it():
    """The safety net compares this number with the signals that were ever raised."""
    desk = Desk().announce(wire(), answer(2), wire(id="2a", kind="case"))
    assert delivered(desk.standing, desk.plan) == {"PRODERM": 0}
    desk.sent(BOARD, 1, at=0).sent(BELL, 1, at=0)

    assert delivered(desk.standing, desk.plan) == {"PRODERM": 1}
    desk.announce(wire(revision=3))
    assert delivered(desk.standing, desk.plan) == {"PRODERM": 0}


def test_a_signal_that_nobody_is_told_of_is_not_delivered():
    """A study that the delivery file forgot is noticed."""
    only = deployment(FILE.replace('name = "board"', 'name = "board"\nstudies = ["OTHER"]'))
    desk = Desk(plan=only).announce(wire())

    assert delivered(desk.standing, desk.plan) == {"PRODERM": 0}


def test_what_was_closed_is_ended_for_as_long_as_it_could_ring_by_itself():
    """A deliverer that comes back after a day still ends it; after that nobody remembers."""
    desk = Desk().announce(wire(), closing(2)).sent(BELL, 2, at=0)

    def ended(hours: float) -> bool:
        return bool(list(firing(desk.standing, desk.plan, BELL, 3600 * hours)))

    assert (ended(0), ended(24), ended(26)) == (True, True, False)


def test_a_call_ends_when_the_next_one_begins():
    """A rise is a call of its own, or nothing would ring anew; the one before is over."""
    notice = Desk().announce(wire(), answer(2), wire(revision=3)).notice(BELL)

    assert (notice.page.revision, [each.revision for each in notice.ended]) == (3, [1])


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
