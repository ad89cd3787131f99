"""Lines are split and checked, and each refusal points at the field at fault."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import Refusal
from streams.intake.answers import LineRefusal
from streams.intake.lines import (
    LINES_MAX,
    Forbidden,
    TooManyLines,
    check_line,
    check_lines,
    split_lines,
)
from streams.records.decode import decode
from streams.records.examples import EXAMPLES, example
from streams.records.left_out import NOT_NEEDED
from tests.streams.intake.intakes import CLIENTS
from tests.streams.records.test_refusals import REFUSED

CLIENT, STUDY = CLIENTS.all[0], "PRODERM"

BROKEN = [
    (kind, field)
    for kind, record in EXAMPLES.items()
    for field in record
    if field not in ("schema", "type") and field not in NOT_NEEDED.get(kind, ())
]


def refusal_of(fields: dict[str, Any]) -> LineRefusal:
    """The refusal of a record."""
    checked = check_line(7, json.dumps(fields).encode(), STUDY, CLIENT)
    assert isinstance(checked, LineRefusal)
    return checked


@pytest.mark.parametrize(("kind", "field"), BROKEN)
def test_the_pointer_names_the_field_of_a_wrong_type(kind: str, field: str):
    """For every field of every type; the case of a death counts without many of them."""
    record = example(kind) | {field: {"secret": 1}}
    if field == "severity":
        del record["criteria"]  # Beside them a severity is not needed.
    refusal = refusal_of(record)

    assert refusal.pointer.split("/")[1] == field
    assert refusal.line == 7 and "secret" not in str(refusal)


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        (example("tick", source={"system": "edc", "id": "a b", "version": 1}), "/source/id"),
        (example("adverse_event", criteria=["death", "none"], outcome="unknown"), "/criteria/1"),
        (example("adverse_event", adjudications={"arm": "x"}), "/adjudications"),
        (example("tick", date="2999-01-01"), "/date"),
        (example("plan", sha256="0" * 64), "/sha256"),
        (example("tick", arm="secret"), ""),
        (example("tick", schema="trial.log/2"), "/schema"),
        (example("tick", type="tik"), "/type"),
        (example("treatment", end="2001-01-01"), "/end"),
    ],
)
def test_a_pointer_reaches_into_the_record(fields: dict[str, Any], pointer: str):
    """An unknown name is in neither pointer nor sentence, since it may be a treatment."""
    assert refusal_of(fields).pointer == pointer


@pytest.mark.parametrize(("reason", "raw"), REFUSED, ids=lambda value: str(value)[:40])
def test_every_refusal_of_the_decoder_is_a_refusal_of_the_line(reason: str, raw: Any):
    """Reason and sentence are those of the worker, so that both name a fault alike."""
    value = raw if isinstance(raw, bytes) else json.dumps(raw).encode()
    checked = check_line(1, value, STUDY, CLIENT)
    decoded = decode(value)

    assert isinstance(checked, LineRefusal) and isinstance(decoded, Refusal)
    assert checked.reason == decoded.reason == reason and checked.detail == decoded.detail
    assert checked.pointer == "" or checked.pointer.startswith("/")


def test_at_most_a_thousand_lines():
    """Blank lines count, so that white space alone costs nothing; the last line end does not."""
    line = json.dumps(example("tick")).encode()
    assert len(list(split_lines((line + b"\n") * LINES_MAX, ndjson=True))) == LINES_MAX
    for body in ((line + b"\n") * (LINES_MAX + 1), b"\n" * (LINES_MAX + 1)):
        with pytest.raises(TooManyLines):
            list(split_lines(body, ndjson=True))


@given(st.lists(st.binary(max_size=40), max_size=8))
def test_any_bytes_are_lines_with_an_answer_each(chunks: list[bytes]):
    """Each line that is not blank is good or bad, and numbered as an editor numbers it."""
    body = b"\n".join(chunks)
    checked = check_lines(body, STUDY, CLIENT, ndjson=True)
    numbers = [number for number, each in enumerate(body.split(b"\n"), 1) if each.strip(b" \t\r")]

    assert [each.refusal.line for each in checked.bad] == numbers and not checked.good


def test_a_merge_of_subjects_names_no_source_system():
    """Only cases belong to a system."""
    merge = example("merge", what="subject", duplicate="P-1", survivor="P-2")
    assert not isinstance(check_line(1, json.dumps(merge).encode(), STUDY, CLIENT), LineRefusal)
    with pytest.raises(Forbidden):
        check_line(1, json.dumps(example("merge")).encode(), STUDY, CLIENT)
