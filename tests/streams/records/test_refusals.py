"""Refuses bytes for every reason: the text, the remedy, and what a refusal must not reveal."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import (
    PLACEMENT_REASONS,
    REMEDIES,
    SIGNATURE_REASONS,
    STUDY_STATE_REASONS,
    UNREADABLE_REASONS,
    Reason,
    Refusal,
)
from streams.records.decode import decode
from streams.records.encode import encode_record
from streams.records.examples import EXAMPLES, example
from tests.paths import ROOT

AE = encode_record(EXAMPLES["adverse_event"])
SOURCE: dict[str, Any] = EXAMPLES["tick"]["source"]


def with_field(more: bytes, raw: bytes = AE) -> bytes:
    """Return *raw* with *more* appended as its last field."""
    return raw[:-1] + b"," + more + b"}"


def example_bytes(kind: str, /, **fields: Any) -> bytes:
    return encode_record(example(kind, **fields))


REFUSED: list[tuple[Reason, bytes]] = [
    (Reason.TOO_LARGE, b" " * ((1 << 20) + 1)),
    (Reason.NOT_UTF8, AE.replace(b"DVT", b"\xff\xfe")),
    (Reason.NOT_UTF8, "{}".encode("utf-16")),
    (Reason.NOT_JSON, b""),
    (Reason.NOT_JSON, b"\n"),
    (Reason.NOT_JSON, b"\x00"),
    (Reason.NOT_JSON, AE[:-1]),
    (Reason.NOT_JSON, AE + AE),
    (Reason.NOT_JSON, b"\xef\xbb\xbf" + AE),
    (Reason.NOT_JSON, AE.replace(b"DVT", b"D\nT")),
    (Reason.NOT_AN_OBJECT, b"[" + AE + b"]"),
    (Reason.NOT_AN_OBJECT, b"null"),
    (Reason.TOO_DEEP, b"[" * 33 + b"]" * 33),
    (Reason.TOO_DEEP, with_field(b'"x":' + b'{"x":' * 32 + b"0" + b"}" * 32)),
    (Reason.TOO_MANY_VALUES, b"[" + b"[]," * 4096 + b"[]]"),
    (Reason.TOO_MANY_VALUES, encode_record({f"k{number}": 0 for number in range(65)})),
    (Reason.DUPLICATE_KEY, with_field(b'"subject":"S-0042"')),
    (Reason.DUPLICATE_KEY, with_field(b'"subj\\u0065ct":"S-0042"')),
    (Reason.DUPLICATE_KEY, AE.replace(b'"version":2', b'"version":2,"version":3')),
    (Reason.NOT_A_NUMBER, example_bytes("dose", amount="@").replace(b'"@"', b"NaN")),
    (Reason.NOT_A_NUMBER, example_bytes("dose", amount="@").replace(b'"@"', b"-Infinity")),
    (Reason.INTEGER_TOO_LARGE, AE.replace(b'"version":2', b'"version":9223372036854775808')),
    (Reason.INTEGER_TOO_LARGE, AE.replace(b'"version":2', b'"version":1' + b"0" * 5000)),
    (
        Reason.INTEGER_TOO_LARGE,
        example_bytes("dose", amount="@").replace(b'"@"', b"18446744073709551615"),
    ),
    (Reason.NUMBER_TOO_LARGE, example_bytes("dose", amount="@").replace(b'"@"', b"1e999")),
    (Reason.NUMBER_TOO_LARGE, example_bytes("dose", amount="@").replace(b'"@"', b"0." + b"1" * 99)),
    (Reason.LONE_SURROGATE, AE.replace(b"DVT", b"\\ud800")),
    (Reason.LONE_SURROGATE, with_field(b'"\\udc00":1')),
    (Reason.UNKNOWN_SCHEMA, example_bytes("tick", schema="trial.log/2")),
    (Reason.UNKNOWN_SCHEMA, example_bytes("tick", schema="trial.log/1.01")),
    (Reason.UNKNOWN_SCHEMA, example_bytes("tick", schema=1)),
    (Reason.UNKNOWN_SCHEMA, b"{}"),
    (Reason.UNKNOWN_TYPE, example_bytes("tick", type="tock")),
    (Reason.MISSING_FIELD, example_bytes("tick", type=None)),
    (Reason.MISSING_FIELD, AE.replace(b'"subject":"S-0042",', b"")),
    (Reason.UNKNOWN_FIELD, example_bytes("adverse_event", prefered_term="Rash")),
    (Reason.UNKNOWN_FIELD, example_bytes("adverse_event", source=SOURCE | {"verison": 3})),
    (Reason.WRONG_TYPE, example_bytes("tick", type=["tick"])),
    (Reason.WRONG_TYPE, example_bytes("tick", date=20170305)),
    (Reason.WRONG_TYPE, example_bytes("adverse_event", subject=None)),
    (Reason.WRONG_TYPE, example_bytes("adverse_event", serious="true")),
    (Reason.WRONG_TYPE, example_bytes("adverse_event", source="edc")),
    (Reason.BAD_VALUE, example_bytes("adverse_event", severity="grade 3", criteria=[])),
    (Reason.BAD_VALUE, example_bytes("adverse_event", criteria=["death", "other"])),
    (Reason.BAD_VALUE, example_bytes("adverse_event", adjudications={"thromboembolic": "maybe"})),
    (Reason.BAD_VALUE, example_bytes("adverse_event", preferred_term="")),
    (Reason.BAD_VALUE, example_bytes("adverse_event", preferred_term="x" * 201)),
    (Reason.BAD_IDENTIFIER, example_bytes("adverse_event", subject="S 42")),
    (Reason.BAD_IDENTIFIER, example_bytes("adverse_event", subject="S-42\n")),
    (Reason.BAD_IDENTIFIER, example_bytes("adverse_event", subject="{x}")),
    (Reason.BAD_IDENTIFIER, example_bytes("adverse_event", subject="")),
    (Reason.BAD_IDENTIFIER, example_bytes("adverse_event", subject="x" * 65)),
    (Reason.BAD_IDENTIFIER, example_bytes("adverse_event", adjudications={"a b": "yes"})),
    (Reason.BAD_IDENTIFIER, example_bytes("merge", what="case", survivor="AE-9")),
    (
        Reason.BAD_IDENTIFIER,
        example_bytes("merge", what="subject", duplicate="edc/AE-9", survivor="S-1"),
    ),
    (Reason.BAD_DATE, example_bytes("tick", date="2017-02-29")),
    (Reason.BAD_DATE, example_bytes("tick", date="2017-2-28")),
    (Reason.BAD_DATE, example_bytes("tick", date="２０１７-02-28")),
    (Reason.BAD_DATE, example_bytes("treatment", start="2017-02")),
    (Reason.BAD_DATE, example_bytes("adverse_event", onset="0000")),
    (Reason.BAD_DATE, example_bytes("adverse_event", onset="2017-13")),
    (Reason.BAD_DATE, example_bytes("tick", known_at="2017-03-05T10:00:00")),
    (Reason.BAD_DATE, example_bytes("tick", known_at="2017-03-05T10:00:00+01:00")),
    (Reason.BAD_DATE, example_bytes("tick", known_at="2016-12-31T23:59:60Z")),
    (Reason.IMPLAUSIBLE_DATE, example_bytes("tick", known_at="9999-12-31T23:59:59Z")),
    (Reason.IMPLAUSIBLE_DATE, example_bytes("tick", known_at="0001-01-01T00:00:00Z")),
    (Reason.IMPLAUSIBLE_DATE, example_bytes("tick", date="2200-01-01")),
    (Reason.END_BEFORE_START, example_bytes("treatment", start="2017-03-01", end="2017-02-28")),
    (
        Reason.END_BEFORE_START,
        example_bytes("dose", first_date="2017-03-01", last_date="2017-02-28"),
    ),
    (Reason.TICK_AHEAD, example_bytes("tick", date="2017-03-06", known_at="2017-03-05T23:59:59Z")),
    (Reason.PLAN_HASH, example_bytes("plan", toml='study = "OTHER"\n')),
    (
        Reason.SELF_REFERENCE,
        example_bytes("merge", what="subject", duplicate="S-1", survivor="S-1"),
    ),
    (
        Reason.SELF_REFERENCE,
        example_bytes("retraction", target={"system": "edc", "id": "retraction-000123"}),
    ),
]


def refusal_of(raw: bytes) -> Refusal:
    decoded = decode(raw)
    assert isinstance(decoded, Refusal), decoded
    return decoded


@pytest.mark.parametrize(("reason", "raw"), REFUSED, ids=lambda value: str(value)[:40])
def test_a_fault_is_refused_with_its_reason(reason: Reason, raw: bytes):
    """Every fault has its own reason, and a detail and a remedy for the sender."""
    refusal = refusal_of(raw)

    assert refusal.reason is reason
    assert refusal.detail[0] in "`ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    assert refusal.message == f"{refusal.detail} {reason.remedy}"
    assert len(refusal.message) < 500


def test_every_reason_has_an_example():
    """A reason without an example is never tested; other tests cover the remaining reasons."""
    tested_elsewhere = STUDY_STATE_REASONS | PLACEMENT_REASONS | SIGNATURE_REASONS

    assert {reason for reason, _ in REFUSED} == set(Reason) - tested_elsewhere


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_remedy(reason: Reason):
    """Without a remedy the sender must read the source code."""
    assert reason.remedy.endswith(".")
    assert reason.remedy[0].isupper()
    assert len(reason.remedy) > 20
    assert REMEDIES.keys() == set(Reason)


def test_every_reason_is_documented():
    """Senders look up the reason of a refusal in docs/records.md."""
    document = (ROOT / "docs" / "records.md").read_text()

    rows = [f"| `{reason}` | {reason.remedy} |" for reason in Reason]
    assert [row for row in rows if row not in document] == []


def test_unreadable_bytes_are_distinguished_from_refused_content():
    """Ten unreadable records in a row stop a partition; ten with invalid content must not."""
    assert all(
        refusal_of(raw).is_unreadable == (reason in UNREADABLE_REASONS) for reason, raw in REFUSED
    )
    assert Reason.UNKNOWN_SCHEMA.is_unreadable
    assert not Reason.UNKNOWN_TYPE.is_unreadable
    assert not any(
        reason.is_unreadable
        for reason in STUDY_STATE_REASONS | PLACEMENT_REASONS | SIGNATURE_REASONS
    )


def test_a_tombstone_is_refused():
    """Kafka delivers None for a deleted key; the log permits no deletion, so it is a fault."""
    decoded = decode(None)

    assert isinstance(decoded, Refusal)
    assert decoded.reason is Reason.NOT_JSON


def test_the_refusal_of_a_misspelt_field_suggests_a_similar_one():
    """It gives the model, but does not repeat the name, which may reveal a treatment."""
    refusal = refusal_of(example_bytes("subject", randomized_treatment="ivig"))

    assert "`subject` has a field that the schema does not know" in refusal.detail
    assert "`randomised_treatment`" in refusal.detail
    assert "randomized" not in refusal.message


TOKEN = "xq7fz2kd9wpl"  # Represents the name of a treatment.
FAULTY_VALUES: list[Any] = [
    f"{TOKEN} ",
    [TOKEN],
    {TOKEN: TOKEN},
    {"a": {TOKEN: [TOKEN]}},
    TOKEN * 100,
]


@given(kind=st.sampled_from(list(EXAMPLES)), value=st.sampled_from(FAULTY_VALUES), data=st.data())
def test_a_refusal_repeats_nothing_of_the_record(kind: str, value: Any, data: st.DataObject):
    """It repeats neither values nor foreign field names: either may reveal a treatment."""
    field = data.draw(st.sampled_from([*EXAMPLES[kind], TOKEN, f"treatment_{TOKEN}"]))
    raw = orjson.dumps(example(kind, **{field: value}))

    decoded = decode(raw)

    assert TOKEN not in getattr(decoded, "message", "")
