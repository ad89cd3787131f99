"""The description names exactly the routes, and no request that it allows is answered by 5xx."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import quote, urlencode

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from streams.intake.openapi import description
from tests.streams.intake.intakes import AUTHORIZED, PARTITION, Intake, running_intake
from tests.streams.intake.sent_records import STUDY, encoded, lines, plan, record, subject

EXAMPLES = 40
"""Requests of each operation, of those that fit its description and of those that do not."""

KNOWN = {"study": STUDY, "partition": str(PARTITION), "offset": "0", "mapping": "none"}
"""Arguments that name something; without them every answer would be 403."""


async def test_the_description_has_exactly_the_routes():
    """A route without a description, or the other way round, fails."""
    async with running_intake() as intake:
        answer = await intake.http.get("/v1/openapi.json")
        served = await answer.json()
        handlers = set(intake.pages.handlers())

    described = {
        (method.upper(), path) for path, each in served["paths"].items() for method in each
    }
    assert served == json.loads(json.dumps(description())) and described == handlers


async def test_each_answer_fits_its_schema():
    """Accepted, lenient and refused lines, a receipt and a nudge, each with its status."""
    async with running_intake() as intake:
        body = lines(plan(), subject(1), record("tik", 1))
        lenient = {"Content_Type": "application/x-ndjson", "Prefer": "handling=lenient"}
        answers = [
            ("/records", "post", await intake.post(encoded(subject(1)))),
            ("/records", "post", await intake.post(body, **lenient)),
            ("/records", "post", await intake.post(body, Content_Type="application/jsonl")),
            ("/records", "post", await intake.post(b"", Authorization="")),
            ("/records", "post", await intake.post(b"", Content_Type="text/css")),
        ]
        await intake.fold()
        path = f"/v1/studies/{STUDY}/receipts/{PARTITION}-0"
        answers.append(("offset}", "get", await intake.http.get(path, headers=AUTHORIZED)))
        form = {**AUTHORIZED, "Content-Type": "application/x-www-form-urlencoded"}
        nudge = await intake.http.post(f"/v1/studies/{STUDY}/nudges/redcap", headers=form)
        answers.append(("/redcap", "post", nudge))
        faults = [await fault(*each) for each in answers]

    assert faults == [""] * len(answers)
    assert [each.status for _, _, each in answers] == [202, 202, 422, 401, 415, 200, 202]


async def fault(end: str, method: str, answer: Any) -> str:
    """Why an answer does not fit the description of its operation; empty if it does."""
    (path,) = (each for each in description()["paths"] if each.endswith(end))
    responses = description()["paths"][path][method]["responses"]
    content = responses[str(answer.status)]["content"]
    schema = content[answer.content_type]["schema"] | {"components": description()["components"]}
    errors = Draft202012Validator(schema).iter_errors(await answer.json())
    return "; ".join(each.message for each in errors)


async def test_no_generated_request_is_answered_with_5xx():
    """Requests that fit the description and requests that do not, with a token and without."""
    operations: Any = schemathesis.openapi.from_dict(description()).get_all_operations()
    cases = [case for each in operations for case in drawn(each.ok())]
    async with running_intake() as intake:
        statuses = [
            (case.operation.label, await send(intake, case, known)) for case, known in cases
        ]

    assert len(statuses) > 5 * EXAMPLES
    assert [each for each in statuses if each[1] >= 500] == []
    assert {200, 202, 401, 403, 404, 422} <= {status for _, status in statuses}


def drawn(operation: Any) -> list[tuple[Any, set[str]]]:
    """Seeded requests of an operation, each with the arguments that are put in."""
    found: list[tuple[Any, set[str]]] = []
    positive, negative = (
        operation.as_strategy(mode)
        for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)
    )

    @seed(15)
    @settings(
        max_examples=EXAMPLES * 2,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(case=positive | negative, known=st.sets(st.sampled_from(["token", *sorted(KNOWN)])))
    def collect(case: Any, known: set[str]) -> None:
        found.append((case, known))

    collect()
    return found


async def send(intake: Intake, case: Any, known: set[str]) -> int:
    """Send a request as generated, with the arguments *known* put in; return its status."""
    path = case.operation.path
    for name, value in (case.path_parameters or {}).items():
        text = KNOWN[name] if name in known else quote(str(value), safe="")
        path = path.replace(f"{{{name}}}", text)
    headers = {
        name: value
        for name, value in {"Content-Type": case.media_type or "", **(case.headers or {})}.items()
        if isinstance(value, str) and value.isprintable() and value.isascii()
    }
    if "token" in known:
        headers["Authorization"] = AUTHORIZED["Authorization"]
    body = as_bytes(case.body, case.media_type or "")
    try:
        async with asyncio.timeout(30):
            answer = await intake.http.request(
                case.method, path, data=body, headers=headers, allow_redirects=False
            )
            return answer.status
    except ValueError:
        return 0  # The client itself refuses to send it.


def as_bytes(body: Any, media_type: str) -> bytes:
    """The body as bytes of its media type."""
    if isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode(errors="replace")
    if media_type == "application/x-www-form-urlencoded" and isinstance(body, dict):
        return urlencode({str(name): str(value) for name, value in body.items()}).encode()
    try:
        return json.dumps(body).encode()
    except (TypeError, ValueError):
        return b""
