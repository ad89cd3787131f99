"""The life of an alert: which moves it allows in which state, as one table."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum


class State(StrEnum):
    """Where an alert stands between the machine that raised it and the people who decide."""

    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    UNDER_REVIEW = "under_review"
    CONFIRMED = "confirmed"
    REFUTED = "refuted"
    INSUFFICIENT = "insufficient"
    CLOSED = "closed"
    REOPENED = "reopened"


class Move(StrEnum):
    """What moves an alert: the fold, or a member of the board."""

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
"""Moves that the data make: it rings, its level rises, what it was decided on has changed.

These are what people are called for; nobody is called for what a member did.
"""

MEMBER_MOVES = tuple(move for move in Move if move not in DATA_MOVES)

DECIDED_STATES = (State.CONFIRMED, State.REFUTED, State.INSUFFICIENT)
"""People have judged the data as they were; other data put the alert before them again."""

_DECIDED_TRANSITIONS = {
    Move.CLOSE: State.CLOSED,
    Move.RISE: State.REOPENED,
    Move.CHANGE: State.REOPENED,
}

INITIAL_STATE = State.RAISED
"""Where ``Move.RAISE`` puts an alert, once."""

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
    # A closed alert is history: evidence that rises again is an alert of its own.
    State.CLOSED: {},
}
"""What is not here is refused to a member, and does not concern the fold."""

MEANINGS: dict[Move, str] = {
    Move.ACKNOWLEDGE: "I have seen this alert.",
    Move.BEGIN_REVIEW: "I am reviewing the cases and the evidence of this alert.",
    Move.CONFIRM: "I judge that this alert shows a risk to the subjects.",
    Move.REFUTE: "I judge that this alert shows no risk to the subjects.",
    Move.CALL_INSUFFICIENT: "I judge that the data do not suffice to confirm or to refute it.",
    Move.CLOSE: "I judge that nothing more is to be done about this alert.",
}
"""What the signature of a member under a move means."""


def next_state(state: State, move: Move) -> State | None:
    """The state that *move* leads to from *state*, or None where there is no such move.

    >>> next_state(State.RAISED, Move.CLOSE) is None
    True
    """
    return TRANSITIONS[state].get(move)


def allowed_moves(state: State) -> tuple[Move, ...]:
    """What a member can do with an alert in *state*."""
    return tuple(move for move in TRANSITIONS[state] if move in MEMBER_MOVES)


def state_diagram() -> str:
    """The table as a Mermaid state diagram; moves of the fold are in brackets.

    ``docs/alerts.md`` holds it, and a test draws it anew.
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
