"""The state machine of an alert: one table of the moves that each state allows."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum


class State(StrEnum):
    """State of an alert."""

    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    UNDER_REVIEW = "under_review"
    CONFIRMED = "confirmed"
    REFUTED = "refuted"
    INSUFFICIENT = "insufficient"
    CLOSED = "closed"
    REOPENED = "reopened"


class Move(StrEnum):
    """What changes the state of an alert: new data, or a member of the monitoring board."""

    RAISE = "raise"
    RISE = "rise"
    CHANGE = "change"

    ACKNOWLEDGE = "acknowledge"
    BEGIN_REVIEW = "begin_review"
    CONFIRM = "confirm"
    REFUTE = "refute"
    CALL_INSUFFICIENT = "call_insufficient"
    CLOSE = "close"


DATA_MOVES = (Move.RAISE, Move.RISE, Move.CHANGE)
"""Moves made by data: the alert is raised, its level rises, or data under a decision change.

Only these page; the moves of members do not.
"""

MEMBER_MOVES = tuple(move for move in Move if move not in DATA_MOVES)
"""Moves made by a member of the board, each by a signed review."""

DECIDED_STATES = (State.CONFIRMED, State.REFUTED, State.INSUFFICIENT)
"""States after a decision of the board; a change of the underlying data reopens the alert."""

_DECIDED_TRANSITIONS = {
    Move.CLOSE: State.CLOSED,
    Move.RISE: State.REOPENED,
    Move.CHANGE: State.REOPENED,
}

INITIAL_STATE = State.RAISED
"""State after ``Move.RAISE``."""

TRANSITIONS: dict[State, dict[Move, State]] = {
    State.RAISED: {Move.ACKNOWLEDGE: State.ACKNOWLEDGED, Move.RISE: State.RAISED},
    State.ACKNOWLEDGED: {Move.BEGIN_REVIEW: State.UNDER_REVIEW, Move.RISE: State.RAISED},
    State.UNDER_REVIEW: {
        Move.CONFIRM: State.CONFIRMED,
        Move.REFUTE: State.REFUTED,
        Move.CALL_INSUFFICIENT: State.INSUFFICIENT,
        Move.RISE: State.RAISED,
    },
    State.CONFIRMED: _DECIDED_TRANSITIONS,
    State.REFUTED: _DECIDED_TRANSITIONS,
    State.INSUFFICIENT: _DECIDED_TRANSITIONS,
    State.REOPENED: {
        Move.ACKNOWLEDGE: State.ACKNOWLEDGED,
        Move.BEGIN_REVIEW: State.UNDER_REVIEW,
        Move.RISE: State.RAISED,
    },
    # No move leaves CLOSED: evidence that rises again raises another alert.
    State.CLOSED: {},
}
"""A missing move is refused when a member makes it, and ignored when data make it."""

MEANINGS: dict[Move, str] = {
    Move.ACKNOWLEDGE: "I have seen this alert.",
    Move.BEGIN_REVIEW: "I am reviewing the cases and the evidence of this alert.",
    Move.CONFIRM: "I judge that this alert shows a risk to the subjects.",
    Move.REFUTE: "I judge that this alert shows no risk to the subjects.",
    Move.CALL_INSUFFICIENT: "I judge that the data do not suffice to confirm or to refute it.",
    Move.CLOSE: "I judge that nothing more is to be done about this alert.",
}
"""Meaning of a member's signature under each move (21 CFR 11.50(a)(3))."""


def next_state(state: State, move: Move) -> State | None:
    """The state after *move* in *state*, or None where the state does not allow the move.

    >>> next_state(State.RAISED, Move.CLOSE) is None
    True
    """
    return TRANSITIONS[state].get(move)


def allowed_moves(state: State) -> tuple[Move, ...]:
    """The moves that a member can make on an alert in *state*."""
    return tuple(move for move in TRANSITIONS[state] if move in MEMBER_MOVES)


def state_diagram() -> str:
    """``TRANSITIONS`` as a Mermaid state diagram, with the moves of ``DATA_MOVES`` in brackets.

    ``docs/alerts.md`` contains the diagram, and a test compares the two.
    """
    return "\n".join(["stateDiagram-v2", *(f"    {line}" for line in _transition_lines())])


def _transition_lines() -> Iterator[str]:
    yield f"[*] --> {INITIAL_STATE}: {_move_label(Move.RAISE)}"
    for state, moves in TRANSITIONS.items():
        for move, target in moves.items():
            yield f"{state} --> {target}: {_move_label(move)}"
    for state, moves in TRANSITIONS.items():
        if not moves:
            yield f"{state} --> [*]"


def _move_label(move: Move) -> str:
    word = move.replace("_", " ")
    return f"({word})" if move in DATA_MOVES else word
