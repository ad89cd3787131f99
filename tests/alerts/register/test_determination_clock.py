"""Which move starts the determination clock, move by move: `confirm`, and no other."""

from __future__ import annotations

import pytest

from alerts.lifecycle import DATA_MOVES, TRANSITIONS, Move, State
from alerts.register.register import AlertRegister
from monitor.dates import iso
from tests.alerts.reviews import ALERT_ID, FOLLOW_UP, alert, review
from tests.monitor.builders import day

RECEIPT = ("receipt", "2020-01-08")
MOVED_ON = 7
"""The day of a test on which the move is known."""

STARTED = ("determination", iso(day(MOVED_ON + 15)))
PAIRS = [(state, move) for state, moves in TRANSITIONS.items() for move in moves]


def register_in(state: State) -> AlertRegister:
    """A register with one alert in *state*, which has a receipt clock and no other."""
    register = AlertRegister()
    register.raise_once(alert(due=(RECEIPT,)))
    entry = register.entries[ALERT_ID]
    entry.alert = alert(due=(RECEIPT,), state=state)
    return register


@pytest.mark.parametrize(("state", "move"), PAIRS)
def test_confirm_alone_starts_the_determination_clock(state: State, move: Move):
    """Fifteen days from the move's own day; every other move leaves both clocks as they are."""
    register = register_in(state)
    if move is Move.RISE:
        revision = register.raise_level(alert(level="signal", due=(RECEIPT,)))
    elif move in DATA_MOVES:
        revision = register.note_data_change(ALERT_ID, FOLLOW_UP, 9)
    else:
        revision = register.apply_review(review(move.value, 1, known=MOVED_ON), 9)

    assert revision is not None and revision.move is move
    assert revision.due == ((RECEIPT, STARTED) if move is Move.CONFIRM else (RECEIPT,))


def test_a_second_confirm_starts_the_clock_again():
    """The first determination was about other data; its day is replaced, not kept beside."""
    register = register_in(State.UNDER_REVIEW)
    register.apply_review(review("confirm", 1, known=MOVED_ON), 9)
    register.note_data_change(ALERT_ID, FOLLOW_UP, 10)
    register.apply_review(review("begin_review", 3, known=20), 11)
    second = register.apply_review(review("confirm", 4, known=21), 12)

    assert second is not None
    assert second.due == (RECEIPT, ("determination", iso(day(21 + 15))))


@pytest.mark.parametrize("move", ["refute", "call_insufficient", "close"])
def test_a_move_after_the_confirm_keeps_the_clock(move: str):
    """A determination is not undone by what the board does later."""
    register = register_in(State.UNDER_REVIEW)
    register.apply_review(review("confirm", 1, known=MOVED_ON), 9)
    if move != "close":
        register.note_data_change(ALERT_ID, FOLLOW_UP, 10)
        register.apply_review(review("begin_review", 3, known=20), 11)
    revision = register.entries[ALERT_ID].alert.revision
    moved = register.apply_review(review(move, revision, known=21), 12)

    assert moved is not None and moved.due == (RECEIPT, STARTED)


def test_a_rise_after_the_confirm_keeps_the_clock():
    """New evidence reopens the alert; the report on what was confirmed is still due."""
    register = register_in(State.UNDER_REVIEW)
    register.apply_review(review("confirm", 1, known=MOVED_ON), 9)
    risen = register.raise_level(alert(level="signal"))

    assert (risen.move, risen.due) == (Move.RISE, (RECEIPT, STARTED))
