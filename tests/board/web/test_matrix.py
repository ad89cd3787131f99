"""Every route for every role: who may read it, and one answer for the unknown and the forbidden."""

from __future__ import annotations

from functools import cache

import pytest
from fastapi.routing import APIRoute

from board.access.roles import Role, Zone
from board.views.catalogue import VIEWS
from board.web.guard import ROUTE_RIGHTS
from tests.board.web.boards import Board
from tests.board.web.browsers import TestClient
from tests.board.web.facts_client import STUDY

SIGNAL = "231d3f474a5e20947a1b53ff"
BASE = f"/s/{STUDY}"
API = f"/api/v1/studies/{STUDY}"
NONCE = "0123456789abcdef"

PATHS = {
    "livez": "/livez", "login_page": "/login", "login": "/login", "login_once": "/login/once/x",
    "oidc_begin": "/login/oidc", "oidc_done": "/login/oidc/done", "sign_out": "/sign-out",
    "purpose_page": "/purpose", "give_purpose": "/purpose", "studies_page": "/",
    "study_page": BASE, "view_page": f"{BASE}/alerts", "view_json": f"{BASE}/alerts.json",
    "view_csv": f"{BASE}/alerts/open.csv", "events": f"{BASE}/events",
    "audit_page": f"{BASE}/audit", "audit_json": f"{BASE}/audit.json",
    "audit_csv": f"{BASE}/audit/audit.csv", "make_moves": f"{BASE}/moves",
    "moves_page": f"{BASE}/moves/{NONCE}", "api_document": "/api/v1/openapi.json",
    "api_studies": "/api/v1/studies", "api_overview": f"{API}/overview",
    "api_alerts": f"{API}/alerts", "api_alert": f"{API}/alerts/{SIGNAL}",
    "api_move": f"{API}/alerts/{SIGNAL}/moves", "api_watches": f"{API}/watches",
    "api_trajectory": f"{API}/watches/tee/trajectory", "api_rates": f"{API}/rates",
    "api_term": f"{API}/terms/preferred_term/Headache", "api_cases": f"{API}/cases",
    "api_subject": f"{API}/subjects/1", "api_since": f"{API}/since", "api_trust": f"{API}/trust",
    "api_audit": f"{API}/audit", "api_events": f"{API}/events", "open_page": "/",
    "open_json": "/open.json", "open_events": "/events",
}  # fmt: skip
"""The address of each route, with arguments that name something."""

STREAMS = {"events", "api_events", "open_events"}
PUBLIC = {"livez", "login_page", "login", "login_once", "oidc_begin", "oidc_done"}
OWN = {"sign_out", "purpose_page", "give_purpose", "studies_page", "api_document", "api_studies"}
MEMBERS = {"make_moves", "moves_page", "api_move"}
AUDIT = {"audit_page", "audit_json", "audit_csv", "api_audit"}
POOLED = {"open_page", "open_json", "open_events"}
ALLOWED: dict[Role, set[str]] = {
    Role.BOARD: PATHS.keys() - POOLED,
    Role.STATISTICIAN: PATHS.keys() - POOLED - MEMBERS - AUDIT,
    Role.AUDITOR: PATHS.keys() - POOLED - MEMBERS,
    Role.SPONSOR: POOLED | {"sign_out", "purpose_page", "give_purpose"},
    Role.OPERATIONS: POOLED | {"sign_out", "purpose_page", "give_purpose"},
}
"""Who may, written down again: the table of the product must not be the only one."""

BODIES = {
    "view": {"tables": [{"name": "open", "caption": "", "columns": [], "rows": [], "note": ""}]}
}


@cache
def board() -> Board:
    """One board for all cases; nothing that they do changes it for another."""
    made = Board()
    made.client.bodies = dict.fromkeys(VIEWS, BODIES["view"])
    return made


def routes(zone: Zone) -> dict[str, tuple[str, str]]:
    """The method and path of each route of a board, by name, from the app itself."""
    found = board().app(zone).routes
    api = [route for route in walk(found) if isinstance(route, APIRoute)]
    return {route.name: (min(route.methods or {""}), route.path) for route in api}


def walk(found: object) -> list[object]:
    """The routes in *found*, those of included routers too."""
    flat: list[object] = []
    for route in found:  # pyright: ignore[reportGeneralTypeIssues]
        inner = getattr(route, "original_router", None)
        flat += walk(inner.routes) if inner is not None else [route]
    return flat


def names(zone: Zone) -> list[str]:
    """The names of the routes of a board."""
    return sorted(routes(zone))


def send(browser: TestClient, name: str, zone: Zone) -> tuple[int, str]:
    """Request a route; return status and body, without the reader's own texts."""
    method, _ = routes(zone)[name]
    if method == "POST":
        answer = browser.post(PATHS[name], json={})
    else:
        answer = browser.get(PATHS[name])
    return answer.status_code, answer.text


def refused(browser: TestClient, method: str, *, api: bool) -> tuple[int, str]:
    """What the browser gets for an address that does not exist."""
    address = "/api/v1/nothing" if api else "/nothing"
    answer = browser.request(method, address, json={} if method == "POST" else None)
    return answer.status_code, answer.text


def test_every_route_has_a_right_and_an_entry_here():
    """A new route answers nobody before it is in both tables."""
    both = set(names(Zone.CLOSED)) | set(names(Zone.OPEN))

    assert both == set(ROUTE_RIGHTS) == set(PATHS)


def test_all_paths_of_the_app_are_guarded_routes_or_static_files():
    """FastAPI's own pages for documents are off: a plain route would pass the guard by."""
    for zone in Zone:
        plain = [one for one in walk(board().app(zone).routes) if not isinstance(one, APIRoute)]
        assert [getattr(one, "path", "") for one in plain] == ["/static"]


CASES = [
    (role, name)
    for role in Role
    for name in names(role.zone)
    if name not in PUBLIC | STREAMS | {"sign_out"}
]


@pytest.mark.parametrize(("role", "name"), CASES)
def test_each_role_reads_what_is_its_own(role: Role, name: str):
    """What is allowed is answered; what is not is answered like what does not exist."""
    browser = board().user(role)
    status, body = send(browser, name, role.zone)
    method, path = routes(role.zone)[name]
    api = path.startswith("/api/") or path.endswith(".json")
    if name not in ALLOWED[role]:
        assert (status, body) == refused(browser, method, api=api)
        assert status == 404
    elif name in {"moves_page"}:
        assert status == 404  # Allowed, and there is no such form.
    elif name == "view_page":
        assert status in (200, 500)  # The bodies of this test are no view.
    else:
        assert status in (200, 303, 409, 422)


@pytest.mark.parametrize("zone", Zone)
def test_without_a_session_every_address_leads_to_the_login(zone: Zone):
    """Known or unknown: the answer does not tell which addresses there are."""
    visitor = board().visitor(zone)
    for name, (method, _) in routes(zone).items():
        if name in PUBLIC:
            continue
        answer = visitor.request(method, PATHS[name])
        api = PATHS[name].startswith("/api/") or PATHS[name].endswith((".json", "/events"))
        assert answer.status_code == (401 if api else 303)
        assert api or answer.headers["location"].startswith("/login")
    assert visitor.get("/nothing").headers["location"] == "/login?next=%2Fnothing"
    assert visitor.get("/api/v1/nothing").status_code == 401


@pytest.mark.parametrize("role", [Role.BOARD, Role.STATISTICIAN, Role.AUDITOR])
@pytest.mark.parametrize("name", [name for name in PATHS if f"/{STUDY}" in PATHS[name]])
def test_a_study_of_others_is_a_study_that_does_not_exist(role: Role, name: str):
    """The follower has OTHER, and nobody here may read it."""
    browser = board().user(role)
    method, _ = routes(Zone.CLOSED)[name]
    answers = {
        (answer.status_code, answer.text)
        for study in ("OTHER", "UNKNOWN")
        if (
            answer := browser.request(
                method, PATHS[name].replace(STUDY, study), json={} if method == "POST" else None
            )
        )
        is not None
    }

    assert len(answers) == 1 and min(answers)[0] == 404


@pytest.mark.parametrize("zone", Zone)
def test_a_role_of_the_other_board_has_no_session_here(zone: Zone):
    """A cookie of the open board opens nothing on the closed one, and the other way round."""
    foreign = Role.SPONSOR if zone is Zone.CLOSED else Role.BOARD
    visitor = board().visitor(zone)
    visitor.cookies = board().user(foreign).cookies

    assert visitor.get("/").status_code == 303


def test_the_open_board_has_no_route_by_treatment():
    """Its app has the login, and three routes of its own."""
    closed = {name for name, right in ROUTE_RIGHTS.items() if right in ("read_closed", "move")}

    assert not set(names(Zone.OPEN)) & closed
    assert set(names(Zone.OPEN)) - PUBLIC - OWN == POOLED
