"""What is sent next follows from the alerts, the ledger and the hour: nothing is said twice."""

from __future__ import annotations

from alerts.notification.audiences import parse_routing_config
from alerts.notification.due import count_delivered, firing_notifications
from tests.alerts.notification.published_alerts import (
    ALERTMANAGER,
    BOARD,
    CHAIR,
    DELIVERY_FILE,
    DeliveryScenario,
    acknowledgement,
    alert_bytes,
    closure,
)


def test_an_alert_is_sent_to_each_sink_of_its_audience_once():
    """What the ledger holds is done; the other sink of the same audience has its own entry."""
    desk = DeliveryScenario().publish(alert_bytes())

    assert desk.due_to_send(BOARD) == desk.due_to_send(ALERTMANAGER) == [("1f0c", 1)]
    desk.log_sent(BOARD, 1, at=0)
    assert (desk.due_to_send(BOARD), desk.due_to_send(ALERTMANAGER)) == ([], [("1f0c", 1)])


def test_only_the_latest_revision_is_sent_and_the_older_are_recorded():
    """After a night of silence a pager rings once, not once for every step of the evidence."""
    desk = DeliveryScenario().publish(
        alert_bytes(), alert_bytes(revision=2), alert_bytes(revision=3)
    )

    assert desk.due_to_send(BOARD) == [("1f0c", 3)]
    assert desk.due_to_log(BOARD) == [(1, "superseded"), (2, "superseded")]


def test_a_late_duplicate_of_an_older_revision_sends_nothing():
    """The relay may announce twice and in any order after a rebuild."""
    desk = (
        DeliveryScenario()
        .publish(alert_bytes(revision=2))
        .log_sent(BOARD, 2, at=0)
        .publish(alert_bytes())
    )

    assert desk.due_to_send(BOARD) == []
    assert desk.due_to_log(BOARD) == [(1, "superseded")]


def test_the_same_alerts_announced_again_notify_nobody():
    """A store that was wiped comes back and says all it ever said; everybody has heard it."""
    desk = (
        DeliveryScenario()
        .publish(alert_bytes(), alert_bytes(revision=2))
        .log_sent(BOARD, 1, at=0)
        .log_sent(BOARD, 2, at=5)
    )

    desk.publish(alert_bytes(), alert_bytes(revision=2))

    assert (desk.due_to_send(BOARD), desk.due_to_log(BOARD)) == ([], [])
    assert list(desk.state.find_mismatches()) == []


def test_a_sink_that_only_calls_is_spared_the_moves_of_members():
    """Nobody is rung out of bed because somebody else has acknowledged; it is noted as quiet."""
    desk = (
        DeliveryScenario()
        .publish(alert_bytes())
        .log_sent(BOARD, 1, at=0)
        .log_sent(CHAIR, 1, at=1)
        .publish(acknowledgement(2))
    )

    assert desk.due_to_send(BOARD) == [("1f0c", 2)]
    assert (desk.due_to_send(CHAIR), desk.due_to_log(CHAIR)) == ([], [(2, "quiet")])


def test_an_alertmanager_is_reminded_of_all_that_is_open():
    """Acknowledged or confirmed, it rings there until the alert is closed."""
    desk = DeliveryScenario().publish(
        alert_bytes(), acknowledgement(2), alert_bytes(id="2a", revision=1)
    )

    reminded = firing_notifications(desk.state, desk.config, ALERTMANAGER, 0)

    assert [(each.alert.id, each.page.revision) for each in reminded] == [("1f0c", 1), ("2a", 1)]


def test_a_signal_is_delivered_when_every_sink_that_is_told_at_once_has_it():
    """The safety net compares this number with the signals that were ever raised."""
    desk = DeliveryScenario().publish(
        alert_bytes(), acknowledgement(2), alert_bytes(id="2a", kind="case")
    )
    assert count_delivered(desk.state, desk.config) == {"PRODERM": 0}
    desk.log_sent(BOARD, 1, at=0).log_sent(ALERTMANAGER, 1, at=0)

    assert count_delivered(desk.state, desk.config) == {"PRODERM": 1}
    desk.publish(alert_bytes(revision=3))
    assert count_delivered(desk.state, desk.config) == {"PRODERM": 0}


def test_a_signal_that_nobody_is_told_of_is_not_delivered():
    """A study that the delivery file forgot is noticed."""
    only = parse_routing_config(
        DELIVERY_FILE.replace('name = "board"', 'name = "board"\nstudies = ["OTHER"]')
    )
    desk = DeliveryScenario(config=only).publish(alert_bytes())

    assert count_delivered(desk.state, desk.config) == {"PRODERM": 0}


def test_what_was_closed_is_ended_for_as_long_as_it_could_ring_by_itself():
    """A deliverer that comes back after a day still ends it; after that nobody remembers."""
    desk = DeliveryScenario().publish(alert_bytes(), closure(2)).log_sent(ALERTMANAGER, 2, at=0)

    def ended(hours: float) -> bool:
        return bool(list(firing_notifications(desk.state, desk.config, ALERTMANAGER, 3600 * hours)))

    assert (ended(0), ended(24), ended(26)) == (True, True, False)


def test_a_call_ends_when_the_next_one_begins():
    """A rise is a call of its own, or nothing would ring anew; the one before is over."""
    notice = (
        DeliveryScenario()
        .publish(alert_bytes(), acknowledgement(2), alert_bytes(revision=3))
        .due_notification(ALERTMANAGER)
    )

    assert (notice.page.revision, [each.revision for each in notice.resolved]) == (3, [1])
