"""The life of an alert: every move in every state is decided, and the table draws itself."""

from __future__ import annotations

from itertools import product

import pytest

from alerts.lifecycle import (
    INITIAL_STATE,
    MEANINGS,
    MEMBER_MOVES,
    TRANSITIONS,
    Move,
    State,
    allowed_moves,
    next_state,
    state_diagram,
)
from tests.alerts.reviews import ALERT_ID, FOLLOW_UP, alert, register_at, review
from tests.paths import ROOT

R, A, U, C, F, I, O, Z = (  # noqa: E741
    State.RAISED,
    State.ACKNOWLEDGED,
    State.UNDER_REVIEW,
    State.CONFIRMED,
    State.REFUTED,
    State.INSUFFICIENT,
    State.REOPENED,
    State.CLOSED,
)
EXPECTED: dict[Move, dict[State, State]] = {
    Move.RAISE: {},
    Move.ACKNOWLEDGE: {R: A, O: A},
    Move.BEGIN_REVIEW: {A: U, O: U},
    Move.CONFIRM: {U: C},
    Move.REFUTE: {U: F},
    Move.CALL_INSUFFICIENT: {U: I},
    Move.CLOSE: {C: Z, F: Z, I: Z},
    Move.RISE: {R: R, A: R, U: R, O: R, C: O, F: O, I: O},
    Move.CHANGE: {C: O, F: O, I: O},
}
"""Written down by move, and not by state as the product has it."""

PAIRS = list(product(State, Move))


@pytest.mark.parametrize(("state", "move"), PAIRS)
def test_every_pair_is_decided(state: State, move: Move):
    """All 72 pairs lead where the issue says, or nowhere; there is no third thing."""
    assert next_state(state, move) == EXPECTED[move].get(state)


@pytest.mark.parametrize(("state", "move"), [pair for pair in PAIRS if pair[1] in MEMBER_MOVES])
def test_a_member_can_do_what_the_table_says_and_nothing_else(state: State, move: Move):
    """On a docket: a move in the table is taken, any other is refused by name and kept."""
    docket = register_at(state)
    entry = docket.entries[ALERT_ID]
    revision, steps = entry.alert.revision, len(entry.history)
    told = docket.apply_review(review(move, revision, name="board/now"), 50)
    answer, due = docket.review_results["board/now"], EXPECTED[move].get(state)

    assert answer.accepted is (due is not None) is (told is not None)
    assert (answer.state, answer.revision) == (due or state, revision + (due is not None))
    assert entry.alert.state is (due or state)
    assert len(entry.history) == steps + 1
    if told is None:
        assert answer.objection is not None and answer.objection.word == "not_now"
        assert str(state) in answer.reason
    else:
        assert (told.move, told.member, told.pages) == (move, "board-1", False)


@pytest.mark.parametrize("state", State)
def test_the_fold_moves_an_alert_as_the_table_says(state: State):
    """A change that does not matter is ignored; a level that rises always calls people."""
    docket = register_at(state)
    entry = docket.entries[ALERT_ID]
    revision = entry.alert.revision
    changed = docket.note_data_change(ALERT_ID, FOLLOW_UP, 50)

    due = EXPECTED[Move.CHANGE].get(state)
    assert (changed and changed.state) == due
    assert entry.alert.revision == revision + (due is not None)
    if state is not State.CLOSED:
        rose = register_at(state).raise_level(alert(level="signal"))
        assert (rose.state, rose.move) == (EXPECTED[Move.RISE][state], Move.RISE)
        assert (rose.revision, rose.level, rose.pages) == (revision + 1, "signal", True)


def test_every_state_can_be_reached_and_only_a_closed_alert_is_at_its_end():
    """Nobody is left with an alert that no member can do anything about."""
    reached = {INITIAL_STATE} | {to for moves in TRANSITIONS.values() for to in moves.values()}

    assert reached == set(State)
    assert [state for state in State if not allowed_moves(state)] == [State.CLOSED]


def test_every_move_of_a_member_has_a_meaning_to_sign():
    """A signature without a meaning would be a scribble."""
    assert set(MEANINGS) == set(MEMBER_MOVES)


def test_the_diagram_in_the_docs_is_drawn_from_the_table():
    """Where this fails, put what `alerts.lifecycle.diagram()` gives into docs/alerts.md."""
    assert f"```mermaid\n{state_diagram()}\n```" in (ROOT / "docs" / "alerts.md").read_text()
