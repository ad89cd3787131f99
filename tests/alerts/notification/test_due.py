"""Due notifications follow from alerts, notification log and time; none is sent twice."""

from __future__ import annotations

from alerts.notification.audiences import parse_routing_config
from alerts.notification.delivered import count_delivered
from alerts.notification.due import firing_notifications
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
    """The log has one entry per route, so each sink of an audience is tracked separately."""
    scenario = DeliveryScenario().publish(alert_bytes())

    assert scenario.due_to_send(BOARD) == scenario.due_to_send(ALERTMANAGER) == [("1f0c", 1)]
    scenario.log_sent(BOARD, 1, at=0)
    assert (scenario.due_to_send(BOARD), scenario.due_to_send(ALERTMANAGER)) == ([], [("1f0c", 1)])


def test_only_the_latest_revision_is_sent_and_the_older_are_logged():
    """After an outage a pager is called once, not once per revision."""
    scenario = DeliveryScenario().publish(
        alert_bytes(), alert_bytes(revision=2), alert_bytes(revision=3)
    )

    assert scenario.due_to_send(BOARD) == [("1f0c", 3)]
    assert scenario.due_to_log(BOARD) == [(1, "superseded"), (2, "superseded")]


def test_a_late_duplicate_of_an_older_revision_sends_nothing():
    """After a rebuild the relay may publish revisions twice and in any order."""
    scenario = (
        DeliveryScenario()
        .publish(alert_bytes(revision=2))
        .log_sent(BOARD, 2, at=0)
        .publish(alert_bytes())
    )

    assert scenario.due_to_send(BOARD) == []
    assert scenario.due_to_log(BOARD) == [(1, "superseded")]


def test_alerts_that_are_published_again_notify_nobody():
    """A wiped store is rebuilt and publishes all alerts again; every route has been sent them."""
    scenario = (
        DeliveryScenario()
        .publish(alert_bytes(), alert_bytes(revision=2))
        .log_sent(BOARD, 1, at=0)
        .log_sent(BOARD, 2, at=5)
    )

    scenario.publish(alert_bytes(), alert_bytes(revision=2))

    assert (scenario.due_to_send(BOARD), scenario.due_to_log(BOARD)) == ([], [])
    assert list(scenario.state.find_mismatches()) == []


def test_a_sink_that_only_pages_is_not_sent_moves_of_members():
    """An acknowledgement must not call the chair; it is logged as quiet."""
    scenario = (
        DeliveryScenario()
        .publish(alert_bytes())
        .log_sent(BOARD, 1, at=0)
        .log_sent(CHAIR, 1, at=1)
        .publish(acknowledgement(2))
    )

    assert scenario.due_to_send(BOARD) == [("1f0c", 2)]
    assert (scenario.due_to_send(CHAIR), scenario.due_to_log(CHAIR)) == ([], [(2, "quiet")])


def test_an_alertmanager_is_sent_all_open_alerts():
    """An acknowledged or confirmed alert fires there until it is closed."""
    scenario = DeliveryScenario().publish(
        alert_bytes(), acknowledgement(2), alert_bytes(id="2a", revision=1)
    )

    firing = firing_notifications(scenario.state, scenario.config, ALERTMANAGER, 0)

    assert [(each.alert.id, each.page.revision) for each in firing] == [("1f0c", 1), ("2a", 1)]


def test_a_signal_is_delivered_when_every_first_sink_has_it():
    """Monitoring compares this count with the number of signals ever raised."""
    scenario = DeliveryScenario().publish(
        alert_bytes(), acknowledgement(2), alert_bytes(id="2a", kind="case")
    )
    assert count_delivered(scenario.state, scenario.config) == {"PRODERM": 0}
    scenario.log_sent(BOARD, 1, at=0).log_sent(ALERTMANAGER, 1, at=0)

    assert count_delivered(scenario.state, scenario.config) == {"PRODERM": 1}
    scenario.publish(alert_bytes(revision=3))
    assert count_delivered(scenario.state, scenario.config) == {"PRODERM": 0}


def test_a_signal_without_an_audience_is_not_delivered():
    """A study that the delivery file does not cover is noticed."""
    other_study = parse_routing_config(
        DELIVERY_FILE.replace('name = "board"', 'name = "board"\nstudies = ["OTHER"]')
    )
    scenario = DeliveryScenario(config=other_study).publish(alert_bytes())

    assert count_delivered(scenario.state, scenario.config) == {"PRODERM": 0}


def test_a_closed_alert_is_resolved_for_as_long_as_it_could_still_fire():
    """A deliverer that returns after a day still resolves it; later Alertmanager has dropped it."""
    scenario = DeliveryScenario().publish(alert_bytes(), closure(2)).log_sent(ALERTMANAGER, 2, at=0)

    def is_sent(hours: float) -> bool:
        return bool(
            list(firing_notifications(scenario.state, scenario.config, ALERTMANAGER, 3600 * hours))
        )

    assert (is_sent(0), is_sent(24), is_sent(26)) == (True, True, False)


def test_a_page_is_resolved_when_the_next_one_begins():
    """A rise must page again, so it is a new page and the earlier one is resolved."""
    notification = (
        DeliveryScenario()
        .publish(alert_bytes(), acknowledgement(2), alert_bytes(revision=3))
        .due_notification(ALERTMANAGER)
    )

    assert (notification.page.revision, [each.revision for each in notification.resolved]) == (
        3,
        [1],
    )
