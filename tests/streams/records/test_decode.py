"""Decodes valid records: accepted forms, partial dates and the digest of the content."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from monitor.errors import Reason, Refusal
from monitor.records import (
    AdverseEvent,
    Assessment,
    Criterion,
    PartialDate,
    Record,
    Tick,
    Treatment,
)
from streams.records.decode import decode
from streams.records.encode import encode_record
from streams.records.examples import EXAMPLES, example


def decoded_record(fields: dict[str, Any]) -> Record:
    record = decode(encode_record(fields))
    assert isinstance(record, Record), record
    return record


def refusal_reason(fields: dict[str, Any]) -> Reason:
    refusal = decode(encode_record(fields))
    assert isinstance(refusal, Refusal), refusal
    return refusal.reason


def decoded_case(**fields: Any) -> AdverseEvent:
    body = decoded_record(example("adverse_event", **fields)).body
    assert isinstance(body, AdverseEvent)
    return body


def test_a_case_with_only_the_required_fields_is_accepted():
    """Subject and term are enough: a site omits what it does not know yet."""
    required = ("schema", "type", "study", "source", "known_at", "subject")
    full = EXAMPLES["adverse_event"]
    fields = {name: full[name] for name in (*required, "preferred_term", "system_organ_class")}

    assert decoded_record(fields).body == AdverseEvent(
        subject="S-0042",
        preferred_term="Deep vein thrombosis",
        system_organ_class="Vascular disorders",
    )


@pytest.mark.parametrize("kind", EXAMPLES)
def test_the_digest_depends_on_neither_key_order_nor_known_at(kind: str):
    """A record is a duplicate if another serializer sends it again later, on a newer schema."""
    first = EXAMPLES[kind]
    resent = {**dict(reversed(first.items())), "known_at": "2017-04-01T00:00:00Z"}
    raw = orjson.dumps({**resent, "schema": "trial.log/1.0"})

    record = decode(raw.replace(b"PRODERM", b"\\u0050RODERM"))

    assert isinstance(record, Record)
    assert record.digest == decoded_record(first).digest
    assert record.known_at > decoded_record(first).known_at


@pytest.mark.parametrize("kind", EXAMPLES)
def test_absent_and_null_fields_are_equal(kind: str):
    """Serializers differ in whether they write a field without a value."""
    fields = EXAMPLES[kind]
    for name in fields:
        absent = {key: value for key, value in fields.items() if key != name}
        with_absent, with_null = (
            decode(encode_record(absent)),
            decode(encode_record({**fields, name: None})),
        )
        if isinstance(with_absent, Record):
            assert with_absent == with_null
        else:
            assert isinstance(with_null, Refusal), name


@pytest.mark.parametrize("kind", EXAMPLES)
def test_different_content_has_a_different_digest(kind: str):
    """The digest covers every field, so that a change without a new version is a conflict."""
    digests = [decoded_record(EXAMPLES[kind]).digest]
    for name in EXAMPLES[kind].keys() - {"schema", "type", "study", "source", "known_at"}:
        without = decode(encode_record(example(kind, **{name: None})))
        if isinstance(without, Record):
            digests.append(without.digest)

    assert len(set(digests)) == len(digests)


def test_the_order_of_criteria_and_adjudications_does_not_matter():
    """Criteria and adjudications are sets: order and repetition do not change the content."""
    case = decoded_case(
        criteria=["death", "hospitalisation"], adjudications={"a": "yes", "b": "no"}
    )
    reordered = decoded_case(
        criteria=["hospitalisation", "death", "death"], adjudications={"b": "no", "a": "yes"}
    )

    assert case == reordered
    assert case.criteria == (Criterion.DEATH, Criterion.HOSPITALISATION)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2012", PartialDate(2012, None)),
        ("2012-12", PartialDate(2012, 12)),
        ("2012-02-29", 734_562),
        ("0001", PartialDate(1, None)),
        ("0001-01-01", 1),
        ("9999-12", PartialDate(9999, 12)),
        ("9999-12-31", 3_652_059),
    ],
)
def test_the_dates_of_a_case_may_be_partial(text: str, expected: int | PartialDate):
    """A partial date keeps its precision; the first and last dates of the calendar are valid."""
    assert (
        decoded_case(onset=text, end=text).onset
        == decoded_case(onset=text, end=text).end
        == expected
    )


@pytest.mark.parametrize(
    ("onset", "end", "possible"),
    [
        ("2012-12-31", "2012-12", True),
        ("2012-12-31", "2012", True),
        ("2012-12", "2012-12-01", True),
        ("2012", "2012-01-01", True),
        ("2012-12", "2012-11-30", False),
        ("2012-12-31", "2012-11", False),
        ("2012-01-01", "2011", False),
        ("2012", "2011-12", False),
    ],
)
def test_an_end_is_left_out_only_if_it_must_be_before_the_onset(
    onset: str, end: str, possible: bool
):
    """A partial date is left out only if no day of one fits any day of the other."""
    decoded = decode(encode_record(example("adverse_event", onset=onset, end=end)))

    assert isinstance(decoded, Record)
    assert decoded.left_out == (() if possible else ("end",))


def test_an_interval_may_be_empty():
    """The end is exclusive: a subject who is allocated but never treated ends at the start."""
    body = decoded_record(example("treatment", start="2017-02-20", end="2017-02-20")).body

    assert isinstance(body, Treatment)
    assert body.start == body.end


def test_an_integer_is_accepted_as_a_number():
    """Scores of 40 and 40.0 are the same content."""
    integer = decoded_record(example("assessment", value=40))
    fraction = decoded_record(example("assessment", value=40.0))

    assert integer == fraction
    assert isinstance(integer.body, Assessment)
    assert isinstance(integer.body.value, float)


def test_unknown_fields_of_a_newer_minor_version_are_ignored():
    """Producers may upgrade first: added fields are ignored, known fields are still validated."""
    added = {"weather": {"rain": [1, 2.5, None]}}
    newer = example("tick", schema="trial.log/1.7", **added)
    nested = example("tick", schema="trial.log/1.7", source={**newer["source"], **added})

    assert decoded_record(newer).body == decoded_record(nested).body == Tick(736_393)
    assert decoded_record(newer).digest == decoded_record(EXAMPLES["tick"]).digest
    assert refusal_reason(example("tick", schema="trial.log/1.0", **added)) is Reason.UNKNOWN_FIELD
    assert refusal_reason({**newer, "date": "soon"}) is Reason.BAD_DATE


@pytest.mark.parametrize(
    ("known_at", "seconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.999999999Z", 0),
        ("1969-12-31T23:59:59.5Z", -1),
        ("1900-01-01T00:00:00Z", -2_208_988_800),
        ("2199-12-31T23:59:59Z", 7_258_118_399),
    ],
)
def test_an_instant_is_rounded_down_to_seconds(known_at: str, seconds: int):
    """Rounding up could move an instant into the next day."""
    assert decoded_record(example("dose", known_at=known_at)).known_at == seconds


def test_a_version_may_be_any_positive_integer_of_64_bits():
    """Some sources use a timestamp in microseconds as the version."""
    source = EXAMPLES["tick"]["source"]

    assert (
        decoded_record(example("tick", source={**source, "version": 2**63 - 1})).version
        == 2**63 - 1
    )
    assert refusal_reason(example("tick", source={**source, "version": 0})) is Reason.BAD_VALUE
