"""A field that is not needed to count never refuses its record: it is left out, and said."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.errors import Refusal
from monitor.records import Record
from streams.processor.pipeline import Pipeline
from streams.records.decode import decode
from streams.records.encode import encode_record
from streams.records.examples import example
from tests.paths import shared


def decoded(kind: str, **fields: Any) -> Record | Refusal:
    """Decode the example of *kind* with *fields* replaced."""
    return decode(encode_record(example(kind, **fields)))


FATAL: dict[str, Any] = {"outcome": "fatal"}
LEFT_OUT: list[tuple[str, dict[str, Any], tuple[str, ...]]] = [
    ("adverse_event", {"onset": "2017-03-05", "end": "2017-03-04"}, ("end",)),
    ("adverse_event", {"end": "2017-02-30"}, ("end",)),
    ("adverse_event", {"end": 20170305}, ("end",)),
    ("adverse_event", {"verbatim": "x" * 1001}, ("verbatim",)),
    ("adverse_event", {"verbatim": 7, "end": "0000"}, ("end", "verbatim")),
    ("adverse_event", {"severity": "grade 3", "criteria": ["hospitalisation"]}, ("severity",)),
    ("adverse_event", {**FATAL, "severity": 5, "criteria": None}, ("severity",)),
    ("adverse_event", {**FATAL, "onset": "2017-02-30"}, ("onset",)),
    ("adverse_event", {**FATAL, "relatedness": "surely", "end": "x"}, ("end", "relatedness")),
    ("adverse_event", {"severity": "fatal", "outcome": "dead"}, ("outcome",)),
    ("adverse_event", {"criteria": ["death"], "outcome": "dead"}, ("outcome",)),
    ("dose", {"amount": "10 mg"}, ("amount",)),
    ("dose", {"cycle": 0, "batch": "a b", "rate": "fast"}, ("batch", "cycle", "rate")),
    ("treatment", {"end_reason": "x" * 65}, ("end_reason",)),
    ("subject", {"date": "2017-02-30"}, ("date",)),
]


@pytest.mark.parametrize(("kind", "fields", "left_out"), LEFT_OUT)
def test_a_field_that_no_count_needs_is_left_out(
    kind: str, fields: dict[str, Any], left_out: tuple[str, ...]
):
    """The record is the one without these fields, except for its digest."""
    record = decoded(kind, **fields)
    without = decoded(kind, **fields | dict.fromkeys(left_out))

    assert isinstance(record, Record)
    assert isinstance(without, Record)
    assert record.left_out == left_out
    assert record._replace(left_out=(), digest=0) == without._replace(digest=0)
    assert record.digest != without.digest


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("adverse_event", {"onset": "2017-02-30", "outcome": "recovered", "criteria": None}),
        ("adverse_event", {"severity": "grade 3", "criteria": None, "outcome": None}),
        ("adverse_event", {"severity": "grade 3", "criteria": ["lethal"], "outcome": None}),
        ("adverse_event", {**FATAL, "subject": "a b"}),
        ("adverse_event", {**FATAL, "preferred_term": ""}),
        ("adverse_event", {"end": "2017-02-30", "seriuos": True}),
        ("adverse_event", {"end": "2017-02-30", "known_at": "yesterday"}),
        ("treatment", {"end": "2017-02-30"}),
        ("dose", {"amount": "10 mg", "first_date": "2017-02-30"}),
        ("tick", {"date": "2017-02-30"}),
    ],
)
def test_a_field_that_a_count_needs_refuses_its_record(kind: str, fields: dict[str, Any]):
    """What cannot be placed is refused, whatever else is wrong with it."""
    assert isinstance(decoded(kind, **fields), Refusal)


def test_a_fatal_case_that_ends_before_its_onset_rings_and_is_a_finding():
    """The death of `fatal_end_before_onset.jsonl` counts without its end, and both are said."""
    lines = shared("data", "real_world_inputs", "fatal_end_before_onset.jsonl").read_bytes()
    pipeline = Pipeline()
    results = [
        pipeline.process_bytes(line, number) for number, line in enumerate(lines.splitlines())
    ]

    alerts = [alert for result in results for alert in result.alerts]
    assert all(result.refusal is None for result in results)
    assert [
        (alert.watch, alert.about) for alert in alerts if alert.about.startswith("edc/ae-1")
    ] == [
        ("rule/deaths", "edc/ae-1"),
        ("finding/field_left_out", "edc/ae-1 end"),
    ]


def test_a_repeated_invalid_field_is_a_duplicate_and_another_value_a_conflict():
    """The digest covers what was left out, so a correction needs the next version."""
    first, again, other = (
        decoded("adverse_event", end=end) for end in ("2017-02-30", "2017-02-30", "2017-02-31")
    )

    assert isinstance(first, Record)
    assert isinstance(again, Record)
    assert isinstance(other, Record)
    assert first.digest == again.digest != other.digest
