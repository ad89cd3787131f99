"""Reviews among the records of a trial: decisions, reopened and closed alerts, and new episodes."""

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


def trial_with_alert(*moves: str, **options: object) -> Trial:
    """Ten subjects an arm, one clot on `act` that raises a watch, and *moves* of a member."""
    scenario = trial(
        plan_of(reference_watch(), **options), *two_arms(10), tick_record(30), case("c1", "A1", 31)
    )
    return apply_moves(scenario, *moves)


def apply_moves(scenario: Trial, *moves: str, of: str = CLOTS) -> Trial:
    """A member makes *moves* on the alert *of*, each on the latest revision."""
    for move in moves:
        revision = register_of(scenario.study).entries[of].alert.revision
        scenario.submit(review(move, revision, of=of, name=f"board/{of}-{revision}"))
    return scenario


def published(scenario: Trial) -> list[tuple[str, str, int]]:
    """State, move and revision of every alert revision."""
    return [(one.state, one.move, one.revision) for one in scenario.alerts]


def last_alert(scenario: Trial) -> Alert:
    """The last alert revision."""
    return scenario.alerts[-1]


def test_an_alert_is_reviewed_by_records_of_the_log():
    """Each accepted move is folded and published as a revision, and pages nobody."""
    scenario = trial_with_alert(*MOVES_TO_CLOSED)

    assert published(scenario) == [
        ("raised", "raise", 1),
        ("acknowledged", "acknowledge", 2),
        ("under_review", "begin_review", 3),
        ("confirmed", "confirm", 4),
        ("closed", "close", 5),
    ]
    assert [one.pages for one in scenario.alerts] == [True, False, False, False, False]
    assert set(scenario.outcomes) == {RecordOutcome.FOLDED}


def test_a_record_with_a_refused_move_is_folded():
    """It is folded and has a result; the record is not refused, and a repeat is a duplicate."""
    scenario = trial_with_alert("close")

    assert (scenario.results[-1].outcome, scenario.results[-1].alerts) == (RecordOutcome.FOLDED, ())
    assert scenario.submit(review("close", 1, of=CLOTS, name=f"board/{CLOTS}-1")).outcome is (
        RecordOutcome.DUPLICATE
    )
    (result,) = register_of(scenario.study).review_results.values()
    assert (result.accepted, result.state, result.revision) == (False, State.RAISED, 1)


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
def test_a_decided_alert_is_reopened_when_its_data_change(follow_up):
    """The decision was made on other data, so the board must decide again."""
    scenario = trial_with_alert(*MOVES_TO_CONFIRMED)
    scenario.submit(follow_up)

    assert (last_alert(scenario).state, last_alert(scenario).revision) == (State.REOPENED, 5)
    assert (last_alert(scenario).thing, last_alert(scenario).pages) == (follow_up.entity_id, True)
    assert last_alert(scenario).member is None
    apply_moves(scenario, "begin_review", "refute")
    assert last_alert(scenario).state is State.REFUTED


@pytest.mark.parametrize(
    "unrelated",
    [
        case("c1", "A1", 31, version=2, known=33),
        case("c2", "A1", 35, known=35),
        case("c2", "A2", 32, term="Headache", known=33),
        case("c2", "C2", 32, known=33),
        tick_record(40),
    ],
    ids=["same again", "second of a subject", "other term", "other arm", "tick"],
)
def test_a_decided_alert_is_unchanged_by_unrelated_records(unrelated):
    """Needless pages would teach the board to ignore them."""
    scenario = trial_with_alert(*MOVES_TO_CONFIRMED)

    assert scenario.submit(unrelated).alerts == ()
    assert register_of(scenario.study).entries[CLOTS].alert.state is State.CONFIRMED


@pytest.mark.parametrize("moves", [(), ("acknowledge",), MOVES_TO_CONFIRMED[:2], MOVES_TO_CLOSED])
def test_a_change_of_an_undecided_or_closed_alert_makes_no_revision(moves: tuple[str, ...]):
    """A reviewer reads the current data; a closed alert stays closed."""
    scenario = trial_with_alert(*moves)

    assert scenario.submit(case("c1", "A1", 30, version=2, known=33)).alerts == ()


def test_a_rise_raises_or_reopens_any_open_alert():
    """From acknowledged back to raised, from confirmed to reopened, in one revision."""
    acknowledged, decided = trial_with_alert("acknowledge"), trial_with_alert(*MOVES_TO_CONFIRMED)
    for scenario in (acknowledged, decided):
        scenario.submit(case("c2", "A2", 32))

    assert (
        last_alert(acknowledged).state,
        last_alert(acknowledged).move,
        last_alert(acknowledged).level,
    ) == (
        "raised",
        "rise",
        "signal",
    )
    assert [one.revision for one in decided.alerts] == [1, 2, 3, 4, 5]
    assert (last_alert(decided).state, last_alert(decided).move) == ("reopened", "rise")
    assert last_alert(decided).level == "signal"


def test_a_rise_above_the_closed_level_is_a_new_alert():
    """The second clot reaches a signal after a watch was closed: the next episode."""
    scenario = trial_with_alert(*MOVES_TO_CLOSED)
    scenario.submit(case("c2", "A2", 32))

    assert (last_alert(scenario).id, last_alert(scenario).revision) == (
        alert_id(STUDY, "clots", 2),
        1,
    )
    assert (last_alert(scenario).state, last_alert(scenario).level) == ("raised", "signal")
    assert register_of(scenario.study).entries[CLOTS].alert.state is State.CLOSED


def test_a_closed_level_is_raised_again_only_after_it_has_fallen():
    """After it is closed, evidence must fall below its level and rise again to raise an alert."""
    scenario = trial_with_alert(*MOVES_TO_CLOSED)
    unchanged = scenario.submit(tick_record(34)).alerts
    fallen = scenario.submit(retracted("r1", "safety/c1")).alerts
    risen = scenario.submit(case("c2", "A2", 35)).alerts

    assert (unchanged, fallen) == ((), ())
    assert [(one.id, one.level) for one in risen] == [(alert_id(STUDY, "clots", 2), "watch")]
    assert scenario.study.episodes["clots"].number == 2


def test_the_next_episode_has_its_own_lifecycle():
    """Both alerts are in the register; a move on the old one does not affect the new one."""
    scenario = trial_with_alert(*MOVES_TO_CLOSED)
    scenario.submit(case("c2", "A2", 32))
    second = alert_id(STUDY, "clots", 2)
    apply_moves(scenario, *MOVES_TO_CONFIRMED, of=second)
    apply_moves(scenario, "close")
    scenario.submit(case("c2", "A2", 33, version=2))

    assert register_of(scenario.study).review_results[f"board/{CLOTS}-5"].accepted is False
    assert (last_alert(scenario).id, last_alert(scenario).state) == (second, State.REOPENED)


def test_a_review_does_not_advance_the_as_of_day():
    """A review years after the last record is folded, and does not advance the as-of day."""
    scenario = trial_with_alert()
    scenario.submit(review("acknowledge", 1, of=CLOTS, known=4_000))

    assert scenario.results[-1].outcome is RecordOutcome.FOLDED
    assert scenario.study.as_of == day(31)


def test_the_digest_includes_decisions():
    """Different decisions give different digests, as do an undecided and a closed alert."""
    states = [
        trial_with_alert(*MOVES_TO_CONFIRMED[:2], verdict) for verdict in ("confirm", "refute")
    ]
    digests = {
        state_digest(each.study)
        for each in (*states, trial_with_alert(), trial_with_alert(*MOVES_TO_CLOSED))
    }

    assert len(digests) == 4
