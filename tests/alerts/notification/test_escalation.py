"""Who is called when nobody answers, and when: by the wall clock and the ledger."""

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


def test_who_is_called_later_hears_nothing_at_first():
    """The chair is called when the board does not answer, and not a second earlier."""
    desk = DeliveryScenario().publish(alert_bytes()).log_sent(BOARD, 1, at=100)

    assert desk.due_to_send(CHAIR, 100 + HALF_AN_HOUR - 1) == []
    assert desk.due_to_send(CHAIR, 100 + HALF_AN_HOUR) == [("1f0c", 1)]


def test_the_clock_of_escalation_begins_with_the_first_sink_that_told():
    """A second sink that was down for an hour does not give the board another hour."""
    desk = (
        DeliveryScenario()
        .publish(alert_bytes())
        .log_sent(ALERTMANAGER, 1, at=10)
        .log_sent(BOARD, 1, at=4000)
    )

    assert desk.due_to_send(CHAIR, 10 + HALF_AN_HOUR) == [("1f0c", 1)]


def test_nobody_is_called_next_before_anybody_was_told():
    """With every sink down there is nobody who could have answered."""
    assert DeliveryScenario().publish(alert_bytes()).due_to_send(CHAIR, 1e9) == []


def test_an_answer_cancels_the_next_call():
    """Acknowledged in time, or late but before the call went out: the chair sleeps on."""
    desk = (
        DeliveryScenario()
        .publish(alert_bytes())
        .log_sent(BOARD, 1, at=0)
        .publish(acknowledgement(2))
    )

    assert desk.due_to_send(CHAIR, 1e9) == []


def test_a_rise_does_not_start_the_clock_anew():
    """A watch that keeps rising would otherwise never reach the chair."""
    desk = (
        DeliveryScenario()
        .publish(alert_bytes())
        .log_sent(BOARD, 1, at=0)
        .publish(alert_bytes(revision=2))
    )
    desk.log_sent(BOARD, 2, at=1700)

    assert desk.due_to_send(CHAIR, HALF_AN_HOUR) == [("1f0c", 2)]


def test_a_report_that_is_opened_again_has_a_clock_of_its_own():
    """The answer of last month is no answer to what changed today."""
    desk = (
        DeliveryScenario()
        .publish(alert_bytes())
        .log_sent(BOARD, 1, at=0)
        .publish(acknowledgement(2))
        .log_sent(BOARD, 2, at=60)
    )
    desk.publish(alert_bytes(revision=3, state="reopened", move="change")).log_sent(
        BOARD, 3, at=10_000
    )

    assert desk.due_to_send(CHAIR, 10_000 + HALF_AN_HOUR - 1) == []
    assert desk.due_to_send(CHAIR, 10_000 + HALF_AN_HOUR) == [("1f0c", 3)]


def test_who_was_called_stays_in_the_picture():
    """Later calls come to the chair at once; the board's answer does not take the chair out."""
    desk = (
        DeliveryScenario()
        .publish(alert_bytes())
        .log_sent(BOARD, 1, at=0)
        .log_sent(CHAIR, 1, at=HALF_AN_HOUR)
    )

    desk.publish(alert_bytes(revision=2))

    assert desk.due_to_send(CHAIR, HALF_AN_HOUR + 1) == [("1f0c", 2)]


def test_a_finding_of_data_quality_calls_nobody_who_did_not_ask_for_it():
    """It is for who cares for the data; and nothing escalates from it."""
    desk = DeliveryScenario().publish(alert_bytes(kind="finding", tracked=False))

    assert desk.due_to_send(BOARD) == desk.due_to_send(CHAIR, 1e9) == []
