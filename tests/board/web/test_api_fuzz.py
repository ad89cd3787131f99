"""Sends what the API's own description allows, and what it does not: no answer is a 5xx."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from board.access.roles import Role
from tests.board.web.browsers import TestClient
from tests.board.web.facts_client import STUDY
from tests.board.web.test_moves import setup_moves
from tests.streams.reviewed_log import SIGNAL_ALERT_ID

EXAMPLES = 15
"""Requests of each operation, of those that fit its description and of those that do not."""

KNOWN = {"study": STUDY, "id": SIGNAL_ALERT_ID, "kind": "preferred_term", "term": "Headache"}
"""Arguments that name something; without them every answer would be "not found"."""


def operations(browser: TestClient) -> list[Any]:
    """The operations of the API but for the stream, which does not end."""
    description = browser.get("/api/v1/openapi.json").json()
    found: Any = schemathesis.openapi.from_dict(description).get_all_operations()
    return [each for each in (one.ok() for one in found) if not each.path.endswith("/events")]


def send(browser: TestClient, case: Any, known: set[str]) -> int:
    """Send a request as generated, with the arguments *known* put in; return its status."""
    for name in known & set(case.path_parameters or ()):
        case.path_parameters[name] = KNOWN[name]
    sent = case.as_transport_kwargs(base_url="http://127.0.0.1")
    fields = {name: sent.get(name) for name in ("params", "json", "data", "headers", "cookies")}
    content = fields.pop("data")
    headers = {
        name: value
        for name, value in (fields.pop("headers") or {}).items()
        if name.lower() not in ("host", "user-agent")
    }
    fields.pop("cookies")
    return browser.request(
        sent["method"], sent["url"], content=content, headers=headers, **fields
    ).status_code


async def test_no_request_of_the_api_is_answered_with_5xx(tmp_path: Path):
    """Every operation answers what it allows, and refuses the rest."""
    setup = await setup_moves(tmp_path)
    browser = setup.board.user(Role.BOARD)
    found = operations(browser)
    assert len(found) > 12
    statuses = {each.label: fuzz(browser, each) for each in found}
    faults = {name: each for name, each in statuses.items() if max(each) >= 500}
    assert faults == {}
    assert {200} < set.union(*statuses.values())


def fuzz(browser: TestClient, operation: Any) -> set[int]:
    """The status codes of seeded requests of an operation."""
    statuses = set[int]()
    positive, negative = (
        operation.as_strategy(mode)
        for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)
    )

    @seed(14)
    @settings(
        max_examples=EXAMPLES * 2,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(case=positive | negative, known=st.sets(st.sampled_from(sorted(KNOWN))))
    def check(case: Any, known: set[str]) -> None:
        statuses.add(send(browser, case, known))

    check()
    return statuses
