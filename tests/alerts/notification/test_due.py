"""What is sent next follows from the alerts, the ledger and the hour: nothing is said twice."""

from __future__ import annotations

from alerts.notification.audiences import deployment
from alerts.notification.due import delivered, firing
from tests.alerts.notification.published_alerts import (
    BELL,
    BOARD,
    CHAIR,
    FILE,
    Desk,
    answer,
    closing,
    wire,
)


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


def test_a_sink_that_only_calls_is_spared_the_moves_of_members():
    """Nobody is rung out of bed because somebody else has acknowledged; it is noted as quiet."""
    desk = Desk().announce(wire()).sent(BOARD, 1, at=0).sent(CHAIR, 1, at=1).announce(answer(2))

    assert desk.sends(BOARD) == [("1f0c", 2)]
    assert (desk.sends(CHAIR), desk.notes(CHAIR)) == ([], [(2, "quiet")])


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
