"""Reviews in the alert register: applied in log order, never edited, refused with a reason."""

from __future__ import annotations

import pytest

from alerts.alert import AlertKind
from alerts.lifecycle import Move, State
from alerts.register.register import AlertRegister
from tests.alerts.reviews import ALERT_ID, alert, register_at, review


def test_of_two_reviews_of_one_revision_the_first_is_accepted():
    """Both reviewed revision 1; the refusal names the first member and the moves now allowed."""
    register = register_at(State.RAISED)
    register.apply_review(review("acknowledge", 1, by="board-1"), 2)
    register.apply_review(review("acknowledge", 1, by="board-2"), 3)
    first, second = register.review_results.values()

    assert (first.accepted, first.reason, first.revision) == (True, "", 2)
    assert (second.accepted, second.objection and second.objection.word) == (False, "stale")
    assert second.reason == (
        "The alert has moved on since it was shown: look again. It is acknowledged at revision 2,"
        " by board-1; a member can begin_review."
    )
    assert register.entries[ALERT_ID].alert.member == "board-1"


def test_the_history_holds_member_time_and_reason_of_every_move():
    """The history keeps every requested move."""
    register = register_at(State.RAISED)
    register.apply_review(review("close", 1, by="board-2", known=101), 2)
    register.apply_review(review("acknowledge", 1, known=102), 3)
    raised, refused, accepted = register.entries[ALERT_ID].history

    assert (raised.move, raised.review, raised.line) == ("raise", None, 1)
    assert (refused.move, refused.refused and refused.refused.word) == ("close", "not_now")
    assert (refused.revision, refused.state, refused.line) == (1, State.RAISED, 2)
    assert refused.review and refused.review.member == "board-2"
    assert (accepted.move, accepted.refused, accepted.revision) == ("acknowledge", None, 2)
    assert accepted.review and accepted.review.reason == "The cases were read."
    assert accepted.known_at - refused.known_at == 86_400


@pytest.mark.parametrize(
    ("move", "word", "message"),
    [
        (review("acknowledge", 1, of="beef"), "unknown_alert", "no such alert"),
        (review("acknowledge", 2), "yet_to_come", "no such revision yet"),
        (review("applaud", 1), "no_such_move", "a member can acknowledge"),
        (review("raise", 1), "no_such_move", "no such move"),
        (review("close", 1), "not_now", "It is raised at revision 1"),
    ],
)
def test_a_refused_move_has_a_reason(move, word: str, message: str):
    """A refused move gets a result, and changes only the history."""
    register = register_at(State.RAISED)

    assert register.apply_review(move, 2) is None
    (result,) = register.review_results.values()
    assert (result.accepted, result.objection and result.objection.word) == (False, word)
    assert message in result.reason
    assert register.entries[ALERT_ID].alert == alert()


def test_a_move_is_never_edited():
    """A second version of a move is refused under its own name; the first one remains."""
    register = register_at(State.RAISED)
    register.apply_review(review("acknowledge", 1, name="board/n"), 2)
    register.apply_review(review("begin_review", 2, name="board/n", version=2), 3)

    first, second = register.review_results["board/n"], register.review_results["board/n/2"]
    assert (first.accepted, second.objection and second.objection.word) == (True, "edited")
    assert register.entries[ALERT_ID].alert.state is State.ACKNOWLEDGED


def test_a_review_of_a_finding_is_refused():
    """A finding has no lifecycle, so no move applies to it."""
    register = AlertRegister()
    register.raise_once(alert(kind=AlertKind.FINDING, tracked=False, e_value=None, pages=False))
    register.apply_review(review("acknowledge", 1), 2)

    (result,) = register.review_results.values()
    assert result.objection and result.objection.word == "for_information"


def test_a_raised_alert_is_not_raised_again():
    """A case that meets a rule in each of its versions raises one alert."""
    register = AlertRegister()

    assert register.raise_once(alert(kind=AlertKind.CASE, e_value=None)) is not None
    assert register.raise_once(alert(kind=AlertKind.CASE, e_value=None)) is None


def test_a_members_move_keeps_the_evidence_and_names_its_record():
    """The member signed the raised revision, not the evidence of a later day."""
    register = register_at(State.RAISED)
    revision = register.apply_review(review("acknowledge", 1, name="board/n", known=120), 7)

    assert revision is not None
    assert (revision.e_value, revision.level, revision.as_of) == (6.2, "watch", 737_425)
    assert (revision.line, revision.thing, revision.move) == (7, "board/n", Move.ACKNOWLEDGE)
