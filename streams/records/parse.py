"""Parses bytes as one JSON object with bounded size, or refuses them with a reason."""

from __future__ import annotations

from json import JSONDecodeError, JSONDecoder
from math import isinf
from typing import Any, NoReturn, cast

import orjson

from monitor.errors import MonitorError, Reason, Refusal

Fields = dict[str, Any]

BYTES_MAX = 1 << 20
"""Maximum size of a record."""
DEPTH_MAX = 32
"""Maximum nesting of objects and arrays."""
KEYS_MAX = 64
"""Maximum fields of an object: records have up to 19, and adjudications up to 64."""
TOKENS_MAX = 4096
"""Bounds the work on hostile bytes; a plan with its signatures has fewer than 200 tokens."""
FAST_PARSE_BYTES_MAX = 4 << 10
"""Only plans are longer; any shorter bytes parse quickly, even hostile ones."""
NUMBER_CHARACTERS_MAX = 64
INTEGER_MIN, INTEGER_MAX = -(1 << 63), (1 << 63) - 1


class RecordRefused(MonitorError):
    """The record must not be folded.  ``decode`` returns the *refusal* of this exception.

    *invalid* names the fields at fault, where fields are.
    """

    def __init__(self, reason: Reason, detail: str, invalid: frozenset[str] = frozenset()) -> None:
        super().__init__(reason)
        self.invalid = invalid
        self.refusal = Refusal(reason, detail)


def parse_fast(raw: bytes) -> Fields | None:
    """Return the object in *raw* if it provably repeats no key, else None: use ``parse_strict``."""
    if len(raw) > FAST_PARSE_BYTES_MAX:
        return None
    try:
        value: Any = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(value, dict):
        return None
    fields = cast(Fields, value)
    return fields if _is_as_written(raw, fields) or _repeats_no_key(raw, fields) else None


def _is_as_written(raw: bytes, fields: Fields) -> bool:
    """Whether *raw* are the bytes that orjson writes for *fields*, as most sources do.

    It writes no key twice, no number in two forms, and no integer beyond 53 bits here.
    """
    try:
        return orjson.dumps(fields, option=orjson.OPT_STRICT_INTEGER) == raw
    except orjson.JSONEncodeError:
        return False


def _repeats_no_key(raw: bytes, fields: Fields) -> bool:
    """Whether the count of keys in *raw* proves that none repeats.

    Without a backslash no string contains a quotation mark, so ``":`` closes a key or opens a
    string that begins with a colon; bytes with white space after a quotation mark prove nothing.
    The count of ``":`` is therefore at least the number of keys written.  A parser keeps the last
    of two equal keys, so it returns fewer keys than were written if one repeats: equal counts
    prove that none does.  Keys are counted in the object and in objects directly in it; a deeper
    key makes the counts differ.  Integers beyond 64 bits become large floats, which prove nothing
    like long numbers: the strict parser refuses them.
    """
    if any(each in raw for each in (b"\\", b'" ', b"\n", b"\t", b"\r")):
        return False
    keys = len(fields)
    for member in fields.values():
        kind = type(cast(object, member))
        if kind is dict:
            keys += len(cast(Fields, member))
        elif kind is float:
            if abs(member) > INTEGER_MAX or _LONG_NUMBER in raw.translate(_DIGITS_AS_ZERO):
                return False
        elif kind is int and member > INTEGER_MAX:
            return False
    return raw.count(b'":') == keys


_LONG_NUMBER = b"0" * (NUMBER_CHARACTERS_MAX + 1)
_DIGITS_AS_ZERO = bytes(ord("0") if chr(byte) in "0123456789+-.eE" else 32 for byte in range(256))
"""Makes every number a run of zeros, to find one that is too long."""


def parse_strict(raw: bytes) -> Fields:
    """Return the object in *raw*.  Raises RecordRefused with the fault of the bytes."""
    if len(raw) > BYTES_MAX:
        raise RecordRefused(Reason.TOO_LARGE, f"The record has {len(raw):,} bytes.")
    _check_structure(raw)
    try:
        value: Any = _DECODER.decode(raw.decode())
    except UnicodeDecodeError as error:
        raise RecordRefused(Reason.NOT_UTF8, f"Byte {error.start} is not UTF-8.") from None
    except JSONDecodeError as error:
        problem = "is empty" if not raw.strip() else f"is not JSON at character {error.pos}"
        raise RecordRefused(Reason.NOT_JSON, f"The record {problem}.") from None
    if not isinstance(value, dict):
        raise RecordRefused(Reason.NOT_AN_OBJECT, "The record is JSON, but not an object.")
    fields = cast(Fields, value)
    _check_encodable(fields)
    return fields


def _check_structure(raw: bytes) -> None:
    if len(raw) <= FAST_PARSE_BYTES_MAX and raw.count(b"{") + raw.count(b"[") <= DEPTH_MAX:
        return
    # Without escapes, every second part of a split at quotation marks is outside of strings.
    unescaped = raw.replace(b"\\\\", b"").replace(b'\\"', b"")
    structure = b"".join(unescaped.split(b'"', TOKENS_MAX)[::2]).translate(
        None, _NON_STRUCTURAL_BYTES
    )
    depth = 0
    for byte in structure[:TOKENS_MAX]:
        depth += _DEPTH_CHANGE[byte]
        if depth > DEPTH_MAX:
            raise RecordRefused(
                Reason.TOO_DEEP, f"The record is nested more than {DEPTH_MAX} deep."
            )
    if unescaped.count(b'"') + len(structure) > TOKENS_MAX:
        detail = f"The record has more than {TOKENS_MAX:,} quotation marks, brackets and commas."
        raise RecordRefused(Reason.TOO_MANY_VALUES, detail)


_DEPTH_CHANGE = {ord("{"): 1, ord("["): 1, ord("}"): -1, ord("]"): -1, ord(","): 0}
_NON_STRUCTURAL_BYTES = bytes(byte for byte in range(256) if byte not in _DEPTH_CHANGE)


def _check_encodable(value: Fields) -> None:
    try:
        orjson.dumps(value)
    except orjson.JSONEncodeError:  # Only text can fail: numbers were bounded when parsed.
        detail = "A string holds half of a surrogate pair, which no UTF-8 can carry."
        raise RecordRefused(Reason.LONE_SURROGATE, detail) from None


def _parse_object(pairs: list[tuple[str, Any]]) -> Fields:
    if len(pairs) > KEYS_MAX:
        detail = f"An object has {len(pairs):,} fields; no record needs more than {KEYS_MAX}."
        raise RecordRefused(Reason.TOO_MANY_VALUES, detail)
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise RecordRefused(Reason.DUPLICATE_KEY, "An object names one of its fields twice.")
    return fields


def _parse_integer(text: str) -> int:
    # Every 64-bit integer fits in 20 characters; Python raises on more than 4,300 digits.
    if len(text) <= 20 and INTEGER_MIN <= (value := int(text)) <= INTEGER_MAX:
        return value
    raise RecordRefused(Reason.INTEGER_TOO_LARGE, "An integer does not fit 64 bits.")


def _parse_number(text: str) -> float:
    if len(text) <= NUMBER_CHARACTERS_MAX and not isinf(value := float(text)):
        return value
    raise RecordRefused(Reason.NUMBER_TOO_LARGE, "A number is too large or too long.")


def _refuse_constant(text: str) -> NoReturn:
    raise RecordRefused(Reason.NOT_A_NUMBER, f"`{text}` is not a JSON number.")


_DECODER = JSONDecoder(
    object_pairs_hook=_parse_object,
    parse_int=_parse_integer,
    parse_float=_parse_number,
    parse_constant=_refuse_constant,
)
