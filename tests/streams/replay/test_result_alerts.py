"""What a replay says of alerts that members acted on: each revision as it came, and the docket."""

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
    """The alert lines and the result line of ProDERM with a board that acts at once."""
    running = Replay()
    alerts = [alert_line(each, hypothetical=False) for each in running.run(reviewed_log(100))]
    (study,) = running.studies
    return alerts, result_line(running, study)


def signal_alert() -> OutputLine:
    """The thromboembolic alert on the docket, which was closed before the signal."""
    return next(each for each in replay_output()[1]["alerts"] if each["id"] == SIGNAL_ALERT_ID)


def test_lines_of_a_reviewed_log_are_as_documented():
    """Moves, answers and refusals too: all of it is a public contract."""
    schema = Draft202012Validator(result_schema())
    alerts, result = replay_output()

    assert [str(error) for line in (*alerts, result) for error in schema.iter_errors(line)] == []


def test_every_revision_is_a_line_and_a_step_of_the_history():
    """Who reads the lines and who reads the docket know the same."""
    alerts, result = replay_output()
    lines = [(one["id"], one["revision"], one["move"], one["line"]) for one in alerts]
    steps = [
        (one["id"], step["revision"], step["move"], step["line"])
        for one in result["alerts"]
        for step in one["history"]
        if step["refused"] is None
    ]

    assert sorted(lines) == sorted(steps)


def test_the_docket_says_who_did_what_when_and_why():
    """And what was refused, to whom, for which reason."""
    alert = signal_alert()
    raised, taken, refused = alert["history"][:3]

    assert (alert["state"], alert["revision"]) == ("closed", 5)
    assert (raised["move"], raised["review"], raised["case"]) == (
        "raise",
        None,
        "edc/ae-P-004-05",
    )
    assert (taken["move"], taken["revision"], taken["refused"]) == ("acknowledge", 2, None)
    assert taken["review"]["member"] == "board-1" and taken["known_at"] == "2019-03-06T09:00:00Z"
    assert (refused["refused"], refused["review"]["member"]) == ("stale", "board-2")
    assert (refused["review"]["revision"], refused["revision"]) == (1, 2)
