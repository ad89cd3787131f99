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
from streams.records.convert import BODIES, SETTLE
from streams.records.dates import instant
from streams.records.field_errors import explain
from streams.records.models import MAJOR, MINOR, MODELS
from streams.records.parse import Fields, Refused, careful, quick
from streams.records.signing import SIGNED, seal_of

UNSEEN = ("signatures", "verbatim")
"""What the edge checks, the digest covers and the core never sees."""

DIGEST_BYTES = 8

MEASURED = ("dose", "assessment")
"""Types with numbers that are no integers: ``quick`` is not sound for them."""


def decode(raw: bytes | None) -> Record | Refusal:
    """The record in *raw* (None is a Kafka tombstone), or why it is not included.

    The quick way only ever says yes.  Whatever it doubts is read again with care, so that a
    refusal names the fault itself and not what the quick parser made of it.
    """
    raw = raw or b""
    fields = quick(raw)
    if fields and fields.get("schema") == _OURS and fields.get("type") not in MEASURED:
        try:
            return _record(fields)
        except Refused:
            pass
    try:
        return _record(careful(raw))
    except Refused as refused:
        return refused.refusal


AHEAD = 2_048
"""Records decoded at a time.  One by one, decoding and folding push each other out of the
processor's caches: that costs a sixth of a replay."""

Bearer = TypeVar("Bearer")
"""A line of a file, a record of Kafka: whatever the bytes came in."""


def ahead(
    bearers: Iterable[Bearer], raw: Callable[[Bearer], bytes | None], most: int = AHEAD
) -> Iterator[tuple[Bearer, Record | Refusal]]:
    """Each of *bearers* with the record in its *raw* bytes, decoded up to *most* at a time."""
    waiting = iter(bearers)
    while some := list(islice(waiting, most)):
        yield from zip(some, [decode(raw(each)) for each in some], strict=True)


_OURS = f"trial.log/{MAJOR}"


def _record(fields: Fields) -> Record:
    extra = "ignore" if _is_newer(fields.get("schema")) else None
    kind = _kind(fields)
    try:
        model = MODELS[kind].__pydantic_validator__.validate_python(fields, extra=extra)
    except ValidationError as error:
        raise explain(kind, error, fields) from None
    said: Fields = {name: value for name, value in model.__dict__.items() if value is not None}
    SETTLE[kind](said)
    del said["schema_"]
    study, source, known_at = said.pop("study"), said.pop("source"), said.pop("known_at")
    digest = _digest(said)
    del said["type"]
    for name in UNSEEN:
        said.pop(name, None)
    thing, body = f"{source.system}/{source.id}", BODIES[kind](**said)
    seal = seal_of(fields) if kind in SIGNED else None
    return Record(study, thing, source.version, instant(known_at), digest, body, seal)


def _is_newer(schema: object) -> bool:
    if schema == _OURS:
        return False
    known = isinstance(schema, str) and _SCHEMA.fullmatch(schema)
    if not known:
        detail = f"`schema` is not {_OURS}, with or without a minor version."
        raise Refused(Reason.UNKNOWN_SCHEMA, detail)
    return int(known[1] or 0) > MINOR


_SCHEMA = re.compile(rf"{re.escape(_OURS)}(?:\.(0|[1-9][0-9]{{0,3}}))?")


def _kind(fields: Fields) -> str:
    kind = fields.get("type")
    if kind is None:
        raise Refused(Reason.MISSING_FIELD, "`type` is missing.")
    if not isinstance(kind, str):
        raise Refused(Reason.WRONG_TYPE, "`type` should be a string.")
    if kind not in MODELS:
        raise Refused(Reason.UNKNOWN_TYPE, f"`type` is none of {', '.join(MODELS)}.")
    return kind


def _digest(said: Fields) -> int:
    """Names the content: not who said it, when, by which schema, or in which order of keys.

    Absent and null fields are gone by now, so a schema that gains a field keeps old digests.
    """
    content = orjson.dumps(said, default=list, option=orjson.OPT_SORT_KEYS)
    return int.from_bytes(blake2b(content, digest_size=DIGEST_BYTES).digest(), "big")
