"""Tests a board's reviews of ProDERM's thromboembolic alert, up to its closing."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from tests.contract.verified import compare, differing_fields, folded_store
from tests.paths import ROOT
from tests.scenarios.commands import JsonObject, run_tocsin
from tests.scenarios.proderm_replay_output import cached_replay
from tests.streams.reviewed_log import SIGNAL_ALERT_ID, review

LOG = (ROOT / "studies" / "proderm" / "log.jsonl").read_bytes().splitlines()

SIGNAL_LINE = 2330
"""The line whose adjudication raises the level of the alert to signal."""

FOLLOW_UP_LINE = 2551
"""The line that adjudicates a pending case of July 2019 as thromboembolic."""

MOVES_BEFORE = (("acknowledge", "03-06", 2), ("begin_review", "03-07", 3), ("confirm", "03-20", 4))
MOVES_AFTER = (("begin_review", "07-24", 6), ("confirm", "07-26", 7), ("close", "07-30", 8))
"""Move, month and day in 2019, and the revision that the member reviewed."""


def review_records(moves: tuple[tuple[str, str, int], ...]) -> list[bytes]:
    """Return the reviews that make *moves* on the thromboembolic alert."""
    return [
        review(f"m{revision}", SIGNAL_ALERT_ID, revision, move, known_at=f"2019-{day}T09:00:00Z")
        for move, day, revision in moves
    ]


def log_with_board(folder: Path) -> Path:
    """Write ProDERM's log with the reviews of its board in their places."""
    path = folder / "acted.jsonl"
    lines = [
        *LOG[:SIGNAL_LINE],
        *review_records(MOVES_BEFORE),
        *LOG[SIGNAL_LINE:FOLLOW_UP_LINE],
        *review_records(MOVES_AFTER),
    ]
    path.write_bytes(b"\n".join([*lines, *LOG[FOLLOW_UP_LINE:]]) + b"\n")
    return path


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[JsonObject]:
    """Return the JSON lines of a replay of the log with reviews."""
    return run_tocsin(
        "replay", log_with_board(tmp_path_factory.mktemp("board")), "--json"
    ).json_lines


@cache
def result_without_board() -> JsonObject:
    """Return the result of a replay of the log without reviews."""
    return cached_replay().result


def test_a_replay_shows_each_revision_of_the_alert(lines: list[JsonObject]):
    """Evidence, members and a follow-up record each add revisions."""
    steps = [
        (one["revision"], one["move"], one["state"], one["case"], one["pages"])
        for one in lines
        if one["type"] == "alert" and one["id"] == SIGNAL_ALERT_ID
    ]

    assert steps == [
        (1, "raise", "raised", "edc/ae-P-004-05", True),
        (2, "rise", "raised", "edc/ae-P-071-05", True),
        (3, "acknowledge", "acknowledged", "board/m2", False),
        (4, "begin_review", "under_review", "board/m3", False),
        (5, "confirm", "confirmed", "board/m4", False),
        (6, "change", "reopened", "edc/ae-P-089-04", True),
        (7, "begin_review", "under_review", "board/m6", False),
        (8, "confirm", "confirmed", "board/m7", False),
        (9, "close", "closed", "board/m8", False),
    ]


def test_follow_ups_that_change_no_event_do_not_reopen_the_alert(lines: list[JsonObject]):
    """Between confirmation and reopening, three cases of the alert get a third version."""
    reopened = next(one for one in lines if one.get("move") == "change")

    assert reopened["line"] == FOLLOW_UP_LINE + len(MOVES_BEFORE)
    assert reopened["known_at"] == "2019-07-23T14:03:00Z"


def test_reviews_do_not_change_tables_and_evidence(lines: list[JsonObject]):
    """Tables, evidence and findings equal those without reviews; the state digest differs."""
    result = lines[-1]

    for part in ("tables", "comparisons", "exposure", "flow", "watches", "findings", "as_of"):
        assert result[part] == result_without_board()[part]
    assert result["digest"] != result_without_board()["digest"]
    assert result["records"]["folded"] == result_without_board()["records"]["folded"] + 6


def test_the_alert_register_keeps_every_alert_with_its_history(lines: list[JsonObject]):
    """The closed alert has nine revisions and its reviewers; the other alerts stay raised."""
    register = {one["id"]: one for one in lines[-1]["alerts"] if one["tracked"]}
    alert = register.pop(SIGNAL_ALERT_ID)

    assert (alert["state"], alert["revision"], len(alert["history"])) == ("closed", 9, 9)
    assert {one["state"] for one in register.values()} == {"raised"}
    members = [step["review"]["member"] for step in alert["history"] if step["review"]]
    assert members == ["board-1"] * 6
    assert alert["e_value"] == 308.277


async def test_a_decision_changed_in_the_store_is_found(tmp_path: Path):
    """Verification compares each field: the alert's entry and the result of each review."""
    path = log_with_board(tmp_path)
    store = await folded_store(path)
    assert (await compare(path, store)).differences == []

    fields = store.hashes["s:PRODERM"]
    fields[f"l|{SIGNAL_ALERT_ID}"] = fields[f"l|{SIGNAL_ALERT_ID}"].replace(
        b'"closed"', b'"refuted"'
    )
    fields["r|board/m4"] = b""
    differing = differing_fields(await compare(path, store))
    assert {("PRODERM", f"l|{SIGNAL_ALERT_ID}"), ("PRODERM", "r|board/m4")} <= set(differing)
