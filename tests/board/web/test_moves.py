"""Moves from a form and from the API: signed, checked before they are sent, and shown after."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from board.access.roles import Role
from streams.producers.reviews import revision_digest
from streams.records.signing import is_signed_by, signed_content_of
from tests.board.web.boards import Board, ListTrail
from tests.board.web.facts_client import STUDY
from tests.board.web.move_setup import FORM, PASSPHRASE, PATH, send_form, setup_moves
from tests.streams.reviewed_log import SIGNAL_ALERT_ID

API = f"/api/v1/studies/{STUDY}/alerts/{SIGNAL_ALERT_ID}/moves"


async def test_a_move_is_a_signed_review_and_is_in_force(tmp_path: Path):
    """The record is the one that the shell writes, with the member's signature."""
    setup = await setup_moves(tmp_path)
    alert = await setup.alert()
    page = send_form(setup, [f"{alert.id}:1:{revision_digest(alert)}"])

    assert "1 of 1 move in force" in page and 'data-status="accepted"' in page
    assert "It is acknowledged now." in page and "offset 100, signed" in page
    [review] = setup.sent()
    assert (review["member"], review["reason"]) == ("board-1", FORM["reason"])
    assert review["shown"] == revision_digest(alert)
    assert is_signed_by(
        signed_content_of(review), setup.keys.unlock("board-1", PASSPHRASE).public_key
    )
    assert (await setup.alert()).state == "acknowledged"
    moves = [one for one in setup.board.trail.entries if one["act"] == "move"]
    assert [(one["who"], one["why"], one["where"]["alert"]) for one in moves] == [
        ("board", FORM["reason"], f"{alert.id}:1")
    ]


async def test_a_double_click_is_one_record(tmp_path: Path):
    """The second form shows the result of the first."""
    setup = await setup_moves(tmp_path)
    first = send_form(setup, [f"{SIGNAL_ALERT_ID}:1"])
    second = send_form(setup, [f"{SIGNAL_ALERT_ID}:1"])

    assert len(setup.sent()) == 1
    assert "It is acknowledged now." in first and "It is acknowledged now." in second


@pytest.mark.parametrize(
    ("alert", "fields", "text"),
    [
        (f"{SIGNAL_ALERT_ID}:2", {}, "The alert has moved on since it was shown"),
        (f"{SIGNAL_ALERT_ID}:1:{'0' * 64}", {}, "The alert has moved on since it was shown"),
        (f"{SIGNAL_ALERT_ID}:1", {"move": "close"}, "The alert does not allow it"),
        (f"{'0' * 24}:1", {}, "The study has no such alert."),
        (f"{SIGNAL_ALERT_ID}:1", {"passphrase": "wrong"}, "the passphrase is wrong"),
        (f"{SIGNAL_ALERT_ID}:1", {"passphrase": ""}, "the passphrase is wrong"),
    ],
)
async def test_what_would_be_refused_is_not_sent(
    tmp_path: Path, alert: str, fields: dict[str, str], text: str
):
    """A record on the log stays; the reason that was typed is on the page, for another try."""
    setup = await setup_moves(tmp_path)
    page = send_form(setup, [alert], **fields)

    assert text in page and FORM["reason"] in page
    assert "0 of 1 move in force" in page and 'data-status="not_sent"' in page
    assert setup.sent() == []


async def test_of_two_members_forms_one_is_accepted_and_one_keeps_its_reason(tmp_path: Path):
    """Both saw revision 1; the second learns the present one, and signs anew."""
    setup = await setup_moves(tmp_path)
    send_form(setup, [f"{SIGNAL_ALERT_ID}:1"])
    page = send_form(setup, [f"{SIGNAL_ALERT_ID}:1"], nonce="f" * 16, reason="My own words.")

    assert "The alert has moved on" in page and "now at revision 2 (acknowledged)" in page
    assert ">My own words.</textarea>" in page
    assert f'value="{SIGNAL_ALERT_ID}:2"' in page
    assert len(setup.sent()) == 1


async def test_a_key_that_the_plan_does_not_list_signs_nothing(tmp_path: Path):
    """A worker would leave the record out, for good."""
    setup = await setup_moves(tmp_path, listed=False)

    assert "does not list your key" in send_form(setup, [f"{SIGNAL_ALERT_ID}:1"])
    assert setup.sent() == []


async def test_five_wrong_passphrases_make_the_member_wait(tmp_path: Path):
    """A stolen session must not guess; the right passphrase has to wait, too."""
    setup = await setup_moves(tmp_path)
    for _ in range(5):
        send_form(setup, [f"{SIGNAL_ALERT_ID}:1"], passphrase="wrong")

    assert "too many wrong passphrases" in send_form(setup, [f"{SIGNAL_ALERT_ID}:1"])
    assert setup.sent() == []


async def test_without_a_worker_the_move_is_recorded_and_comes_into_force_later(tmp_path: Path):
    """The page of the results looks again each time it is loaded."""
    setup = await setup_moves(tmp_path)
    setup.worker_paused = True
    browser = setup.board.user(Role.BOARD)
    data: dict[str, Any] = FORM | {"passphrase": PASSPHRASE, "alert": [f"{SIGNAL_ALERT_ID}:1"]}
    address = browser.post(PATH, data=data).headers["location"]
    page = browser.get(address).text
    assert "Recorded, not yet in force" in page and "offset 100" in page

    await setup.fold()
    assert "It is acknowledged now." in browser.get(address).text
    assert setup.board.user(Role.BOARD).get(address).status_code == 404


async def test_what_the_broker_did_not_confirm_can_be_sent_again(tmp_path: Path):
    """The record has the same id, so it counts once even if both arrive."""
    setup = await setup_moves(tmp_path)
    setup.undelivered = True
    assert "send the same form again" in send_form(setup, [f"{SIGNAL_ALERT_ID}:1"])
    setup.undelivered = False
    assert "It is acknowledged now." in send_form(setup, [f"{SIGNAL_ALERT_ID}:1"])


async def test_without_an_audit_trail_no_move_is_made(tmp_path: Path):
    """An entry stands before each move."""
    setup = await setup_moves(tmp_path)
    setup.board.trail.broken = True
    data: dict[str, Any] = FORM | {"passphrase": PASSPHRASE, "alert": [f"{SIGNAL_ALERT_ID}:1"]}

    assert setup.board.user(Role.BOARD).post(PATH, data=data).status_code == 503
    assert setup.sent() == []


@pytest.mark.parametrize(
    "fields",
    [
        {"alert": []}, {"alert": ["x:1"]}, {"alert": [f"{SIGNAL_ALERT_ID}:0"]}, {"move": "raise"},
        {"move": "fly"}, {"reason": " "}, {"reason": "x" * 2_001}, {"nonce": ""},
        {"nonce": "../" * 8}, {"alert": [f"{SIGNAL_ALERT_ID}:1", f"{SIGNAL_ALERT_ID}:2"]},
    ],
)  # fmt: skip
async def test_a_malformed_form_is_refused(tmp_path: Path, fields: dict[str, Any]):
    """It names the field, and nothing is sent."""
    setup = await setup_moves(tmp_path)
    data: dict[str, Any] = FORM | {"passphrase": PASSPHRASE, "alert": [f"{SIGNAL_ALERT_ID}:1"]}
    answer = setup.board.user(Role.BOARD).post(PATH, data=data | fields)

    assert answer.status_code == 422
    assert setup.sent() == []


async def test_the_api_makes_the_same_move(tmp_path: Path):
    """With a status code for each end."""
    setup = await setup_moves(tmp_path)
    browser = setup.board.user(Role.BOARD)
    body = FORM | {"revision": 1, "passphrase": PASSPHRASE}
    wrong = browser.post(API, json=body | {"revision": 7})
    first, second = browser.post(API, json=body), browser.post(API, json=body)

    assert (wrong.status_code, wrong.json()["present_revision"]) == (409, 1)
    assert (first.status_code, first.json()["status"], first.json()["signed"]) == (
        200, "accepted", True,
    )  # fmt: skip
    assert second.json() == first.json() and len(setup.sent()) == 1
    assert browser.post(API, json=body | {"unknown": 1}).status_code == 422
    assert setup.board.user(Role.STATISTICIAN).post(API, json=body).status_code == 404


def test_an_audit_page_shows_moves_and_reads():
    """The trail in the test has no log; the page says that nothing is audited then."""
    board = Board(trail=ListTrail())
    answer = board.user(Role.AUDITOR).get(f"/s/{STUDY}/audit")

    assert answer.status_code == 200 and "Nothing is audited" in answer.text
