"""Decodes bytes to a core record or a refusal, without raising exceptions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import blake2b
from itertools import islice
from types import MappingProxyType
from typing import Any, TypeVar

import orjson

from monitor.errors import Reason, Refusal
from monitor.records import Record
from streams.records.convert import BODY_TYPES, CONVERTERS
from streams.records.dates import parse_instant
from streams.records.left_out import may_be_left_out
from streams.records.models import MAJOR, MINOR, MODELS
from streams.records.parse import Fields, RecordRefused, parse_fast, parse_strict
from streams.records.signing import SIGNED_TYPES, signed_content_of
from streams.records.validate import validate_fields

EDGE_ONLY_FIELDS = ("signatures", "verbatim")
"""Fields that the edge validates and the digest covers, but that the core does not receive."""

DIGEST_BYTES = 8
"""Size of a content digest, which the core has as an integer of 64 bits."""

_NOTHING: Mapping[str, Any] = MappingProxyType({})


def decode(raw: bytes | None) -> Record | Refusal:
    """Return the record in *raw* (None is a Kafka tombstone), or the refusal of its bytes.

    The fast parser only accepts.  Bytes that it does not accept are parsed strictly, so that a
    refusal names their actual fault.  A field that the record counts without is left out where it
    is invalid, and named in ``Record.left_out``.
    """
    raw = raw or b""
    fields = parse_fast(raw)
    if fields and fields.get("schema") == _SCHEMA_NAME:
        try:
            return _build_record(fields)
        except RecordRefused:
            pass
    try:
        return _build_without_invalid(parse_strict(raw))
    except RecordRefused as refused:
        return refused.refusal


DECODE_BATCH_SIZE = 2_048
"""Records decoded at a time.  Alternating with every record, decoding and folding evict each other
from the CPU caches, which costs a sixth of a replay."""

Item = TypeVar("Item")
"""What carries the bytes, such as a line of a file or a Kafka record."""


def decode_in_batches(
    items: Iterable[Item],
    raw_of: Callable[[Item], bytes | None],
    batch_size: int = DECODE_BATCH_SIZE,
) -> Iterator[tuple[Item, Record | Refusal]]:
    """Yield each item with its decoded record or refusal, *batch_size* items decoded at a time."""
    remaining = iter(items)
    while batch := list(islice(remaining, batch_size)):
        yield from zip(batch, [decode(raw_of(each)) for each in batch], strict=True)


_SCHEMA_NAME = f"trial.log/{MAJOR}"


def _build_without_invalid(fields: Fields) -> Record:
    """Build the record, without invalid fields that it counts without.

    Converting can find a fault that validation cannot, so faults are found in several passes; each
    pass leaves out a field, hence there are at most as many as fields.
    """
    left_out: dict[str, Any] = {}
    while True:
        try:
            return _build_record(fields, left_out)
        except RecordRefused as refused:
            invalid = refused.invalid.intersection(fields)
            kind, sent = str(fields.get("type")), fields | left_out
            if not invalid or not may_be_left_out(kind, sent, invalid.union(left_out)):
                raise
            left_out |= {name: fields[name] for name in invalid}
            fields = {name: value for name, value in fields.items() if name not in invalid}


def _build_record(fields: Fields, left_out: Mapping[str, Any] = _NOTHING) -> Record:
    schema = fields.get("schema")
    is_newer = schema != _SCHEMA_NAME and _is_newer(schema)
    kind = _record_type(fields)
    values = validate_fields(kind, fields, is_newer=is_newer)
    CONVERTERS[kind](values)
    del values["schema_"]
    study, source, known_at = values.pop("study"), values.pop("source"), values.pop("known_at")
    digest = _content_digest({**values, "left_out": left_out} if left_out else values)
    del values["type"]
    for name in EDGE_ONLY_FIELDS:
        if name in values:
            del values[name]
    entity, body = f"{source['system']}/{source['id']}", BODY_TYPES[kind](**values)
    signed = signed_content_of(fields) if kind in SIGNED_TYPES else None
    known, names = parse_instant(known_at), tuple(sorted(left_out)) if left_out else ()
    return Record(study, entity, source["version"], known, digest, body, signed, names)


def _is_newer(schema: object) -> bool:
    match = isinstance(schema, str) and _SCHEMA_REGEX.fullmatch(schema)
    if not match:
        detail = f"`schema` is not {_SCHEMA_NAME}, with or without a minor version."
        raise RecordRefused(Reason.UNKNOWN_SCHEMA, detail)
    return int(match[1] or 0) > MINOR


_SCHEMA_REGEX = re.compile(rf"{re.escape(_SCHEMA_NAME)}(?:\.(0|[1-9][0-9]{{0,3}}))?")


def _record_type(fields: Fields) -> str:
    kind = fields.get("type")
    if isinstance(kind, str) and kind in MODELS:
        return kind
    if kind is None:
        raise RecordRefused(Reason.MISSING_FIELD, "`type` is missing.")
    if not isinstance(kind, str):
        raise RecordRefused(Reason.WRONG_TYPE, "`type` should be a string.")
    raise RecordRefused(Reason.UNKNOWN_TYPE, f"`type` is none of {', '.join(MODELS)}.")


def _content_digest(values: Fields) -> int:
    """Return the digest of the content: without study, source, `known_at`, schema and key order.

    *values* has no null fields, so a new optional field does not change old digests.
    """
    content = orjson.dumps(values, default=list, option=orjson.OPT_SORT_KEYS)
    return int.from_bytes(blake2b(content, digest_size=DIGEST_BYTES).digest(), "big")
