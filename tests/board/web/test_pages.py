"""Pages, JSON and CSV of views: audited, rendered once a version, and safe for hostile texts."""

from __future__ import annotations

import csv
from io import StringIO

import pytest

from board.access.read_log import REPEAT_SECONDS
from board.access.roles import Role, Zone
from board.web.security import BODY_BYTES_MAX, HEADERS
from tests.board.web.boards import Board
from tests.board.web.facts_client import STUDY, proderm_facts

BASE = f"/s/{STUDY}"
SIGNAL = "231d3f474a5e20947a1b53ff"
PAGES = (
    *("overview", "alerts", f"alert?id={SIGNAL}", "rates", "over-time", "subjects"),
    *("since", "trust", "audit"),
)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_of_proderm_renders_from_json(page: str):
    """Views arrive as JSON: what templates need of them must survive it."""
    answer = Board().user(Role.BOARD).get(f"{BASE}/{page}")

    assert answer.status_code == 200
    assert "<h1" in answer.text and "board · " not in answer.text.partition("</title>")[0]
    assert answer.headers["cache-control"] == "no-store"


def test_page_json_and_csv_have_one_view():
    """JSON has what the page has, in an envelope that says what it is complete to."""
    browser, facts = Board().user(Role.STATISTICIAN), proderm_facts().completeness
    answer = browser.get(f"{BASE}/subjects.json").json()
    assert {name: answer[name] for name in ("as_of", "position", "plan_sha256", "digest")} == {
        "as_of": facts.as_of, "position": facts.position, "plan_sha256": facts.plan_sha256,
        "digest": facts.digest,
    }  # fmt: skip
    assert answer["live"] is True
    assert answer == browser.get(f"/api/v1/studies/{STUDY}/cases").json()

    table = answer["view"]["tables"][0]
    sheet = browser.get(f"{BASE}/subjects/{table['name']}.csv")
    assert sheet.headers["content-type"] == "text/csv; charset=utf-8"
    assert len(list(csv.reader(StringIO(sheet.text)))) == len(table["rows"]) + 1
    assert browser.get(f"{BASE}/subjects/nothing.csv").status_code == 404


def test_an_answer_of_the_past_is_never_live():
    """It is complete to its day only."""
    browser = Board().user(Role.BOARD)

    assert browser.get(f"{BASE}/subjects.json?as_of=2019-01-01").json()["live"] is False
    assert browser.get(f"{BASE}/subjects.json?as_of=yesterday").status_code == 404


def test_a_view_is_asked_for_once_a_version():
    """However many read it: the follower has the log to fold."""
    board = Board()
    for role in (Role.BOARD, Role.AUDITOR, Role.STATISTICIAN):
        for _ in range(3):
            board.user(role).get(f"{BASE}/subjects?unknown=1")
            board.user(role).get(f"{BASE}/subjects.json")
    assert board.client.asked == [(STUDY, "subjects")]

    board.client.change()
    board.user(Role.BOARD).get(f"{BASE}/subjects")
    board.user(Role.BOARD).get(f"{BASE}/subjects?search=1")
    assert len(board.client.asked) == 3


def test_a_stored_page_has_the_texts_of_its_reader():
    """Name and token are put in for each request; they are of nobody else."""
    board = Board()
    first, second = board.user(Role.BOARD), board.user(Role.BOARD)
    pages = [each.get(f"{BASE}/alerts").text for each in (first, second)]

    for page, own, other in ((pages[0], first, second), (pages[1], second, first)):
        assert own.headers["X-Tocsin-Token"] in page
        assert other.headers["X-Tocsin-Token"] not in page
        assert "tocsin-u-" not in page and "tocsin-n-" not in page


def test_reads_are_audited_once_a_minute_each_with_the_purpose():
    """Two subjects are two reads; a page that refreshes itself is one a minute."""
    board = Board()
    browser = board.user(Role.BOARD, "Meeting")
    for path in ("subjects", "subjects.json", "alerts", f"alert?id={SIGNAL}", "alert?id=1"):
        browser.get(f"{BASE}/{path}")
    assert board.trail.facts() == [
        ("board", what, "Meeting", "done")
        for what in ("subjects", "alerts", f"alert/{SIGNAL}", "alert/1")
    ]

    board.clock.now += REPEAT_SECONDS
    browser.get(f"{BASE}/alerts")
    assert len(board.trail.entries) == 5
    assert board.trail.entries[-1]["where"]["study"] == STUDY


def test_a_refused_read_is_audited():
    """Who tried to read what is not theirs stays known."""
    board = Board()
    board.user(Role.STATISTICIAN).get(f"{BASE}/audit")
    board.user(Role.STATISTICIAN).get("/s/OTHER/alerts")

    assert board.trail.facts() == [
        ("statistician", f"{BASE}/audit", "Test", "refused"),
        ("statistician", "/s/OTHER/alerts", "Test", "refused"),
    ]


def test_without_an_audit_trail_nothing_is_shown():
    """A read that cannot be recorded does not happen, and the next try is not a repetition."""
    board = Board()
    browser = board.user(Role.BOARD)
    board.trail.broken = True

    assert browser.get(f"{BASE}/alerts").status_code == 503
    assert browser.get(f"{BASE}/alerts.json").status_code == 503
    assert board.client.asked == []


def test_without_a_follower_the_page_says_so():
    """The reader learns what is silent, not that something is wrong."""
    board = Board()
    board.client.reachable = False

    answer = board.user(Role.BOARD).get(f"{BASE}/alerts")
    assert answer.status_code == 503 and "follower does not answer" in answer.text


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("zone", Zone)
@pytest.mark.parametrize(
    "path", ["/", "/login", "/nothing", "/static/board.css", "/static/../app.py", "/api/v1/studies"]
)
def test_every_answer_has_the_headers(zone: Zone, path: str, tls: bool):
    """Refusals, redirects and static files included."""
    board = Board(settings={"tls": tls, "hosts": ("127.0.0.1",)})
    role = Role.BOARD if zone is Zone.CLOSED else Role.SPONSOR
    for browser in (board.visitor(zone), board.user(role)):
        headers = browser.get(path).headers
        assert {name: headers[name] for name in HEADERS} == HEADERS
        assert ("strict-transport-security" in headers) == tls
        assert headers["cache-control"] == "no-store"
        assert "server" not in headers


def test_an_error_of_the_board_shows_nothing_and_has_the_headers():
    """A traceback would show data."""
    board = Board()
    board.client.bodies["alerts"] = {"tables": []}
    answer = board.user(Role.BOARD).get(f"{BASE}/alerts")

    assert (answer.status_code, "Traceback" in answer.text) == (500, False)
    assert answer.headers["content-security-policy"] == HEADERS["content-security-policy"]


def test_a_foreign_host_and_a_large_body_are_refused():
    """A name that another site lets point here, and a body that fills the memory."""
    browser = Board().user(Role.BOARD)
    assert browser.get("/", headers={"host": "evil.example"}).status_code == 400
    assert browser.get("/", headers={"host": "localhost:8013"}).status_code == 200
    assert browser.post("/purpose", content=b"x" * (BODY_BYTES_MAX + 1)).status_code == 413
    chunks = (b"x" * 10_000 for _ in range(20))
    form = {"content-type": "application/x-www-form-urlencoded"}
    del browser.headers["X-Tocsin-Token"]
    assert browser.post("/purpose", content=chunks, headers=form).status_code in (400, 413)
    assert browser.get(f"/{'x' * 10_000}").status_code == 414


def test_an_answer_that_is_behind_is_asked_for_again_soon():
    """The follower builds a costly view less often; the page must not stay behind."""
    board = Board()
    asked, board.client.behind, board.client.fresh_seconds = board.client.asked, 1, 0.5
    browser = board.user(Role.BOARD)
    browser.get(f"{BASE}/subjects")
    browser.get(f"{BASE}/subjects")
    assert len(asked) == 1
    board.clock.now += 0.6
    browser.get(f"{BASE}/subjects")
    assert len(asked) == 2
