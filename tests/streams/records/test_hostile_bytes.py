"""Shows that no bytes whatever make `decode` raise, hang or change its mind."""

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
SLOWEST = 0.005
"""Seconds a record may take, whatever its bytes: RELIABILITY.md, campaigns C13 and C14."""

SCRAPS = [
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
    """A valid record with up to four stretches of bytes replaced by scraps of JSON."""
    raw = draw(st.sampled_from(VALID))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(raw)))
        length = draw(st.integers(0, 12))
        scrap = draw(st.sampled_from(SCRAPS) | st.binary(max_size=4))
        raw = raw[:start] + scrap + raw[start + length :]
    return raw


@st.composite
def mistyped_record(draw: st.DrawFn) -> bytes:
    """A record of some type with some of its fields, or foreign ones, holding anything at all."""
    fields: dict[str, Any] = dict(draw(st.sampled_from(list(EXAMPLES.values()))))
    names = st.sampled_from(sorted(fields)) | st.text(max_size=8)
    fields |= draw(st.dictionaries(names, values, max_size=3))
    return orjson.dumps(fields)


def decode_outcome(raw: bytes) -> Record | Reason:
    found = decode(raw)
    if isinstance(found, Refusal):
        assert found.detail
        return found.reason
    assert isinstance(found, Record)
    return found


def without_signed_content(found: Record | Reason) -> Record | Reason:
    """What was found, whoever signed it."""
    return found._replace(signed_content=None) if isinstance(found, Record) else found


@given(st.binary(max_size=2000))
def test_arbitrary_bytes_are_refused_by_name(raw: bytes):
    """Whatever a broken producer writes, the reader counts it and goes on."""
    assert isinstance(decode_outcome(raw), Reason)


@given(corrupted_record() | mistyped_record())
def test_a_spoilt_record_never_raises(raw: bytes):
    """Bytes that are nearly a record reach further into the code than noise does."""
    decode_outcome(raw)


@given(corrupted_record() | mistyped_record())
@also(VALID[0].replace(b'"study"', b'"study":"X","study"'))
@also(VALID[4].replace(b'"S-0042"', b'"S-0042","x":"\\"'))
def test_the_quick_way_takes_only_what_the_careful_way_takes(raw: bytes):
    """A record is read the same with either parser; `trial.log/1.0` always goes the careful way.

    But for its seal, which covers every byte that was said, the schema among them.
    """
    marked = raw.replace(b'"trial.log/1"', b'"trial.log/1.0"')

    assert without_signed_content(decode_outcome(raw)) == without_signed_content(
        decode_outcome(marked)
    )


WORDS = st.text(st.characters(codec="ascii", categories=["L", "N", "Zs"])).map(str.lstrip)


@st.composite
def unescaped_object(draw: st.DrawFn, levels: int = 3) -> str:
    """The text of an object, without escapes, in which any key may come twice."""
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
def test_as_many_keys_read_as_written_prove_that_none_is_repeated(text: str):
    """The quick parser hands out nothing where the careful one finds a key twice."""
    found = parse_carefully(text)

    assert parse_fast(text.encode()) in (None, found)


@given(st.dictionaries(st.sampled_from("abc"), st.dictionaries(st.sampled_from("ab"), WORDS)))
def test_a_record_as_our_producers_write_it_takes_the_quick_way(said: Fields):
    """One object in another, no escape, no text that begins with a space: all of it is quick."""
    for text in (json.dumps(said), orjson.dumps(said).decode()):
        assert parse_fast(text.encode()) == parse_carefully(text) == said


def parse_carefully(text: str) -> Fields | None:
    """What the careful parser makes of *text*."""
    try:
        return parse_strict(text.encode())
    except RecordRefused as refused:
        event(refused.refusal.reason)
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
def test_hostile_bytes_are_refused_in_no_time(name: str):
    """One record must not hold up a partition; the best of twenty runs is the code's own time."""
    reason, raw = HOSTILE[name]

    assert decode_outcome(raw) is reason
    assert any(decode_seconds(raw) < SLOWEST for _ in range(20))


def test_brackets_inside_a_string_are_not_depth():
    """A plan's text is full of brackets, quotation marks and backslashes."""
    toml = '[[watches]]\nterms = ["a\\\\", "b\\"", ["c"]]\n' * 200
    digest = "0" * 64

    assert (
        decode_outcome(encode_record(example("plan", toml=toml, sha256=digest))) is Reason.PLAN_HASH
    )
