"""Tests what `tocsin alerts show` prints: evidence by arm, cases, history and next commands."""

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
"""The number of ProDERM records that raise its first two alerts."""


@cache
def study_of(*log: bytes) -> Study:
    """Fold *log* and return its only study."""
    replay = Replay()
    list(replay.run(log))
    (study,) = replay.studies
    return study


def show_text(study: Study, alert: str, *, tables: bool = True) -> str:
    """Return what is printed for *alert* on a wide terminal, with or without the study's tables."""
    console = Console(width=200, file=StringIO())
    show_entry(console, register_of(study).entries[alert], study if tables else None)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def alert_of(study: Study, kind: str) -> Alert:
    """Return the first alert of the given *kind*."""
    return next(e.alert for e in register_of(study).entries.values() if e.alert.kind == kind)


def test_a_member_sees_the_rates_by_arm_and_every_case_of_the_watch():
    """The page has the whole evidence: rates by arm and two thromboembolic cases of one patient."""
    text = show_text(study_of(*PRODERM[:RECORDS_TO_FIRST_ALERTS]), SIGNAL_ALERT_ID)

    assert "against 1.25 per 100 patient-years (Rai 2016" in text
    assert "  first, placebo " in text and "  first, ivig " in text
    assert "P-004, ivig, first: Deep vein thrombosis; serious (hospitalisation" in text
    assert "P-004, ivig, first: Pulmonary embolism; serious" in text
    assert "raised, level watch: raised" in text


def test_a_finding_shows_its_cases_whether_or_not_a_table_counts_them():
    """Each case that the finding names is shown with its version, relatedness and outcome."""
    study = study_of(*PRODERM)
    alert = alert_of(study, "finding")
    text = show_text(study, alert.id)

    assert all(f"{name} version" in text for name in alert.about.split())
    assert "relatedness: " in text and "outcome: " in text


def test_the_history_is_shown_while_the_tables_are_rebuilt():
    """The page states that the row is being rebuilt; the alert's history does not depend on it."""
    text = show_text(study_of(*PRODERM[:RECORDS_TO_FIRST_ALERTS]), SIGNAL_ALERT_ID, tables=False)

    assert "being rebuilt" in text and "raised, level watch" in text


def test_a_move_under_a_plan_without_a_board_is_shown_as_unchecked():
    """The page states neither that the member signed nor that the signature is missing."""
    study = study_of(
        *PRODERM[:RECORDS_TO_FIRST_ALERTS], review("m1", SIGNAL_ALERT_ID, 1, "acknowledge")
    )

    assert "(signature not checked: the plan names no board)" in show_text(study, SIGNAL_ALERT_ID)
    assert "begin review" not in show_text(study, SIGNAL_ALERT_ID) and "alerts review" in show_text(
        study, SIGNAL_ALERT_ID
    )


def test_the_command_of_a_signed_move_has_a_key():
    """Where the plan names a board, the displayed command has the option `--key`."""
    study = study_of(
        *map(encode_record, [plan_record(plan_with_board(("ann", ANN))), *small_log()[1:]])
    )
    alert = alert_of(study, "signal")

    assert f"{alert.id}:{alert.revision} --member ... --key ... --reason" in show_text(
        study, alert.id
    )


@pytest.mark.parametrize(
    ("message", "displayed"),
    [
        ("It is under_review now.", "It is under review now."),
        ("a member can begin_review.", "a member can review."),
        ("confirm or refute or call_insufficient.", "confirm or refute or insufficient."),
        ("It is raised, by ann_begin_review.", "It is raised, by ann_begin_review."),
    ],
)
def test_a_message_names_a_move_by_its_command(message: str, displayed: str):
    """The command of the move `begin_review` is `tocsin alerts review`."""
    assert display_text(message) == displayed
