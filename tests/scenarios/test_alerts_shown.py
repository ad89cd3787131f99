"""What `tocsin alerts show` puts before a member: evidence by arm, the cases, what to type."""

from __future__ import annotations

from functools import cache
from io import StringIO

import pytest
from rich.console import Console

from alerts.alert import Alert
from alerts.register.update import register_of
from monitor.state.study import Study
from streams.records.encode import encode_record
from streams.replay.replay import Replay
from tests.scenarios.commands import small_log
from tests.streams.processor.processors import PRODERM
from tests.streams.records.signers import ANN, plan_record, plan_with_board
from tests.streams.reviewed_log import SIGNAL_ALERT_ID, review
from tocsin.display.alerts import display_text, show_entry

RECORDS_TO_FIRST_ALERTS = 100
"""So many records of ProDERM ring its first two alerts."""


@cache
def study_of(*log: bytes) -> Study:
    """The one study of *log*."""
    running = Replay()
    list(running.run(log))
    (study,) = running.studies
    return study


def show_text(study: Study, alert: str, *, tables: bool = True) -> str:
    """What is printed of the *alert*, on a wide terminal; without *tables* they cannot be read."""
    console = Console(width=200, file=StringIO())
    show_entry(console, register_of(study).entries[alert], study if tables else None)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def alert_of(study: Study, kind: str) -> Alert:
    """The first alert of that *kind*."""
    return next(e.alert for e in register_of(study).entries.values() if e.alert.kind == kind)


def test_a_member_sees_the_rates_by_arm_and_every_case_of_the_watch():
    """Who is to decide must not look for the evidence elsewhere: two clots of one patient."""
    told = show_text(study_of(*PRODERM[:RECORDS_TO_FIRST_ALERTS]), SIGNAL_ALERT_ID)

    assert "against 1.25 per 100 patient-years (Rai 2016" in told
    assert "  first, placebo " in told and "  first, ivig " in told
    assert "P-004, ivig, first: Deep vein thrombosis; serious (hospitalisation" in told
    assert "P-004, ivig, first: Pulmonary embolism; serious" in told
    assert "raised, level watch: raised" in told


def test_a_case_that_rang_by_itself_is_told_whether_or_not_it_is_in_a_table():
    """A finding about no case has no grounds in the tables, and none are made up."""
    study = study_of(*PRODERM)
    alert = alert_of(study, "finding")
    told = show_text(study, alert.id)

    assert all(f"{name} version" in told for name in alert.about.split())
    assert "relatedness: " in told and "outcome: " in told


def test_tables_that_cannot_be_read_keep_nobody_from_the_history():
    """A row that is being rebuilt is said to be; the alert itself is kept beside it."""
    told = show_text(study_of(*PRODERM[:RECORDS_TO_FIRST_ALERTS]), SIGNAL_ALERT_ID, tables=False)

    assert "being rebuilt" in told and "raised, level watch" in told


def test_a_move_under_a_plan_without_a_board_does_not_look_signed():
    """Nor does it say that the member did not sign: nobody has looked."""
    study = study_of(
        *PRODERM[:RECORDS_TO_FIRST_ALERTS], review("m1", SIGNAL_ALERT_ID, 1, "acknowledge")
    )

    assert "(signature not checked: the plan names no board)" in show_text(study, SIGNAL_ALERT_ID)
    assert "begin review" not in show_text(study, SIGNAL_ALERT_ID) and "alerts review" in show_text(
        study, SIGNAL_ALERT_ID
    )


def test_who_must_sign_is_told_to():
    """Where the plan names a board, what to type has a place for the key."""
    study = study_of(
        *map(encode_record, [plan_record(plan_with_board(("ann", ANN))), *small_log()[1:]])
    )
    alert = alert_of(study, "signal")

    assert f"{alert.id}:{alert.revision} --member ... --key ... --reason" in show_text(
        study, alert.id
    )


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ("It is under_review now.", "It is under review now."),
        ("a member can begin_review.", "a member can review."),
        ("confirm or refute or call_insufficient.", "confirm or refute or insufficient."),
        ("It is raised, by ann_begin_review.", "It is raised, by ann_begin_review."),
    ],
)
def test_an_answer_names_a_move_as_it_is_typed(answer: str, says: str):
    """`tocsin alerts begin_review` does not exist."""
    assert display_text(answer) == says
