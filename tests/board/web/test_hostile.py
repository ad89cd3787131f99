"""Texts of an attacker in the address and in the path."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from board.access.roles import Role
from tests.board.web.boards import Board
from tests.board.web.facts_client import STUDY

BASE = f"/s/{STUDY}"

HOSTILE = [
    "<script>alert(1)</script>", "'\"><img src=x onerror=alert(1)>", "{{7*7}}", "=1+1",
    "</title><script>", "\u202egnirts", "%00", "../../etc/passwd", "\ud7ff", "a" * 299, "𝒳" * 70,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize(
    "address", ["subjects?search=", "alert?id=", "subject?id=", "over-time?term=", "alerts?term="]
)
def test_a_hostile_argument_is_text_or_names_nothing(address: str, text: str):
    """No markup of the address reaches the page unescaped."""
    name, _, argument = address.partition("?")
    answer = Board().user(Role.BOARD).get(f"{BASE}/{name}", params={argument[:-1]: text})

    assert answer.status_code in (200, 404)
    assert "<script>alert" not in answer.text and "<img src=x" not in answer.text


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_path_is_answered_like_any_other(text: str):
    """Study, view, table, nonce and alert come from the address, too."""
    browser = Board().user(Role.BOARD)
    own = (f"{BASE}/{{}}", f"{BASE}/alerts/{{}}.csv", f"{BASE}/moves/{{}}")
    for path in ("/s/{}", "/s/{}/alerts", *own):
        answer = browser.get(path.format(quote(text, safe="")))
        assert answer.status_code in (200, 404)
        assert "<script>alert" not in answer.text
