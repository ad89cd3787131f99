"""ProDERM's thromboembolic alert before a board: seen, reviewed, confirmed, reopened, closed."""

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
"""The line of the log on which a committee's yes makes a signal of the watch."""

FOLLOW_UP_LINE = 2551
"""The line on which the committee says yes to a case of July 2019 that was pending."""

MOVES_BEFORE = (("acknowledge", "03-06", 2), ("begin_review", "03-07", 3), ("confirm", "03-20", 4))
MOVES_AFTER = (("begin_review", "07-24", 6), ("confirm", "07-26", 7), ("close", "07-30", 8))
"""Move, day of 2019, and the revision that the member was shown."""


def review_records(moves: tuple[tuple[str, str, int], ...]) -> list[bytes]:
    """The records of *moves* on the thromboembolic alert."""
    return [
        review(f"m{shown}", SIGNAL_ALERT_ID, shown, move, known_at=f"2019-{day}T09:00:00Z")
        for move, day, shown in moves
    ]


def log_with_board(folder: Path) -> Path:
    """ProDERM's log with what its board did, where it did it."""
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
    """What a replay of that log prints."""
    return run_tocsin(
        "replay", log_with_board(tmp_path_factory.mktemp("board")), "--json"
    ).json_lines


@cache
def result_without_board() -> JsonObject:
    """What a replay of the log without a board says at the end."""
    return cached_replay().result


def test_the_alert_goes_its_way_and_the_log_tells_it(lines: list[JsonObject]):
    """Each step is told as it is made: by the evidence, by a member, by a follow-up record."""
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


def test_follow_ups_that_change_no_event_leave_a_decision_alone(lines: list[JsonObject]):
    """Between confirmation and reopening the log has three third versions of the cases beneath."""
    reopened = next(one for one in lines if one.get("move") == "change")

    assert reopened["line"] == FOLLOW_UP_LINE + len(MOVES_BEFORE)
    assert reopened["known_at"] == "2019-07-23T14:03:00Z"


def test_what_a_board_decides_says_nothing_of_the_data(lines: list[JsonObject]):
    """Tables, evidence and verdicts are those of the log without it; the state is another."""
    result = lines[-1]

    for part in ("tables", "comparisons", "exposure", "flow", "watches", "findings", "as_of"):
        assert result[part] == result_without_board()[part]
    assert result["digest"] != result_without_board()["digest"]
    assert result["records"]["folded"] == result_without_board()["records"]["folded"] + 6


def test_the_docket_keeps_it_all(lines: list[JsonObject]):
    """The closed alert with nine steps; the other stays raised; who decided, and why, is there."""
    docket = {one["id"]: one for one in lines[-1]["alerts"] if one["tracked"]}
    alert = docket.pop(SIGNAL_ALERT_ID)

    assert (alert["state"], alert["revision"], len(alert["history"])) == ("closed", 9, 9)
    assert {one["state"] for one in docket.values()} == {"raised"}
    said = [step["review"]["member"] for step in alert["history"] if step["review"]]
    assert said == ["board-1"] * 6
    assert alert["e_value"] == 308.277


async def test_a_store_holds_the_same_and_a_decision_changed_by_hand_is_named(tmp_path: Path):
    """Verified field by field: the alert's entry, and the answer to each move."""
    path = log_with_board(tmp_path)
    store = await folded_store(path)
    assert (await compare(path, store)).differences == []

    fields = store.hashes["s:PRODERM"]
    fields[f"l|{SIGNAL_ALERT_ID}"] = fields[f"l|{SIGNAL_ALERT_ID}"].replace(
        b'"closed"', b'"refuted"'
    )
    fields["r|board/m4"] = b""
    found = differing_fields(await compare(path, store))
    assert {("PRODERM", f"l|{SIGNAL_ALERT_ID}"), ("PRODERM", "r|board/m4")} <= set(found)
