"""Encodes rows of a study as bytes, in which they wait on disk."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from typing import Any, cast, get_args

import orjson

from streams.sources.rows import AnyRow, Place, StudyRow

KINDS: tuple[type[AnyRow], ...] = get_args(AnyRow)

LISTS = ("key", "criteria")
"""Fields that hold several texts, which JSON returns as lists."""


@cache
def _fields(kind: type[StudyRow]) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind) if each.name != "place")


def encode_row(row: AnyRow) -> bytes:
    """Return *row* as its place and its fields that have a value."""
    values = {name: value for name in _fields(type(row)) if (value := getattr(row, name))}
    try:
        return orjson.dumps([*row.place, values])
    except orjson.JSONEncodeError:
        return orjson.dumps([*row.place, {name: _clean(value) for name, value in values.items()}])


def decode_row(kind: type[AnyRow], body: bytes) -> AnyRow:
    """Return the row of *kind* that `encode_row` made *body* of."""
    file, number, values = orjson.loads(body)
    for name in LISTS:
        if name in values:
            values[name] = tuple(values[name])
    values.setdefault("subject", "")
    return kind(place=Place(file, number), **values)


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    return list(map(_clean, cast(tuple[str, ...], value))) if isinstance(value, tuple) else value


def clean_text(text: str) -> str:
    """Return *text* without halves of surrogate pairs, which no UTF-8 can carry."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
