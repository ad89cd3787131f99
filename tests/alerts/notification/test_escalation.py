"""Who is called when nobody answers, and when: by the wall clock and the ledger."""

from __future__ import annotations

from tests.alerts.notification.published_alerts import (
    BELL,
    BOARD,
    CHAIR,
    HALF_AN_HOUR,
    Desk,
    answer,
    wire,
)


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
