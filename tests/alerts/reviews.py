"""Builders of alerts, registers and members' reviews."""

from __future__ import annotations

from typing import Any

from alerts.alert import Alert
from alerts.lifecycle import Move, State
from alerts.register.register import AlertRegister
from monitor.records import Record, Review
from tests.monitor.builders import STUDY, case, record

ALERT_ID = "c0ffee"


def alert(name: str = ALERT_ID, **overrides: Any) -> Alert:
    """An alert of the watch `clots`, raised on the first day."""
    fields: dict[str, Any] = {
        "revision": 1,
        "study": STUDY,
        "watch": "clots",
        "term": "DVT",
        "level": "watch",
        "e_value": 6.2,
        "as_of": 737_425,
        "line": 1,
        "thing": "safety/c1",
        "version": 1,
        "plan_sha256": "0" * 64,
        "known_at": 0,
    }
    return Alert(id=name, **(fields | overrides))


def review(
    move: str,
    revision: int,
    *,
    by: str = "board-1",
    of: str = ALERT_ID,
    name: str = "",
    version: int = 1,
    known: int = 100,
) -> Record:
    """The move *move* by the member *by* on revision *revision* of the alert *of*."""
    body = Review(
        alert=of,
        revision=revision,
        move=move,
        shown="5f0e",
        member=by,
        reason="The cases were read.",
        meaning="I have seen it.",
    )
    return record(body, name or f"board/{by}-{move}-{revision}", version=version, known=known)


FOLLOW_UP = case("c1", "A1", 3, version=2, known=90)
"""A follow-up of the case that raised the alert."""

MOVES_TO_STATE: dict[State, tuple[Move, ...]] = {
    State.RAISED: (),
    State.ACKNOWLEDGED: (Move.ACKNOWLEDGE,),
    State.UNDER_REVIEW: (Move.ACKNOWLEDGE, Move.BEGIN_REVIEW),
    State.CONFIRMED: (Move.ACKNOWLEDGE, Move.BEGIN_REVIEW, Move.CONFIRM),
    State.REFUTED: (Move.ACKNOWLEDGE, Move.BEGIN_REVIEW, Move.REFUTE),
    State.INSUFFICIENT: (Move.ACKNOWLEDGE, Move.BEGIN_REVIEW, Move.CALL_INSUFFICIENT),
    State.CLOSED: (Move.ACKNOWLEDGE, Move.BEGIN_REVIEW, Move.CONFIRM, Move.CLOSE),
    State.REOPENED: (Move.ACKNOWLEDGE, Move.BEGIN_REVIEW, Move.CONFIRM, Move.CHANGE),
}
"""By state, the moves that lead an alert there after it was raised."""


def register_at(state: State) -> AlertRegister:
    """A register with one alert, in the state *state*."""
    register = AlertRegister()
    register.raise_once(alert())
    for revision, move in enumerate(MOVES_TO_STATE[state], start=1):
        if move is Move.CHANGE:
            register.note_data_change(ALERT_ID, FOLLOW_UP, 9)
        else:
            register.apply_review(review(move, revision), revision)
    assert register.entries[ALERT_ID].alert.state is state
    return register
