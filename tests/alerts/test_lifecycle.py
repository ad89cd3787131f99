"""The alert lifecycle: every pair of state and move is defined, and the docs' diagram matches."""

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
"""The expected transitions by move; the product defines them by state."""

PAIRS = list(product(State, Move))


@pytest.mark.parametrize(("state", "move"), PAIRS)
def test_every_pair_of_state_and_move_is_defined(state: State, move: Move):
    """All 72 pairs lead to the expected state, or are not allowed."""
    assert next_state(state, move) == EXPECTED[move].get(state)


@pytest.mark.parametrize(("state", "move"), [pair for pair in PAIRS if pair[1] in MEMBER_MOVES])
def test_a_member_can_make_only_the_moves_of_the_table(state: State, move: Move):
    """The register applies an allowed move; it refuses any other, and stores the refusal."""
    register = register_at(state)
    entry = register.entries[ALERT_ID]
    revision, steps = entry.alert.revision, len(entry.history)
    new_revision = register.apply_review(review(move, revision, name="board/now"), 50)
    result, expected = register.review_results["board/now"], EXPECTED[move].get(state)

    assert result.accepted is (expected is not None) is (new_revision is not None)
    assert (result.state, result.revision) == (expected or state, revision + (expected is not None))
    assert entry.alert.state is (expected or state)
    assert len(entry.history) == steps + 1
    if new_revision is None:
        assert result.objection is not None and result.objection.word == "not_now"
        assert str(state) in result.reason
    else:
        assert (new_revision.move, new_revision.member, new_revision.pages) == (
            move,
            "board-1",
            False,
        )


@pytest.mark.parametrize("state", State)
def test_data_move_an_alert_as_the_table_defines(state: State):
    """An irrelevant change is ignored; a level that rises always pages."""
    register = register_at(state)
    entry = register.entries[ALERT_ID]
    revision = entry.alert.revision
    changed = register.note_data_change(ALERT_ID, FOLLOW_UP, 50)

    expected = EXPECTED[Move.CHANGE].get(state)
    assert (changed and changed.state) == expected
    assert entry.alert.revision == revision + (expected is not None)
    if state is not State.CLOSED:
        risen = register_at(state).raise_level(alert(level="signal"))
        assert (risen.state, risen.move) == (EXPECTED[Move.RISE][state], Move.RISE)
        assert (risen.revision, risen.level, risen.pages) == (revision + 1, "signal", True)


def test_every_state_is_reachable_and_only_closed_is_final():
    """A member can always act on an alert that is not closed."""
    reached = {INITIAL_STATE} | {to for moves in TRANSITIONS.values() for to in moves.values()}

    assert reached == set(State)
    assert [state for state in State if not allowed_moves(state)] == [State.CLOSED]


def test_every_move_of_a_member_has_a_meaning_to_sign():
    """An electronic signature must state its meaning."""
    assert set(MEANINGS) == set(MEMBER_MOVES)


def test_the_diagram_in_the_docs_matches_the_table():
    """If this fails, paste the output of `alerts.lifecycle.state_diagram()` into docs/alerts.md."""
    assert f"```mermaid\n{state_diagram()}\n```" in (ROOT / "docs" / "alerts.md").read_text()
