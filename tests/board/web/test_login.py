"""Login: password, one-time address, purpose; limits of attempts and of sessions; cookies."""

from __future__ import annotations

import re

import pytest

from board.access.attempts import ATTEMPTS_MAX, WINDOW_SECONDS
from board.access.roles import Role, Zone
from board.access.sessions import ABSOLUTE_SECONDS, IDLE_SECONDS
from board.web.context import BoardConfig
from board.web.guard import REFRESH_HEADER
from streams.audit.audit_log import AuditLog
from tests.board.web.boards import PASSWORD, USERS, Board, ListTrail
from tests.board.web.browsers import TestClient
from tests.board.web.facts_client import STUDY


def form_token(page: str) -> str:
    """The token of the form on a page."""
    found = re.search(r'name="token" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def log_in(
    visitor: TestClient, name: str, password: str = PASSWORD, next: str = "/", **headers: str
):
    """Fill and send the login form."""
    token = form_token(visitor.get("/login").text)
    fields = {"name": name, "password": password, "token": token, "next": next}
    return visitor.post("/login", data=fields, headers=headers)


def test_a_member_logs_in_gives_a_purpose_and_reads():
    """The purpose is asked for once, and leads to the page that was wanted."""
    board = Board()
    visitor = board.visitor()
    answer = log_in(visitor, "board", next=f"/s/{STUDY}/alerts?level=signal")
    assert answer.headers["location"] == f"/s/{STUDY}/alerts?level=signal"

    asked = visitor.get(answer.headers["location"])
    assert asked.headers["location"].startswith("/purpose?next=%2Fs%2FPRODERM%2Falerts%3Flevel")
    assert visitor.get(f"/s/{STUDY}/alerts.json").status_code == 403
    page = visitor.get(asked.headers["location"]).text
    given = visitor.post(
        "/purpose",
        data={"token": form_token(page), "purpose": " DSMB  meeting ", "next": "/s/PRODERM/alerts"},
    )
    assert visitor.get(given.headers["location"]).status_code == 200
    assert board.trail.facts() == [("board", "alerts", "DSMB meeting", "done")]


@pytest.mark.parametrize(
    ("name", "password"), [("board", "wrong"), ("nobody", PASSWORD), ("sponsor", PASSWORD)]
)
def test_a_wrong_name_a_wrong_password_and_the_other_board_look_the_same(name: str, password: str):
    """An attacker does not learn who has an account, nor on which board."""
    board = Board()
    answer = log_in(board.visitor(), name, password)

    assert answer.status_code == 401
    assert "The name or the password is wrong." in answer.text
    assert "set-cookie" not in answer.headers or "tocsin=" not in answer.headers["set-cookie"]
    assert board.trail.facts() == [("nobody known", "/login", "", "refused")]


def test_after_five_failures_a_name_waits():
    """Even the right password must wait, and another name from elsewhere need not."""
    board = Board()
    for _ in range(ATTEMPTS_MAX):
        assert log_in(board.visitor(), "board", "wrong").status_code == 401
    answer = log_in(board.visitor(), "board")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "301")
    assert log_in(board.visitor(), "auditor").status_code == 303

    board.clock.now += WINDOW_SECONDS + 1
    assert log_in(board.visitor(), "board").status_code == 303


def test_an_address_that_tries_many_names_waits():
    """A list of names with one password each is one attacker."""
    board = Board()
    context = board.app().state.context
    context.by_address.add_failure(*["testclient"] * context.by_address.attempts_max)

    assert log_in(board.visitor(), "board").status_code == 429


def test_a_login_needs_the_token_of_its_own_form():
    """Another site could log a victim in as somebody else."""
    visitor = Board().visitor()
    token = form_token(visitor.get("/login").text)
    fields = {"name": "board", "password": PASSWORD}
    stranger = Board().visitor()

    assert visitor.post("/login", data=fields).status_code == 403
    assert visitor.post("/login", data=fields | {"token": token[::-1]}).status_code == 403
    assert stranger.post("/login", data=fields | {"token": token}).status_code == 403
    cross = {"Sec-Fetch-Site": "cross-site"}
    assert visitor.post("/login", data=fields | {"token": token}, headers=cross).status_code == 403


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/sign-out", {}),
        ("/purpose", {"purpose": "Another"}),
        (f"/s/{STUDY}/moves", {"move": "acknowledge"}),
        (f"/api/v1/studies/{STUDY}/alerts/{'0' * 24}/moves", {}),
    ],
)
def test_every_post_needs_the_token_of_the_session(path: str, fields: dict[str, str]):
    """The cookie alone is sent by any site's form."""
    board = Board()
    browser, other = board.user(Role.BOARD), board.user(Role.BOARD)
    foreign = other.headers["X-Tocsin-Token"]
    del browser.headers["X-Tocsin-Token"]

    assert browser.post(path, data=fields).status_code == 403
    assert browser.post(path, data=fields | {"token": foreign}).status_code == 403
    assert browser.post(path, json=fields | {"token": foreign}).status_code == 403
    assert browser.get("/").status_code == 200


@pytest.mark.parametrize(("tls", "name"), [(False, "tocsin"), (True, "__Host-tocsin")])
def test_the_cookie_is_closed_to_scripts_and_to_other_sites(tls: bool, name: str):
    """With TLS the browser itself holds the cookie to this host and to HTTPS."""
    visitor = Board(settings={"tls": tls, "hosts": ("127.0.0.1",)}).visitor()
    cookie = log_in(visitor, "board").headers["set-cookie"]

    assert cookie.startswith(f"{name}=")
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Path=/" in cookie
    assert ("Secure" in cookie) == tls and "Domain" not in cookie


def test_without_tls_only_this_machine_is_served():
    """A password would travel in clear text."""
    audit_log = AuditLog(ListTrail(), who="", writer="")
    with pytest.raises(ValueError, match="needs TLS"):
        BoardConfig(users=USERS, audit_log=audit_log, hosts=("board.example",))


@pytest.mark.parametrize(("step", "steps"), [(IDLE_SECONDS + 1, 1), (IDLE_SECONDS - 1, 26)])
def test_a_session_ends_when_it_is_idle_and_after_half_a_day(step: float, steps: int):
    """The second limit holds however busy the user is."""
    board = Board()
    browser = board.user(Role.AUDITOR)
    statuses: list[int] = []
    for _ in range(steps):
        board.clock.now += step
        statuses.append(browser.get("/").status_code)

    expected = [200 if step * n <= min(ABSOLUTE_SECONDS, 1e9) and step < IDLE_SECONDS else 303
                for n in range(1, steps + 1)]  # fmt: skip
    assert statuses == expected and statuses[-1] == 303


def test_a_page_that_refreshes_itself_does_not_hold_the_session_open():
    """A screen that nobody looks at would stay logged in for half a day."""
    board = Board()
    browser = board.user(Role.BOARD)
    statuses: list[int] = []
    for _ in range(3):
        board.clock.now += IDLE_SECONDS / 2
        statuses.append(browser.get("/", headers={REFRESH_HEADER: "1"}).status_code)
    assert statuses == [200, 200, 303]


def test_a_login_and_a_sign_out_end_the_session_before():
    """An id that was planted, or that is still in a browser's history, opens nothing."""
    board = Board()
    browser = board.user(Role.BOARD)
    planted = browser.cookies["tocsin"]
    log_in(browser, "auditor")
    assert browser.cookies["tocsin"] != planted
    visitor = board.visitor()
    visitor.cookies.set("tocsin", planted, domain="127.0.0.1")
    assert visitor.get("/").status_code == 303

    browser = board.user(Role.BOARD)
    earlier = browser.cookies["tocsin"]
    assert browser.post("/sign-out").headers["location"] == "/login"
    visitor.cookies.set("tocsin", earlier, domain="127.0.0.1")
    assert visitor.get("/").status_code == 303


def test_a_login_address_works_once():
    """It is printed on a terminal, where others may read it later."""
    board = Board()
    tokens = board.config.login_tokens
    board.settings["login_tokens"] = tokens
    address = f"/login/once/{tokens.issue(USERS.by_name['board'], 'Demo')}"
    first, second = board.visitor(), board.visitor()

    assert first.get(address).headers["location"] == "/"
    assert first.get(f"/s/{STUDY}/alerts").status_code == 200
    assert second.get(address).status_code == 401
    assert second.get("/").status_code == 303
    other = f"/login/once/{tokens.issue(USERS.by_name['board'])}"
    assert board.visitor(Zone.OPEN).get(other).status_code == 401


@pytest.mark.parametrize("next", ["//evil.example", "https://evil.example", "/\\evil", "x:y"])
def test_a_login_leads_to_this_board_only(next: str):
    """A link to the login must not end on another site."""
    assert log_in(Board().visitor(), "board", next=next).headers["location"] == "/"
