"""The OpenAPI 3.1 description of the intake, with the schemas of its models and of the records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from http import HTTPStatus
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import models_json_schema

from streams.intake.answers import FilesAnswer, NudgeAnswer, Problem, ReceiptAnswer, RecordsAnswer
from streams.intake.problems import DETAILS, MEDIA_TYPE, RETRIED
from streams.records.examples import example
from streams.records.models import IDENTIFIER_PATTERN, AnyRecord

VERSION = "1.0.0"
REFERENCE = "#/components/schemas/{model}"

RECEIPT_PATTERNS = {"partition": "[0-9]{1,5}", "offset": "[0-9]{1,15}"}

Json = dict[str, Any]

COMMON = (401, 403, 429, 500, 503)
WITH_BODY = (400, 408, 413, 415)


@cache
def description() -> Json:
    """Return the description, as `GET /v1/openapi.json` answers it."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tocsin intake",
            "version": VERSION,
            "description": "Records of trials over HTTP: docs/intake.md.",
        },
        "security": [{"bearer": []}, {"basic": []}, {"webhook": []}],
        "paths": {
            "/v1/studies/{study}/records": {"post": records_operation()},
            "/v1/studies/{study}/files/{mapping}": {"post": files_operation()},
            "/v1/studies/{study}/nudges/redcap": {"post": nudge_operation()},
            "/v1/studies/{study}/receipts/{partition}-{offset}": {"get": receipt_operation()},
            "/v1/openapi.json": {"get": description_operation()},
        },
        "components": {"schemas": schemas(), "securitySchemes": SECURITY},
    }


SECURITY: Json = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "basic": {
        "type": "http",
        "scheme": "basic",
        "description": "The token as password, for a sender that can only set an address.",
    },
    "webhook": {
        "type": "apiKey",
        "in": "header",
        "name": "webhook-signature",
        "description": "Standard Webhooks: webhook-id, webhook-timestamp and webhook-signature.",
    },
}


def records_operation() -> Json:
    """Return the operation that sends records."""
    record = example("adverse_event")
    content = {
        "application/json": {"schema": schema_of("Record"), "example": record},
        "application/x-ndjson": {"schema": {"type": "string"}},
    }
    return {
        "operationId": "postRecords",
        "summary": "Produce one record, or one a line.",
        "parameters": [path_parameter("study"), *PREFERENCES],
        "requestBody": {"required": True, "content": content},
        "responses": {
            "200": response("The fold has handled every line.", RecordsAnswer.__name__),
            "202": response("Every line is in the log.", RecordsAnswer.__name__),
            **problems(*COMMON, *WITH_BODY, 422, 504),
        },
    }


def files_operation() -> Json:
    """Return the operation that sends the files of a listing."""
    files = {"type": "object", "additionalProperties": {"type": "string", "format": "binary"}}
    content = {
        "multipart/form-data": {"schema": files},
        "text/csv": {"schema": {"type": "string"}},
    }
    return {
        "operationId": "postFiles",
        "summary": "Produce the records of a listing, by a registered mapping.",
        "parameters": [path_parameter("study"), path_parameter("mapping")],
        "requestBody": {"required": True, "content": content},
        "responses": {
            "202": response("Every new record is in the log.", FilesAnswer.__name__),
            **problems(*COMMON, *WITH_BODY, 404, 422, 504),
        },
    }


def nudge_operation() -> Json:
    """Return the operation that schedules a pull."""
    content = {"application/x-www-form-urlencoded": {"schema": {"type": "object"}}}
    return {
        "operationId": "postRedcapNudge",
        "summary": "Schedule a pull of the study's REDCap project.",
        "parameters": [path_parameter("study")],
        "requestBody": {"required": True, "content": content},
        "responses": {
            "202": response("A pull is scheduled.", NudgeAnswer.__name__),
            **problems(*COMMON, *WITH_BODY, 404),
        },
    }


def receipt_operation() -> Json:
    """Return the operation that asks what the fold made of a record."""
    numbers = [
        parameter(name, "path", {"type": "string", "pattern": f"^{pattern}$"})
        for name, pattern in RECEIPT_PATTERNS.items()
    ]
    return {
        "operationId": "getReceipt",
        "summary": "What the fold made of a record.",
        "parameters": [path_parameter("study"), *numbers, PREFERENCES[0]],
        "responses": {
            "200": response("The outcome so far.", ReceiptAnswer.__name__),
            **problems(*COMMON, 404),
        },
    }


def description_operation() -> Json:
    """Return the operation that asks for this description."""
    content = {"application/json": {"schema": {"type": "object"}}}
    return {
        "operationId": "getDescription",
        "summary": "This description.",
        "security": [],
        "responses": {"200": {"description": "OpenAPI 3.1.", "content": content}},
    }


def parameter(name: str, place: str, schema: Json) -> Json:
    """Return a parameter in the path or in a header."""
    return {"name": name, "in": place, "required": place == "path", "schema": schema}


def path_parameter(name: str) -> Json:
    """Return an identifier in the path."""
    return parameter(name, "path", {"type": "string", "pattern": IDENTIFIER_PATTERN})


PREFERENCES: Sequence[Json] = (
    {
        **parameter("Prefer", "header", {"type": "string"}),
        "description": "`wait=5`: answer once the fold has handled each record, after at most"
        " 5 s. `handling=lenient`: produce the good lines and quarantine the rest.",
    },
)


def schema_of(model: str) -> Json:
    """Return a reference to the schema of *model*."""
    return {"$ref": REFERENCE.format(model=model)}


def response(text: str, model: str) -> Json:
    """Return the description of a successful answer."""
    return {
        "description": text,
        "content": {"application/json": {"schema": schema_of(model)}},
    }


def problems(*statuses: int) -> Json:
    """Return the descriptions of refusals."""
    return {str(each): problem(HTTPStatus(each)) for each in sorted(statuses)}


def problem(status: HTTPStatus) -> Json:
    """Return the description of a refusal with *status*."""
    headers: Mapping[str, Json] = {"Retry-After": {"schema": {"type": "integer"}}}
    return {
        "description": DETAILS[status],
        "content": {MEDIA_TYPE: {"schema": schema_of(Problem.__name__)}},
        **({"headers": headers} if status in RETRIED else {}),
    }


def schemas() -> Json:
    """Return the schemas of answers and records."""
    answers = (RecordsAnswer, FilesAnswer, ReceiptAnswer, NudgeAnswer, Problem)
    _, own = models_json_schema(
        [(each, "serialization") for each in answers], ref_template=REFERENCE
    )
    record = TypeAdapter[Any](AnyRecord).json_schema(ref_template=REFERENCE)
    definitions = record.pop("$defs")
    return {**own["$defs"], **definitions, "Record": record}
