"""Answers that refuse a request: problem details of RFC 9457, with what to do about each."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from aiohttp import web

from streams.intake.answers import FileFinding, LineRefusal

MEDIA_TYPE = "application/problem+json"

RETRY_SECONDS = 5
"""After so long the broker or the memory may be free again."""

DETAILS = {
    HTTPStatus.BAD_REQUEST: "The request has no record. Send a JSON record, or one a line.",
    HTTPStatus.UNAUTHORIZED: "Send `Authorization: Bearer TOKEN`, or sign the request as a"
    " Standard Webhook within five minutes.",
    HTTPStatus.FORBIDDEN: "This client may not send that. Have the operator add the study, the"
    " source system or the type to the file of clients.",
    HTTPStatus.NOT_FOUND: "There is nothing at this address: see /v1/openapi.json.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address has another method: see /v1/openapi.json.",
    HTTPStatus.REQUEST_TIMEOUT: "The body took too long. Send the request again.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Send at most 1,000 lines and 16 MiB in one request.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "Send application/json (one record) or application/x-ndjson"
    " (one record a line), in UTF-8 and without a Content-Encoding.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Nothing was produced. Correct the lines named in `errors` and"
    " send all lines again, or send `Prefer: handling=lenient`.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many requests of this client. Wait, then send it again.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "The intake has an error; its log says where. What was sent"
    " may be in the log: send it again, duplicates do not count.",
    HTTPStatus.SERVICE_UNAVAILABLE: "Nothing was produced. Wait, then send the request again.",
    HTTPStatus.GATEWAY_TIMEOUT: "The broker did not confirm every line; some may be in the log."
    " Send the request again: duplicates do not count.",
}
"""By status, what happened and what to do.  No sentence depends on a study or a record."""

RETRIED = (
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)
"""Statuses whose answer says when to send the request again."""

HEADERS: Mapping[HTTPStatus, Mapping[str, str]] = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": 'Bearer realm="tocsin"'},
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: {
        "Accept-Post": "application/json, application/x-ndjson",
        "Accept-Encoding": "identity",
    },
}


class RequestRefused(Exception):
    """The request is answered with *status* and nothing else is done about it."""

    def __init__(
        self,
        status: HTTPStatus,
        *,
        errors: Sequence[LineRefusal] = (),
        refusals: Sequence[FileFinding] = (),
        detail: str | None = None,
        retry_seconds: int = RETRY_SECONDS,
    ) -> None:
        super().__init__(status)
        self.status, self.errors, self.detail = status, errors, detail
        self.retry_seconds, self.refusals = retry_seconds, refusals


def problem_response(refused: RequestRefused) -> web.Response:
    """Return the answer to a request that is *refused*."""
    status = refused.status
    body: dict[str, Any] = {
        "type": f"urn:tocsin:intake:{status.name.lower().replace('_', '-')}",
        "title": status.phrase,
        "status": int(status),
        "detail": refused.detail or DETAILS[status],
    }
    if refused.errors:
        body["errors"] = [each.model_dump() for each in refused.errors]
    if refused.refusals:
        body["refusals"] = [each.model_dump() for each in refused.refusals]
    headers = dict(HEADERS.get(status, {}))
    if status in RETRIED:
        headers["Retry-After"] = str(refused.retry_seconds)
    return web.Response(
        body=orjson.dumps(body), status=status, content_type=MEDIA_TYPE, headers=headers
    )


FIELD_PATH = re.compile(r"^`([a-z_]+(?:\.[a-z0-9_]+|\[\d+\]|\.\*)*|[a-z0-9_]+)`")
"""Matches the field that begins the detail of a refusal: `tick.date`, `target`, `x.criteria[0]`."""


def pointer_of(detail: str, kinds: frozenset[str]) -> str:
    """Return the JSON pointer (RFC 6901) of the field that *detail* names; "" is the record.

    *kinds* are the types of records: the path of a wire model's field begins with one.

    >>> pointer_of("`adverse_event.criteria[0]` does not fit.", frozenset({"adverse_event"}))
    '/criteria/0'
    >>> pointer_of("`date` is after the day of `known_at`.", frozenset({"tick"}))
    '/date'
    """
    match = FIELD_PATH.match(detail)
    if match is None:
        return ""
    steps = match[1].replace("[", ".").replace("]", "").split(".")
    if steps[0] in kinds:
        steps = steps[1:]
    # The name of an unknown key is not in the detail, and so not in the pointer.
    return "".join(f"/{step}" for step in steps if step != "*")
