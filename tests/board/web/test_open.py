"""The open board and the audit page: pooled numbers only, and who read what."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from board.access.roles import Role, Zone
from board.web.guard import ROUTE_RIGHTS
from streams.audit.audit_log import AuditLog
from streams.audit.file_trail import FileTrail
from streams.log.file import FileLog
from tests.board.web.boards import Board, PooledStates, open_state
from tests.board.web.facts_client import STUDY

ARM_WORDS = ("arm", "ivig", "placebo", "signal", "alert", "term", "e-value", "ratio")


@pytest.mark.parametrize("role", [Role.SPONSOR, Role.OPERATIONS])
def test_the_open_page_has_pooled_numbers_of_the_readers_studies(role: Role):
    """No word of a treatment, a term or an alert; no study of others."""
    board = Board()
    browser = board.user(role)
    page, fields = browser.get("/").text, browser.get("/open.json").json()

    assert "Data flow" in page and ">95<" in page
    assert list(fields["studies"]) == [STUDY] and "OTHER" not in page
    view = page.partition('id="view"')[2].lower()
    assert [word for word in ARM_WORDS if f"{word} " in view or f"{word}s " in view] == []


def test_each_answer_of_the_open_board_follows_from_the_projection():
    """The same projection gives the same bytes and headers, whatever the closed board has."""
    answers: set[tuple[bytes, tuple[tuple[str, str], ...]]] = set()
    for version in range(5):
        board = Board()
        board.client.version = version
        board.client.fault = None if version % 2 else "store and own fold disagree"
        browser = board.user(Role.SPONSOR)
        token = browser.headers["X-Tocsin-Token"].encode()
        for path in ("/", "/open.json", "/nothing", f"/s/{STUDY}/alerts"):
            answer = browser.get(path)
            headers = tuple(sorted(answer.headers.items()))
            answers.add((path.encode() + answer.content.replace(token, b""), headers))
            assert "etag" not in answer.headers
    assert len(answers) == 4


def test_the_open_board_says_when_data_do_not_flow():
    """Silence and a stop are operations, not treatments."""
    state = open_state()
    stopped = {0: replace(state.partitions[0], stopped=True)}
    for pooled in (
        PooledStates(None),
        PooledStates(state, silent_seconds=11),
        PooledStates(replace(state, partitions=stopped)),
    ):
        browser = Board(pooled=pooled).user(Role.OPERATIONS)
        assert "Data do not flow" in browser.get("/").text
        assert browser.get("/open.json").json()["live"] is False


def test_the_open_app_holds_no_part_of_the_closed_one():
    """It has no views, no moves and no hub: nothing to leak."""
    state = vars(Board().app(Zone.OPEN).state)["_state"]

    assert set(state) == {"context", "pooled"}
    assert {name for name, right in ROUTE_RIGHTS.items() if right == "read_open"} == {
        "open_page", "open_json", "open_events",
    }  # fmt: skip


async def test_the_audit_page_shows_the_trail_the_newest_first(tmp_path: Path):
    """Reads, refusals and moves of this study; none of another."""
    path = tmp_path / "audit.jsonl"
    board = Board()
    board.settings["open_trail"] = lambda: FileLog(path)
    board.app().state.context.read_log.audit_log = AuditLog(
        FileTrail(path), who="web", writer="web-1"
    )
    board.user(Role.STATISTICIAN, "Look").get(f"/s/{STUDY}/subjects")
    board.user(Role.STATISTICIAN).get("/s/OTHER/subjects")
    board.user(Role.STATISTICIAN).get(f"/s/{STUDY}/audit")
    browser = board.user(Role.AUDITOR, "Inspection")
    page = browser.get(f"/s/{STUDY}/audit").text
    rows = browser.get(f"/s/{STUDY}/audit.json").json()["view"]["tables"][0]["rows"]

    assert "2 readers, 1 request refused" in page
    assert [(row["who"], row["why"], row["outcome"]) for row in rows] == [
        ("auditor", "Inspection", "done"),
        ("statistician", "Test", "refused"),
        ("statistician", "Look", "done"),
    ]
    sheet = browser.get(f"/s/{STUDY}/audit/audit.csv").text
    assert sheet.startswith("at,who,role,") and len(sheet.splitlines()) == 4
