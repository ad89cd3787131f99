"""Bytes in; a core record or a named refusal out, never an exception."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from itertools import islice
from typing import TypeVar

import orjson
from pydantic import ValidationError

from monitor.errors import Reason, Refusal
from monitor.records import Record
from streams.records.convert import BODY_TYPES, CONVERTERS
from streams.records.dates import parse_instant
from streams.records.field_errors import explain
from streams.records.models import MAJOR, MINOR, MODELS
from streams.records.parse import Fields, RecordRefused, parse_fast, parse_strict
from streams.records.signing import SIGNED_TYPES, signed_content_of

EDGE_ONLY_FIELDS = ("signatures", "verbatim")
"""What the edge checks, the digest covers and the core never sees."""

DIGEST_BYTES = 8

FRACTIONAL_TYPES = ("dose", "assessment")
"""Types with numbers that are no integers: ``quick`` is not sound for them."""


def decode(raw: bytes | None) -> Record | Refusal:
    """The record in *raw* (None is a Kafka tombstone), or why it is not included.

    The quick way only ever says yes.  Whatever it doubts is read again with care, so that a
    refusal names the fault itself and not what the quick parser made of it.
    """
    raw = raw or b""
    fields = parse_fast(raw)
    if (
        fields
        and fields.get("schema") == _SCHEMA_NAME
        and fields.get("type") not in FRACTIONAL_TYPES
    ):
        try:
            return _build_record(fields)
        except RecordRefused:
            pass
    try:
        return _build_record(parse_strict(raw))
    except RecordRefused as refused:
        return refused.refusal


DECODE_BATCH_SIZE = 2_048
"""Records decoded at a time.  One by one, decoding and folding push each other out of the
processor's caches: that costs a sixth of a replay."""

Item = TypeVar("Item")
"""A line of a file, a record of Kafka: whatever the bytes came in."""


def decode_in_batches(
    items: Iterable[Item],
    raw_of: Callable[[Item], bytes | None],
    batch_size: int = DECODE_BATCH_SIZE,
) -> Iterator[tuple[Item, Record | Refusal]]:
    """Each of *bearers* with the record in its *raw* bytes, decoded up to *most* at a time."""
    remaining = iter(items)
    while batch := list(islice(remaining, batch_size)):
        yield from zip(batch, [decode(raw_of(each)) for each in batch], strict=True)


_SCHEMA_NAME = f"trial.log/{MAJOR}"


def _build_record(fields: Fields) -> Record:
    extra = "ignore" if _is_newer(fields.get("schema")) else None
    kind = _record_type(fields)
    try:
        model = MODELS[kind].__pydantic_validator__.validate_python(fields, extra=extra)
    except ValidationError as error:
        raise explain(kind, error, fields) from None
    values: Fields = {name: value for name, value in model.__dict__.items() if value is not None}
    CONVERTERS[kind](values)
    del values["schema_"]
    study, source, known_at = values.pop("study"), values.pop("source"), values.pop("known_at")
    digest = _content_digest(values)
    del values["type"]
    for name in EDGE_ONLY_FIELDS:
        values.pop(name, None)
    entity, body = f"{source.system}/{source.id}", BODY_TYPES[kind](**values)
    signed = signed_content_of(fields) if kind in SIGNED_TYPES else None
    return Record(study, entity, source.version, parse_instant(known_at), digest, body, signed)


def _is_newer(schema: object) -> bool:
    if schema == _SCHEMA_NAME:
        return False
    match = isinstance(schema, str) and _SCHEMA_REGEX.fullmatch(schema)
    if not match:
        detail = f"`schema` is not {_SCHEMA_NAME}, with or without a minor version."
        raise RecordRefused(Reason.UNKNOWN_SCHEMA, detail)
    return int(match[1] or 0) > MINOR


_SCHEMA_REGEX = re.compile(rf"{re.escape(_SCHEMA_NAME)}(?:\.(0|[1-9][0-9]{{0,3}}))?")


def _record_type(fields: Fields) -> str:
    kind = fields.get("type")
    if kind is None:
        raise RecordRefused(Reason.MISSING_FIELD, "`type` is missing.")
    if not isinstance(kind, str):
        raise RecordRefused(Reason.WRONG_TYPE, "`type` should be a string.")
    if kind not in MODELS:
        raise RecordRefused(Reason.UNKNOWN_TYPE, f"`type` is none of {', '.join(MODELS)}.")
    return kind


def _content_digest(values: Fields) -> int:
    """Names the content: not who said it, when, by which schema, or in which order of keys.

    Absent and null fields are gone by now, so a schema that gains a field keeps old digests.
    """
    content = orjson.dumps(values, default=list, option=orjson.OPT_SORT_KEYS)
    return int.from_bytes(blake2b(content, digest_size=DIGEST_BYTES).digest(), "big")
