"""Encodes records as canonical bytes, and their context as CloudEvents headers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson


def encode_record(record: Mapping[str, object]) -> bytes:
    """Return the canonical bytes of *record*: compact UTF-8 JSON with sorted keys, no line end.

    >>> encode_record({"type": "tick", "date": "2017-03-05"})
    b'{"date":"2017-03-05","type":"tick"}'
    """
    return orjson.dumps(dict(record), option=orjson.OPT_SORT_KEYS)


Headers = tuple[tuple[str, bytes], ...]

JSON_HEADERS: Headers = (("content-type", b"application/json"),)

ATTRIBUTE_CHARACTERS_MAX = 200
"""Maximum characters of an attribute, so that headers fit in a message.

The longest attribute of a valid record, `ce_source`, has a study and a system of 64 each.
"""


def cloudevents_headers(value: bytes) -> Headers:
    """Return the CloudEvents 1.0 headers (Kafka binary mode) of the record in *value*.

    Bytes without the required attributes, or with longer ones than a record can have, get only the
    content type.

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
    """Return the attributes of *record*; `ce_source` and `ce_id` together identify it uniquely."""
    source = record["source"]
    return {
        "ce_specversion": "1.0",
        "ce_id": f"{source['id']}/{source['version']}",
        "ce_source": f"/{record['study']}/{source['system']}",
        "ce_type": f"trial.log.{record['type']}",
        "ce_time": record["known_at"],
    }
