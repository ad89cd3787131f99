"""The API: its description is complete, and no generated request makes it fail."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from board.access.roles import Role
from board.web.guard import ROUTE_RIGHTS
from tests.board.web.boards import Board
from tests.board.web.facts_client import STUDY

BOARD = Board()
BROWSER = BOARD.user(Role.BOARD)
DOCUMENT: dict[str, Any] = BROWSER.get("/api/v1/openapi.json").json()
STREAM = "/api/v1/studies/{study}/events"

SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)

ENVELOPE = {"as_of", "position", "plan_sha256", "digest", "live", "view"}


def test_the_description_has_every_route_of_the_api():
    """What is not described is not tested."""
    described = {one["operationId"] for path in DOCUMENT["paths"].values() for one in path.values()}
    names = {name for name in ROUTE_RIGHTS if name.startswith("api_")} - {"api_document"}

    assert {name for name in names if any(each.startswith(name) for each in described)} == names


def test_every_view_has_the_envelope():
    """An answer says what it is complete to, and whether it is live."""
    for path, operations in DOCUMENT["paths"].items():
        answers = operations.get("get", {}).get("responses", {}).get("200", {})
        model = answers.get("content", {}).get("application/json", {}).get("schema", {})
        if path.endswith(("/studies", "/events")) or "get" not in operations:
            continue
        assert model == {"$ref": "#/components/schemas/Envelope"}, path
    fields = set(DOCUMENT["components"]["schemas"]["Envelope"]["properties"])
    assert fields >= ENVELOPE


def test_watches_have_trajectories_on_both_clocks():
    """What a page draws is there as numbers; a name of no watch is not found."""
    base = f"/api/v1/studies/{STUDY}/watches"
    watches = BROWSER.get(base).json()["view"]["watches"]
    tier_1 = [each["watch"] for each in watches if not each["screened"]]
    assert tier_1
    for clock in ("known", "occurred"):
        view = BROWSER.get(f"{base}/{tier_1[0]}/trajectory?time={clock}").json()["view"]
        assert view["time"] == clock
        assert view["points"][-1]["log_e"] == pytest.approx(watches[0]["log_e"])
    assert BROWSER.get(f"{base}/none/trajectory").status_code == 404
    assert BROWSER.get(f"{base}/{tier_1[0]}/trajectory?time=never").status_code == 422
    assert BROWSER.get(f"/s/{STUDY}/watches").status_code == 404


def test_rates_are_of_one_treatment_and_of_the_terms_that_are_searched():
    """As on the page; a treatment that the plan does not compare is not found."""
    base = f"/api/v1/studies/{STUDY}/rates"
    rows = BROWSER.get(f"{base}?treatment=ivig&search=HEAD").json()["view"]["tables"][0]["rows"]
    assert rows and all("head" in row["term"].casefold() for row in rows)
    assert len(rows) < len(BROWSER.get(base).json()["view"]["tables"][0]["rows"])
    assert BROWSER.get(f"{base}?treatment=none").status_code == 404


@SCHEMA.exclude(path=STREAM).parametrize()
@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
def test_no_request_makes_it_fail(case: Any):
    """Five hundred is an answer of the board's own fault."""
    if len(case.path_parameters.get("study", "")) % 2:
        case.path_parameters["study"] = STUDY
    request = case.as_transport_kwargs(base_url="http://127.0.0.1")
    sent = {name: request.get(name) for name in ("params", "json", "headers")}
    sent["content"] = request.get("data")
    try:
        answer = BROWSER.request(request["method"], request["url"], **sent)
    except (httpx.InvalidURL, ValueError):
        return  # The browser itself refuses to send it.

    assert answer.status_code < 500, answer.text
