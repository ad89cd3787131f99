"""Writes a record as its canonical bytes: compact UTF-8 JSON with sorted keys."""

from __future__ import annotations

from collections.abc import Mapping

import orjson


def wire(record: Mapping[str, object]) -> bytes:
    """The canonical bytes of *record*, one object without a line end.

    >>> wire({"type": "tick", "date": "2017-03-05"})
    b'{"date":"2017-03-05","type":"tick"}'
    """
    return orjson.dumps(dict(record), option=orjson.OPT_SORT_KEYS)
