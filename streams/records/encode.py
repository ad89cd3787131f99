"""Writes a record as its canonical bytes: compact UTF-8 JSON with sorted keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson


def encode_record(record: Mapping[str, object]) -> bytes:
    """The canonical bytes of *record*, one object without a line end.

    >>> encode_record({"type": "tick", "date": "2017-03-05"})
    b'{"date":"2017-03-05","type":"tick"}'
    """
    return orjson.dumps(dict(record), option=orjson.OPT_SORT_KEYS)


Headers = tuple[tuple[str, bytes], ...]

JSON_HEADERS: Headers = (("content-type", b"application/json"),)

ATTRIBUTE_CHARACTERS_MAX = 200
"""Characters: the longest of a record names a study and a system.  A message must have room."""


def cloudevents_headers(value: bytes) -> Headers:
    """CloudEvents 1.0 in Kafka's binary mode: the value stays as it is, headers say the rest.

    Bytes that lack what the standard requires, or say more of it than a record can, get their
    content type and no more.

    >>> dict(
    ...     cloudevents_headers(
    ...         b'{"type":"tick","study":"S","known_at":"2020-01-01T00:00:00Z",'
    ...         b'"source":{"system":"clock","id":"a","version":2}}'
    ...     )
    ... )["ce_id"]
    b'a/2'
    """
    try:
        values = cloudevents_attributes(orjson.loads(value))
        if any(len(text) > ATTRIBUTE_CHARACTERS_MAX for text in values.values()):
            return JSON_HEADERS
        return JSON_HEADERS + tuple((name, text.encode()) for name, text in values.items())
    except (orjson.JSONDecodeError, TypeError, KeyError, AttributeError):
        return JSON_HEADERS


def cloudevents_attributes(record: Mapping[str, Any]) -> dict[str, str]:
    """The context of a record: `ce_source` and `ce_id` together name it once and for all."""
    source = record["source"]
    return {
        "ce_specversion": "1.0",
        "ce_id": f"{source['id']}/{source['version']}",
        "ce_source": f"/{record['study']}/{source['system']}",
        "ce_type": f"trial.log.{record['type']}",
        "ce_time": record["known_at"],
    }
