"""Shows which bytes are taken as which record, and what names a record's content."""

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


def test_a_case_that_says_only_what_it_must_is_taken():
    """Subject and term are enough: what a site does not know yet, it leaves out."""
    must = ("schema", "type", "study", "source", "known_at", "subject")
    full = EXAMPLES["adverse_event"]
    said = {name: full[name] for name in (*must, "preferred_term", "system_organ_class")}

    assert decoded_record(said).body == AdverseEvent(
        subject="S-0042",
        preferred_term="Deep vein thrombosis",
        system_organ_class="Vascular disorders",
    )


@pytest.mark.parametrize("kind", EXAMPLES)
def test_the_order_of_keys_and_the_time_of_arrival_do_not_name_the_content(kind: str):
    """A record sent again later, by another serializer, on a newer schema, is a duplicate."""
    first = EXAMPLES[kind]
    again = {**dict(reversed(first.items())), "known_at": "2017-04-01T00:00:00Z"}
    raw = orjson.dumps({**again, "schema": "trial.log/1.0"})

    record = decode(raw.replace(b"PRODERM", b"\\u0050RODERM"))

    assert isinstance(record, Record)
    assert record.digest == decoded_record(first).digest
    assert record.known_at > decoded_record(first).known_at


@pytest.mark.parametrize("kind", EXAMPLES)
def test_absent_and_null_are_one(kind: str):
    """Serializers differ in whether they write a field that has no value."""
    said = EXAMPLES[kind]
    for name in said:
        absent = {key: value for key, value in said.items() if key != name}
        one, other = decode(encode_record(absent)), decode(encode_record({**said, name: None}))
        if isinstance(one, Record):
            assert one == other
        else:
            assert isinstance(other, Refusal), name


@pytest.mark.parametrize("kind", EXAMPLES)
def test_any_other_content_has_another_digest(kind: str):
    """Each field of a type counts: a change without a new version must show as a conflict."""
    digests = [decoded_record(EXAMPLES[kind]).digest]
    for name in EXAMPLES[kind].keys() - {"schema", "type", "study", "source", "known_at"}:
        without = decode(encode_record(example(kind, **{name: None})))
        if isinstance(without, Record):
            digests.append(without.digest)

    assert len(set(digests)) == len(digests)


def test_lists_that_mean_one_set_are_one_content():
    """Criteria and adjudications have no order, and naming one twice adds nothing."""
    some = decoded_case(
        criteria=["death", "hospitalisation"], adjudications={"a": "yes", "b": "no"}
    )
    same = decoded_case(
        criteria=["hospitalisation", "death", "death"], adjudications={"b": "no", "a": "yes"}
    )

    assert some == same
    assert some.criteria == (Criterion.DEATH, Criterion.HOSPITALISATION)


@pytest.mark.parametrize(
    ("text", "meant"),
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
def test_a_date_of_a_case_is_as_full_as_its_source_knew(text: str, meant: int | PartialDate):
    """A partial date is a date of its own kind; the ends of the calendar are dates like others."""
    assert (
        decoded_case(onset=text, end=text).onset == decoded_case(onset=text, end=text).end == meant
    )


@pytest.mark.parametrize(
    ("onset", "end", "fits"),
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
def test_a_case_ends_before_it_began_only_if_no_day_could_save_it(onset: str, end: str, fits: bool):
    """A case is refused for its dates only where every reading of them is impossible."""
    found = decode(encode_record(example("adverse_event", onset=onset, end=end)))

    assert getattr(found, "reason", None) is (None if fits else Reason.END_BEFORE_START)


def test_an_interval_may_be_empty():
    """Allocated, never treated: the end is the first day outside, so it may be the start."""
    body = decoded_record(example("treatment", start="2017-02-20", end="2017-02-20")).body

    assert isinstance(body, Treatment)
    assert body.start == body.end


def test_an_integer_is_a_number():
    """A score of 40 and one of 40.0 are one score."""
    whole = decoded_record(example("assessment", value=40))
    fraction = decoded_record(example("assessment", value=40.0))

    assert whole == fraction
    assert isinstance(whole.body, Assessment)
    assert isinstance(whole.body.value, float)


def test_a_newer_minor_may_say_more_than_we_know():
    """Producers may go first: what they add is passed over, what we know is still checked."""
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
def test_an_instant_is_whole_seconds(known_at: str, seconds: int):
    """A fraction of a second is dropped, never rounded into the next day."""
    assert decoded_record(example("tick", known_at=known_at)).known_at == seconds


def test_a_version_may_be_any_positive_integer_of_64_bits():
    """Some sources use a time stamp in microseconds for a version."""
    source = EXAMPLES["tick"]["source"]

    assert (
        decoded_record(example("tick", source={**source, "version": 2**63 - 1})).version
        == 2**63 - 1
    )
    assert refusal_reason(example("tick", source={**source, "version": 0})) is Reason.BAD_VALUE
