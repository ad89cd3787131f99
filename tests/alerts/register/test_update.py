"""A review among the records of a trial: what is decided, reopened, closed, and rings again."""

from __future__ import annotations

import pytest

from alerts.alert import Alert, alert_id
from alerts.lifecycle import State
from alerts.register.update import register_of
from monitor.state.digest import state_digest
from monitor.state.entities import RecordOutcome
from tests.alerts.reviews import review
from tests.monitor.builders import STUDY, case, collected, day, merged, retracted, tick_record
from tests.monitor.small_plans import plan_of, reference_watch
from tests.monitor.trial import Trial, trial, two_arms

CLOTS = alert_id(STUDY, "clots", 1)
MOVES_TO_CONFIRMED = ("acknowledge", "begin_review", "confirm")
MOVES_TO_CLOSED = (*MOVES_TO_CONFIRMED, "close")


def trial_with_alert(*moves: str, **said: object) -> Trial:
    """Ten patients an arm, one clot on `act` that asks to watch, and *moves* of a member."""
    found = trial(
        plan_of(reference_watch(), **said), *two_arms(10), tick_record(30), case("c1", "A1", 31)
    )
    return apply_moves(found, *moves)


def apply_moves(found: Trial, *moves: str, of: str = CLOTS) -> Trial:
    """A member makes *moves* on the alert *of*, each on what is there."""
    for move in moves:
        revision = register_of(found.study).entries[of].alert.revision
        found.submit(review(move, revision, of=of, name=f"board/{of}-{revision}"))
    return found


def published(found: Trial) -> list[tuple[str, str, int]]:
    """State, move and revision of what was told."""
    return [(one.state, one.move, one.revision) for one in found.alerts]


def last_alert(found: Trial) -> Alert:
    """The last that was told."""
    return found.alerts[-1]


def test_an_alert_is_reviewed_by_records_of_the_log():
    """Each accepted move is folded, is a revision, and is told; it pages nobody."""
    found = trial_with_alert(*MOVES_TO_CLOSED)

    assert published(found) == [
        ("raised", "raise", 1),
        ("acknowledged", "acknowledge", 2),
        ("under_review", "begin_review", 3),
        ("confirmed", "confirm", 4),
        ("closed", "close", 5),
    ]
    assert [one.pages for one in found.alerts] == [True, False, False, False, False]
    assert set(found.outcomes) == {RecordOutcome.FOLDED}


def test_a_refused_move_is_a_record_of_the_log_like_any_other():
    """It is folded and answered; it is no refusal of the log, and the same said again is one."""
    found = trial_with_alert("close")

    assert (found.results[-1].outcome, found.results[-1].alerts) == (RecordOutcome.FOLDED, ())
    assert found.submit(review("close", 1, of=CLOTS, name=f"board/{CLOTS}-1")).outcome is (
        RecordOutcome.DUPLICATE
    )
    (answer,) = register_of(found.study).review_results.values()
    assert (answer.accepted, answer.state, answer.revision) == (False, State.RAISED, 1)


@pytest.mark.parametrize(
    "follow_up",
    [
        case("c1", "A1", 29, version=2, known=33),
        case("c1", "A1", 31, version=2, known=33, serious=True),
        case("c1", "A1", 31, term="Headache", version=2, known=33),
        case("c2", "A2", 32, known=33),
        retracted("r1", "safety/c1"),
        merged("m1", "subject", "A1", "A2"),
        collected("DVT", 32),
    ],
    ids=["onset", "seriousness", "term", "another case", "retraction", "merge", "collection"],
)
def test_a_decided_alert_is_reopened_when_the_data_beneath_it_change(follow_up):
    """What was decided was decided on other data: the alert is before the board again."""
    found = trial_with_alert(*MOVES_TO_CONFIRMED)
    found.submit(follow_up)

    assert (last_alert(found).state, last_alert(found).revision) == (State.REOPENED, 5)
    assert (last_alert(found).thing, last_alert(found).pages) == (follow_up.entity_id, True)
    assert last_alert(found).member is None
    apply_moves(found, "begin_review", "refute")
    assert last_alert(found).state is State.REFUTED


@pytest.mark.parametrize(
    "other",
    [
        case("c1", "A1", 31, version=2, known=33),
        case("c2", "A1", 35, known=35),
        case("c2", "A2", 32, term="Headache", known=33),
        case("c2", "C2", 32, known=33),
        tick_record(40),
    ],
    ids=["same again", "second of a subject", "other term", "other arm", "tick"],
)
def test_a_decided_alert_is_left_alone_by_what_does_not_bear_on_it(other):
    """A board that is called for nothing stops coming."""
    found = trial_with_alert(*MOVES_TO_CONFIRMED)

    assert found.submit(other).alerts == ()
    assert register_of(found.study).entries[CLOTS].alert.state is State.CONFIRMED


@pytest.mark.parametrize("moves", [(), ("acknowledge",), MOVES_TO_CONFIRMED[:2], MOVES_TO_CLOSED])
def test_a_change_before_a_decision_or_after_the_end_is_nothing(moves: tuple[str, ...]):
    """Whoever reviews sees the data as they are; a closed alert is history."""
    found = trial_with_alert(*moves)

    assert found.submit(case("c1", "A1", 30, version=2, known=33)).alerts == ()


def test_a_level_that_rises_puts_any_open_alert_before_the_board():
    """From acknowledged back to raised, from confirmed to reopened: once, as one revision."""
    seen, decided = trial_with_alert("acknowledge"), trial_with_alert(*MOVES_TO_CONFIRMED)
    for found in (seen, decided):
        found.submit(case("c2", "A2", 32))

    assert (last_alert(seen).state, last_alert(seen).move, last_alert(seen).level) == (
        "raised",
        "rise",
        "signal",
    )
    assert [one.revision for one in decided.alerts] == [1, 2, 3, 4, 5]
    assert (last_alert(decided).state, last_alert(decided).move) == ("reopened", "rise")
    assert last_alert(decided).level == "signal"


def test_after_the_end_a_rise_above_the_level_is_an_alert_of_its_own():
    """The second clot makes a signal of what was closed as a watch: the next episode."""
    found = trial_with_alert(*MOVES_TO_CLOSED)
    found.submit(case("c2", "A2", 32))

    assert (last_alert(found).id, last_alert(found).revision) == (alert_id(STUDY, "clots", 2), 1)
    assert (last_alert(found).state, last_alert(found).level) == ("raised", "signal")
    assert register_of(found.study).entries[CLOTS].alert.state is State.CLOSED


def test_after_the_end_evidence_that_stays_rings_nothing_until_it_has_fallen():
    """Closed as it stands, it is silent; fallen below its level and risen again, it rings."""
    found = trial_with_alert(*MOVES_TO_CLOSED)
    quiet = found.submit(tick_record(34)).alerts
    fell = found.submit(retracted("r1", "safety/c1")).alerts
    rose = found.submit(case("c2", "A2", 35)).alerts

    assert (quiet, fell) == ((), ())
    assert [(one.id, one.level) for one in rose] == [(alert_id(STUDY, "clots", 2), "watch")]
    assert found.study.episodes["clots"].number == 2


def test_the_next_episode_has_a_life_of_its_own():
    """Both alerts are on the docket; a move on the old one is refused, the new one is decided."""
    found = trial_with_alert(*MOVES_TO_CLOSED)
    found.submit(case("c2", "A2", 32))
    second = alert_id(STUDY, "clots", 2)
    apply_moves(found, *MOVES_TO_CONFIRMED, of=second)
    apply_moves(found, "close")
    found.submit(case("c2", "A2", 33, version=2))

    assert register_of(found.study).review_results[f"board/{CLOTS}-5"].accepted is False
    assert (last_alert(found).id, last_alert(found).state) == (second, State.REOPENED)


def test_a_move_says_nothing_of_the_data():
    """A board that meets years after the last record neither ages the study nor is refused."""
    found = trial_with_alert()
    found.submit(review("acknowledge", 1, of=CLOTS, known=4_000))

    assert found.results[-1].outcome is RecordOutcome.FOLDED
    assert found.study.as_of == day(31)


def test_the_digest_of_a_state_holds_what_was_decided():
    """Two boards that decided otherwise are two states; no board, the digest of ever."""
    states = [
        trial_with_alert(*MOVES_TO_CONFIRMED[:2], verdict) for verdict in ("confirm", "refute")
    ]
    digests = {
        state_digest(each.study)
        for each in (*states, trial_with_alert(), trial_with_alert(*MOVES_TO_CLOSED))
    }

    assert len(digests) == 4
