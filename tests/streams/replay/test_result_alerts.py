"""Replay output for reviewed alerts: a line for each revision, and the alert register."""

from __future__ import annotations

from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from streams.replay.replay import Replay
from streams.replay.result import result_line
from streams.replay.result_alerts import alert_line
from streams.replay.result_schema import result_schema
from tests.streams.reviewed_log import SIGNAL_ALERT_ID, reviewed_log

OutputLine = dict[str, Any]


@cache
def replay_output() -> tuple[list[OutputLine], OutputLine]:
    """Return the alert lines and the result line of ProDERM with frequent reviews."""
    replay = Replay()
    alerts = [alert_line(each, hypothetical=False) for each in replay.run(reviewed_log(100))]
    (study,) = replay.studies
    return alerts, result_line(replay, study)


def signal_alert() -> OutputLine:
    """Return the thromboembolic alert of the result line, which was closed before the signal."""
    return next(each for each in replay_output()[1]["alerts"] if each["id"] == SIGNAL_ALERT_ID)


def test_the_lines_of_a_reviewed_log_match_the_schema():
    """Moves, review results and refusals are part of the public contract."""
    schema = Draft202012Validator(result_schema())
    alerts, result = replay_output()

    assert [str(error) for line in (*alerts, result) for error in schema.iter_errors(line)] == []


def test_every_revision_is_a_line_and_a_step_of_the_history():
    """Alert lines and result line contain the same revisions."""
    alerts, result = replay_output()
    lines = [(alert["id"], alert["revision"], alert["move"], alert["line"]) for alert in alerts]
    steps = [
        (alert["id"], step["revision"], step["move"], step["line"])
        for alert in result["alerts"]
        for step in alert["history"]
        if step["refused"] is None
    ]

    assert sorted(lines) == sorted(steps)


def test_the_history_has_the_member_time_and_case_of_each_move():
    """It also has each refused review, with its member and the reason."""
    alert = signal_alert()
    raised, acknowledged, refused = alert["history"][:3]

    assert (alert["state"], alert["revision"]) == ("closed", 5)
    assert (raised["move"], raised["review"], raised["case"]) == (
        "raise",
        None,
        "edc/ae-P-004-05",
    )
    assert (acknowledged["move"], acknowledged["revision"], acknowledged["refused"]) == (
        "acknowledge",
        2,
        None,
    )
    assert (
        acknowledged["review"]["member"] == "board-1"
        and acknowledged["known_at"] == "2019-03-06T09:00:00Z"
    )
    assert (refused["refused"], refused["review"]["member"]) == ("stale", "board-2")
    assert (refused["review"]["revision"], refused["revision"]) == (1, 2)
