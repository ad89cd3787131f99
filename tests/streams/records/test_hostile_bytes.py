"""Shows that `decode` neither raises nor hangs on any bytes, and that its parsers agree."""

from __future__ import annotations

import json
from time import thread_time
from typing import Any

import orjson
import pytest
from hypothesis import event, given
from hypothesis import example as also
from hypothesis import strategies as st

from monitor.errors import Reason, Refusal
from monitor.records import Record
from streams.records.decode import decode
from streams.records.encode import encode_record
from streams.records.examples import EXAMPLES, example
from streams.records.parse import Fields, RecordRefused, parse_fast, parse_strict

VALID = [encode_record(record) for record in EXAMPLES.values()]
DECODE_SECONDS_MAX = 0.005
"""Longest time to decode one record, for any bytes: a longer time would delay a partition."""

JSON_FRAGMENTS = [
    *(b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"0", b"-", b".", b"e9", b" ", b"\x00"),
    *(b"null", b"true", b"NaN", b"\\ud800", b"\\u0000", b'"type":', b'"study":', b'"x":1,'),
    *(b"99999999999999999999", b"1e999", b"\xff", b"\xf0\x9f\x98\x80", b"2017-02-30", b"0000"),
]

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=20)
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@st.composite
def corrupted_record(draw: st.DrawFn) -> bytes:
    """Generate a valid record with up to four ranges of bytes replaced by JSON fragments."""
    raw = draw(st.sampled_from(VALID))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(raw)))
        length = draw(st.integers(0, 12))
        fragment = draw(st.sampled_from(JSON_FRAGMENTS) | st.binary(max_size=4))
        raw = raw[:start] + fragment + raw[start + length :]
    return raw


@st.composite
def mistyped_record(draw: st.DrawFn) -> bytes:
    """Generate a record with arbitrary values in some of its fields or in foreign fields."""
    fields: dict[str, Any] = dict(draw(st.sampled_from(list(EXAMPLES.values()))))
    names = st.sampled_from(sorted(fields)) | st.text(max_size=8)
    fields |= draw(st.dictionaries(names, values, max_size=3))
    return orjson.dumps(fields)


def decode_outcome(raw: bytes) -> Record | Reason:
    decoded = decode(raw)
    if isinstance(decoded, Refusal):
        assert decoded.detail
        return decoded.reason
    assert isinstance(decoded, Record)
    return decoded


def without_signed_content(outcome: Record | Reason) -> Record | Reason:
    """Return *outcome* without its signed content, which also covers the schema."""
    return outcome._replace(signed_content=None) if isinstance(outcome, Record) else outcome


@given(st.binary(max_size=2000))
def test_arbitrary_bytes_are_refused_with_a_reason(raw: bytes):
    """The bytes of a broken producer are counted by reason, and reading continues."""
    assert isinstance(decode_outcome(raw), Reason)


@given(corrupted_record() | mistyped_record())
def test_a_corrupted_record_never_raises(raw: bytes):
    """Bytes that are almost a record reach more of the code than random bytes."""
    decode_outcome(raw)


@given(corrupted_record() | mistyped_record())
@also(VALID[0].replace(b'"study"', b'"study":"X","study"'))
@also(VALID[4].replace(b'"S-0042"', b'"S-0042","x":"\\"'))
def test_both_parsers_decode_a_record_equally(raw: bytes):
    """A record with the schema `trial.log/1.0` is always parsed by the strict parser.

    Only the signed content differs, because it covers the schema.
    """
    strictly_parsed = raw.replace(b'"trial.log/1"', b'"trial.log/1.0"')

    assert without_signed_content(decode_outcome(raw)) == without_signed_content(
        decode_outcome(strictly_parsed)
    )


WORDS = st.text(st.characters(codec="ascii", categories=["L", "N", "Zs"])).map(str.lstrip)


@st.composite
def unescaped_object(draw: st.DrawFn, levels: int = 3) -> str:
    """Generate the text of an object without escapes, in which any key may be repeated."""
    words = st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters='"\\'))
    inner = words.map(lambda word: f'"{word}"') | st.sampled_from(["0", "-1", "null", "[]"])
    if levels:
        inner |= unescaped_object(levels - 1) | unescaped_object(levels - 1).map(
            lambda text: f"[{text}]"
        )
    pairs = draw(
        st.lists(st.tuples(st.sampled_from(["", "a", "b", "é"]) | words, inner), max_size=4)
    )
    colon = draw(st.sampled_from([": ", ":", ":", " :", "\n: "]))
    return "{" + ", ".join(f'"{key}"{colon}{value}' for key, value in pairs) + "}"


@given(unescaped_object())
@also('{"a":"\x7f\xa0"}')
@also('{"a":":", "a" :1}')
@also('{"a":{"b":{"c":1}}, "a":0}')
def test_the_fast_parser_accepts_no_repeated_key(text: str):
    """The fast parser returns the object of the strict parser, or None."""
    strict = parse_strict_or_none(text)

    assert parse_fast(text.encode()) in (None, strict)


@given(st.dictionaries(st.sampled_from("abc"), st.dictionaries(st.sampled_from("ab"), WORDS)))
def test_the_fast_parser_accepts_typical_records(fields: Fields):
    """It accepts nested objects without escapes and without texts that begin with a space."""
    for text in (json.dumps(fields), orjson.dumps(fields).decode()):
        assert parse_fast(text.encode()) == parse_strict_or_none(text) == fields


def parse_strict_or_none(text: str) -> Fields | None:
    """Return the object that the strict parser reads, None where it refuses *text*."""
    try:
        return parse_strict(text.encode())
    except RecordRefused as error:
        event(error.refusal.reason)
        return None


HOSTILE: dict[str, tuple[Reason, bytes]] = {
    "1 MiB and a byte": (Reason.TOO_LARGE, b"x" * ((1 << 20) + 1)),
    "10 MiB": (Reason.TOO_LARGE, b"{" * (10 << 20)),
    "10,000 deep": (Reason.TOO_DEEP, b"[" * 10_000 + b"]" * 10_000),
    "10,000 objects deep": (Reason.TOO_DEEP, b'{"a":' * 10_000),
    "an integer of 300,000 digits": (Reason.INTEGER_TOO_LARGE, b'{"a":' + b"9" * 300_000 + b"}"),
    "a fraction of 300,000 digits": (Reason.NUMBER_TOO_LARGE, b'{"a":0.' + b"9" * 300_000 + b"}"),
    "NaN": (Reason.NOT_A_NUMBER, b'{"a":NaN}'),
    "a key twice": (Reason.DUPLICATE_KEY, b'{"a":1,"a":1}'),
    "half a surrogate pair": (Reason.LONE_SURROGATE, b'{"a":"\\ud800"}'),
    "a term of 1 MB": (
        Reason.BAD_VALUE,
        encode_record(example("adverse_event", preferred_term="x" * 1_000_000)),
    ),
    "1,000 fields": (
        Reason.TOO_MANY_VALUES,
        encode_record({f"k{number}": 0 for number in range(1000)}),
    ),
    "300,000 lists": (Reason.TOO_MANY_VALUES, b"[" + b"[]," * 300_000 + b"[]]"),
    "1,000 adjudications": (
        Reason.TOO_MANY_VALUES,
        encode_record(
            example("adverse_event", adjudications={f" {number}": 0 for number in range(1000)})
        ),
    ),
    "100,000 escapes": (Reason.UNKNOWN_SCHEMA, b'{"a":"' + b"\\n" * 100_000 + b'"}'),
}


def decode_seconds(raw: bytes) -> float:
    start = thread_time()
    decode(raw)
    return thread_time() - start


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bytes_are_refused_quickly(name: str):
    """One record must not delay a partition; the best of twenty runs excludes other load."""
    reason, raw = HOSTILE[name]

    assert decode_outcome(raw) is reason
    assert any(decode_seconds(raw) < DECODE_SECONDS_MAX for _ in range(20))


def test_brackets_inside_a_string_do_not_count_as_depth():
    """The text of a plan has many brackets, quotation marks and backslashes."""
    toml = '[[watches]]\nterms = ["a\\\\", "b\\"", ["c"]]\n' * 200
    digest = "0" * 64

    assert (
        decode_outcome(encode_record(example("plan", toml=toml, sha256=digest))) is Reason.PLAN_HASH
    )
