"""What becomes of members' moves: one order, no edits, and a reason for every refusal."""

from __future__ import annotations

import pytest

from alerts.alert import AlertKind
from alerts.lifecycle import Move, State
from alerts.register.register import AlertRegister
from tests.alerts.reviews import ALERT_ID, alert, register_at, review


def test_of_two_members_on_one_page_one_is_accepted_and_the_other_told_why_not():
    """Both saw revision 1; the second is told who was there before, and what is possible now."""
    docket = register_at(State.RAISED)
    docket.apply_review(review("acknowledge", 1, by="board-1"), 2)
    docket.apply_review(review("acknowledge", 1, by="board-2"), 3)
    first, second = docket.review_results.values()

    assert (first.accepted, first.reason, first.revision) == (True, "", 2)
    assert (second.accepted, second.objection and second.objection.word) == (False, "stale")
    assert second.reason == (
        "The alert has moved on since it was shown: look again. It is acknowledged at revision 2,"
        " by board-1; a member can begin_review."
    )
    assert docket.entries[ALERT_ID].alert.member == "board-1"


def test_the_history_holds_who_when_and_why_of_accepted_and_refused_moves():
    """Nothing that a member ever asked for is lost."""
    docket = register_at(State.RAISED)
    docket.apply_review(review("close", 1, by="board-2", known=101), 2)
    docket.apply_review(review("acknowledge", 1, known=102), 3)
    raised, refused, taken = docket.entries[ALERT_ID].history

    assert (raised.move, raised.review, raised.line) == ("raise", None, 1)
    assert (refused.move, refused.refused and refused.refused.word) == ("close", "not_now")
    assert (refused.revision, refused.state, refused.line) == (1, State.RAISED, 2)
    assert refused.review and refused.review.member == "board-2"
    assert (taken.move, taken.refused, taken.revision) == ("acknowledge", None, 2)
    assert taken.review and taken.review.reason == "The cases were read."
    assert taken.known_at - refused.known_at == 86_400


@pytest.mark.parametrize(
    ("made", "word", "says"),
    [
        (review("acknowledge", 1, of="beef"), "unknown_alert", "no such alert"),
        (review("acknowledge", 2), "yet_to_come", "no such revision yet"),
        (review("applaud", 1), "no_such_move", "a member can acknowledge"),
        (review("raise", 1), "no_such_move", "no such move"),
        (review("close", 1), "not_now", "It is raised at revision 1"),
    ],
)
def test_a_refusal_has_its_reason(made, word: str, says: str):
    """A refused move is answered, and changes nothing but the history."""
    docket = register_at(State.RAISED)

    assert docket.apply_review(made, 2) is None
    (answer,) = docket.review_results.values()
    assert (answer.accepted, answer.objection and answer.objection.word) == (False, word)
    assert says in answer.reason
    assert docket.entries[ALERT_ID].alert == alert()


def test_a_move_is_never_edited():
    """A second version of a move is refused under a name of its own; the first one holds."""
    docket = register_at(State.RAISED)
    docket.apply_review(review("acknowledge", 1, name="board/n"), 2)
    docket.apply_review(review("begin_review", 2, name="board/n", version=2), 3)

    first, second = docket.review_results["board/n"], docket.review_results["board/n/2"]
    assert (first.accepted, second.objection and second.objection.word) == (True, "edited")
    assert docket.entries[ALERT_ID].alert.state is State.ACKNOWLEDGED


def test_a_finding_is_for_information():
    """It rings and has no life: there is nothing to be decided about it."""
    docket = AlertRegister()
    docket.raise_once(alert(kind=AlertKind.FINDING, tracked=False, e_value=None, pages=False))
    docket.apply_review(review("acknowledge", 1), 2)

    (answer,) = docket.review_results.values()
    assert answer.objection and answer.objection.word == "for_information"


def test_what_has_rung_does_not_ring_again():
    """A case that meets a rule in each of its versions is told once."""
    docket = AlertRegister()

    assert docket.raise_once(alert(kind=AlertKind.CASE, e_value=None)) is not None
    assert docket.raise_once(alert(kind=AlertKind.CASE, e_value=None)) is None


def test_a_members_move_keeps_the_evidence_and_names_the_record_that_made_it():
    """What was signed is what had rung, not what the evidence has become since."""
    docket = register_at(State.RAISED)
    told = docket.apply_review(review("acknowledge", 1, name="board/n", known=120), 7)

    assert told is not None
    assert (told.e_value, told.level, told.as_of) == (6.2, "watch", 737_425)
    assert (told.line, told.thing, told.move) == (7, "board/n", Move.ACKNOWLEDGE)
