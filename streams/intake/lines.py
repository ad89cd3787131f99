"""Checks the lines of a request as `tocsin produce` does, and whether the client may send them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from monitor.errors import Refusal
from monitor.records import Merge, Record, Retraction
from streams.intake.answers import LineRefusal
from streams.intake.clients import Client
from streams.intake.problems import pointer_of
from streams.producers.file_producer import late_reason
from streams.records.convert import BODY_TYPES
from streams.records.decode import decode
from streams.records.models import MODELS

LINES_MAX = 1_000
KINDS = frozenset(MODELS)
KIND_BY_BODY = {body: kind for kind, body in BODY_TYPES.items()}


class TooManyLines(Exception):
    """The body has more than ``LINES_MAX`` lines."""


class Forbidden(Exception):
    """A line is of a source system or a type that the client may not send."""


class GoodLine(NamedTuple):
    """A line that may be produced: its number, its bytes and the names of fields left out."""

    number: int
    value: bytes
    left_out: tuple[str, ...]


class BadLine(NamedTuple):
    """A line that is not produced: its bytes, and why."""

    value: bytes
    refusal: LineRefusal


@dataclass(slots=True)
class CheckedLines:
    """The lines of one request, in order."""

    good: list[GoodLine] = field(default_factory=list[GoodLine])
    bad: list[BadLine] = field(default_factory=list[BadLine])


def split_lines(body: bytes, *, ndjson: bool) -> Iterator[tuple[int, bytes]]:
    """Yield the number and the bytes of each line that is not blank; one record is one line.

    A line end cannot be part of a JSON string, so a record over several lines becomes one by
    spaces.  Raises TooManyLines.
    """
    if not ndjson:
        if record := body.replace(b"\r", b" ").replace(b"\n", b" ").strip(b" \t"):
            yield 1, record
        return
    body = body.removesuffix(b"\n")
    if body.count(b"\n") >= LINES_MAX:
        raise TooManyLines
    for number, line in enumerate(body.split(b"\n"), start=1):
        if stripped := line.strip(b" \t\r"):
            yield number, stripped


def check_lines(body: bytes, study: str, client: Client, *, ndjson: bool) -> CheckedLines:
    """Check each line of *body*.  Raises TooManyLines, and Forbidden at the first such line."""
    result = CheckedLines()
    for number, value in split_lines(body, ndjson=ndjson):
        checked = check_line(number, value, study, client)
        if isinstance(checked, LineRefusal):
            result.bad.append(BadLine(value, checked))
        else:
            result.good.append(GoodLine(number, value, checked.left_out))
    return result


def check_line(number: int, value: bytes, study: str, client: Client) -> Record | LineRefusal:
    """Return the record in *value*, or why it must not be produced.  Raises Forbidden."""
    decoded = decode(value)
    if isinstance(decoded, Refusal):
        return line_refusal(number, decoded)
    if decoded.study != study:
        return LineRefusal(
            line=number,
            pointer="/study",
            reason="other_study",
            detail="`study` is not the study of the address.",
            remedy="Send each study's records to its own address.",
        )
    if not client.may_send_as(systems_of(decoded)):
        raise Forbidden
    if KIND_BY_BODY[type(decoded.body)] not in client.types:
        raise Forbidden
    if late_reason(value):
        return LineRefusal(
            line=number,
            pointer="/known_at",
            reason="known_later",
            detail="`known_at` is later than tomorrow by the clock of the intake.",
            remedy="Correct the clock or the time zone of the source: `known_at` is in UTC.",
        )
    return decoded


def systems_of(record: Record) -> set[str]:
    """Return the source systems of the entities that *record* states, nullifies or merges away."""
    entities, body = [record.entity_id], record.body
    if isinstance(body, Retraction):
        entities.append(body.target)
    elif isinstance(body, Merge) and "/" in body.duplicate:
        entities.append(body.duplicate)
    return {each.partition("/")[0] for each in entities}


def line_refusal(number: int, refusal: Refusal) -> LineRefusal:
    """Return the *refusal* of the decoder for the line with this *number*."""
    return LineRefusal(
        line=number,
        pointer=pointer_of(refusal.detail, KINDS),
        reason=refusal.reason.value,
        detail=refusal.detail,
        remedy=refusal.reason.remedy,
    )
