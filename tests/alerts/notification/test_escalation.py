"""Escalation: when the next audience is notified, by wall clock and notification log."""

from __future__ import annotations

from tests.alerts.notification.published_alerts import (
    ALERTMANAGER,
    BOARD,
    CHAIR,
    HALF_AN_HOUR,
    DeliveryScenario,
    acknowledgement,
    alert_bytes,
)


def test_the_next_audience_is_notified_after_the_time_to_acknowledge():
    """The chair is notified once the board's time to acknowledge is over, and no second earlier."""
    scenario = DeliveryScenario().publish(alert_bytes()).log_sent(BOARD, 1, at=100)

    assert scenario.due_to_send(CHAIR, 100 + HALF_AN_HOUR - 1) == []
    assert scenario.due_to_send(CHAIR, 100 + HALF_AN_HOUR) == [("1f0c", 1)]


def test_the_escalation_clock_starts_with_the_first_sink_that_sent():
    """A second sink that was down does not extend the board's time to acknowledge."""
    scenario = (
        DeliveryScenario()
        .publish(alert_bytes())
        .log_sent(ALERTMANAGER, 1, at=10)
        .log_sent(BOARD, 1, at=4000)
    )

    assert scenario.due_to_send(CHAIR, 10 + HALF_AN_HOUR) == [("1f0c", 1)]


def test_nothing_escalates_before_the_first_audience_is_notified():
    """While every sink is down, the board could not have acknowledged."""
    assert DeliveryScenario().publish(alert_bytes()).due_to_send(CHAIR, 1e9) == []


def test_an_acknowledgement_cancels_the_escalation():
    """An acknowledgement counts even if it is late, as long as the chair is not notified yet."""
    scenario = (
        DeliveryScenario()
        .publish(alert_bytes())
        .log_sent(BOARD, 1, at=0)
        .publish(acknowledgement(2))
    )

    assert scenario.due_to_send(CHAIR, 1e9) == []


def test_a_rise_does_not_restart_the_escalation_clock():
    """A watch that keeps rising would otherwise never reach the chair."""
    scenario = (
        DeliveryScenario()
        .publish(alert_bytes())
        .log_sent(BOARD, 1, at=0)
        .publish(alert_bytes(revision=2))
    )
    scenario.log_sent(BOARD, 2, at=1700)

    assert scenario.due_to_send(CHAIR, HALF_AN_HOUR) == [("1f0c", 2)]


def test_a_reopened_alert_has_its_own_escalation_clock():
    """An acknowledgement from before the change does not count for the reopened alert."""
    scenario = (
        DeliveryScenario()
        .publish(alert_bytes())
        .log_sent(BOARD, 1, at=0)
        .publish(acknowledgement(2))
        .log_sent(BOARD, 2, at=60)
    )
    scenario.publish(alert_bytes(revision=3, state="reopened", move="change")).log_sent(
        BOARD, 3, at=10_000
    )

    assert scenario.due_to_send(CHAIR, 10_000 + HALF_AN_HOUR - 1) == []
    assert scenario.due_to_send(CHAIR, 10_000 + HALF_AN_HOUR) == [("1f0c", 3)]


def test_an_audience_that_was_escalated_to_is_sent_later_revisions():
    """Later revisions are sent to the chair at once."""
    scenario = (
        DeliveryScenario()
        .publish(alert_bytes())
        .log_sent(BOARD, 1, at=0)
        .log_sent(CHAIR, 1, at=HALF_AN_HOUR)
    )

    scenario.publish(alert_bytes(revision=2))

    assert scenario.due_to_send(CHAIR, HALF_AN_HOUR + 1) == [("1f0c", 2)]


def test_a_data_finding_notifies_only_audiences_that_list_findings():
    """Findings are sent only to audiences that list them, and they do not escalate."""
    scenario = DeliveryScenario().publish(alert_bytes(kind="finding", tracked=False))

    assert scenario.due_to_send(BOARD) == scenario.due_to_send(CHAIR, 1e9) == []
