"""ProDERM's thromboembolic alert before a board: seen, reviewed, confirmed, reopened, closed."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from tests.contract.verified import compared, folded, named
from tests.paths import ROOT
from tests.scenarios.commands import Line, tocsin
from tests.scenarios.proderm_printed import replayed_once
from tests.streams.reviewed_log import SIGNAL, review

LOG = (ROOT / "studies" / "proderm" / "log.jsonl").read_bytes().splitlines()

SIGNALLED = 2330
"""The line of the log on which a committee's yes makes a signal of the watch."""

FOLLOWED_UP = 2551
"""The line on which the committee says yes to a case of July 2019 that was pending."""

BEFORE = (("acknowledge", "03-06", 2), ("begin_review", "03-07", 3), ("confirm", "03-20", 4))
AFTER = (("begin_review", "07-24", 6), ("confirm", "07-26", 7), ("close", "07-30", 8))
"""Move, day of 2019, and the revision that the member was shown."""


def made(moves: tuple[tuple[str, str, int], ...]) -> list[bytes]:
    """The records of *moves* on the thromboembolic alert."""
    return [
        review(f"m{shown}", SIGNAL, shown, move, known_at=f"2019-{day}T09:00:00Z")
        for move, day, shown in moves
    ]


def log_in(folder: Path) -> Path:
    """ProDERM's log with what its board did, where it did it."""
    path = folder / "acted.jsonl"
    lines = [*LOG[:SIGNALLED], *made(BEFORE), *LOG[SIGNALLED:FOLLOWED_UP], *made(AFTER)]
    path.write_bytes(b"\n".join([*lines, *LOG[FOLLOWED_UP:]]) + b"\n")
    return path


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[Line]:
    """What a replay of that log prints."""
    return tocsin("replay", log_in(tmp_path_factory.mktemp("board")), "--json").lines


@cache
def plain() -> Line:
    """What a replay of the log without a board says at the end."""
    return replayed_once().result


def test_the_alert_goes_its_way_and_the_log_tells_it(lines: list[Line]):
    """Each step is told as it is made: by the evidence, by a member, by a follow-up record."""
    steps = [
        (one["revision"], one["move"], one["state"], one["case"], one["pages"])
        for one in lines
        if one["type"] == "alert" and one["id"] == SIGNAL
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


def test_follow_ups_that_change_no_event_leave_a_decision_alone(lines: list[Line]):
    """Between confirmation and reopening the log has three third versions of the cases beneath."""
    reopened = next(one for one in lines if one.get("move") == "change")

    assert reopened["line"] == FOLLOWED_UP + len(BEFORE)
    assert reopened["known_at"] == "2019-07-23T14:03:00Z"


def test_what_a_board_decides_says_nothing_of_the_data(lines: list[Line]):
    """Tables, evidence and verdicts are those of the log without it; the state is another."""
    result = lines[-1]

    for part in ("tables", "comparisons", "exposure", "flow", "watches", "findings", "as_of"):
        assert result[part] == plain()[part]
    assert result["digest"] != plain()["digest"]
    assert result["records"]["folded"] == plain()["records"]["folded"] + 6


def test_the_docket_keeps_it_all(lines: list[Line]):
    """The closed alert with nine steps; the other stays raised; who decided, and why, is there."""
    docket = {one["id"]: one for one in lines[-1]["alerts"] if one["tracked"]}
    alert = docket.pop(SIGNAL)

    assert (alert["state"], alert["revision"], len(alert["history"])) == ("closed", 9, 9)
    assert {one["state"] for one in docket.values()} == {"raised"}
    said = [step["review"]["member"] for step in alert["history"] if step["review"]]
    assert said == ["board-1"] * 6
    assert alert["e_value"] == 308.277


async def test_a_store_holds_the_same_and_a_decision_changed_by_hand_is_named(tmp_path: Path):
    """Verified field by field: the alert's entry, and the answer to each move."""
    path = log_in(tmp_path)
    store = await folded(path)
    assert (await compared(path, store)).differences == []

    fields = store.held["s:PRODERM"]
    fields[f"l|{SIGNAL}"] = fields[f"l|{SIGNAL}"].replace(b'"closed"', b'"refuted"')
    fields["r|board/m4"] = b""
    found = named(await compared(path, store))
    assert {("PRODERM", f"l|{SIGNAL}"), ("PRODERM", "r|board/m4")} <= set(found)
