"""Converts every record type, and compares the fields of wire models and core bodies."""

from __future__ import annotations

from datetime import date
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from monitor import records as events
from monitor.records import Body, PartialDate, Record
from streams.records.convert import BODY_TYPES, CONVERTERS
from streams.records.decode import EDGE_ONLY_FIELDS, decode
from streams.records.encode import encode_record
from streams.records.examples import EXAMPLES, example
from streams.records.models import MODELS, Envelope

ENVELOPE = {"schema_", "study", "source", "known_at", "type"}


def ordinal(text: str) -> int:
    return date.fromisoformat(text).toordinal()


EXPECTED_BODIES: dict[str, Body] = {
    "plan": events.PlanRecord(EXAMPLES["plan"]["toml"], EXAMPLES["plan"]["sha256"]),
    "subject": events.Subject(
        subject="S-0042",
        site="US-07",
        randomised_treatment="ivig",
        stratum="mild",
        date=ordinal("2017-02-20"),
    ),
    "treatment": events.Treatment(
        subject="S-0042",
        treatment="ivig",
        period="first",
        start=ordinal("2017-02-20"),
        end=ordinal("2017-06-12"),
        end_reason="completed",
    ),
    "dose": events.Dose(
        subject="S-0042",
        cycle=2,
        first_date=ordinal("2017-03-20"),
        last_date=ordinal("2017-03-22"),
        amount=140.5,
        unit="g",
        rate=0.08,
        batch="B-17.3",
    ),
    "adverse_event": events.AdverseEvent(
        subject="S-0042",
        preferred_term="Deep vein thrombosis",
        system_organ_class="Vascular disorders",
        label_group="Thromboembolic events",
        onset=ordinal("2017-02-27"),
        end=PartialDate(2017, 3),
        serious=True,
        criteria=(events.Criterion.HOSPITALISATION, events.Criterion.MEDICALLY_IMPORTANT),
        severity=events.Severity.SEVERE,
        relatedness=events.Relatedness.POSSIBLE,
        outcome=events.Outcome.RECOVERING,
        action_taken=events.ActionTaken.DRUG_WITHDRAWN,
        adjudications=(("thromboembolic", events.Adjudication.YES),),
    ),
    "disposition": events.Disposition(
        subject="S-0042", status=events.Status.WITHDREW, date=ordinal("2017-06-11"), period="first"
    ),
    "collection": events.Collection(
        kind=events.TermKind.GROUP, term="thromboembolic", start=ordinal("2017-01-01")
    ),
    "not_at_risk": events.NotAtRisk(
        subject="S-0042",
        kind=events.TermKind.PREFERRED_TERM,
        term="Appendicitis",
        start=ordinal("2017-03-01"),
        last_date=ordinal("2017-06-12"),
    ),
    "assessment": events.Assessment(
        subject="S-0042", instrument="TIS", visit="week-16", value=42.5, date=ordinal("2017-06-12")
    ),
    "retraction": events.Retraction(
        target="edc/adverse_event-000123", reason="Entered for another subject."
    ),
    "merge": events.Merge(what="case", duplicate="safety/AE-9", survivor="edc/AE-000123"),
    "review": events.Review(
        alert="a1b2c3d4e5f6",
        revision=1,
        move="acknowledge",
        shown="0f5a1c",
        member="board-2",
        reason="Seen; the cases are being read.",
        meaning="I have seen this alert.",
    ),
    "tick": events.Tick(ordinal("2017-03-05")),
}


@pytest.mark.parametrize("kind", MODELS)
def test_every_record_type_is_converted(kind: str):
    """A wire record becomes the core body of its type, in a record with the envelope's values."""
    record = decode(encode_record(EXAMPLES[kind]))

    assert isinstance(record, Record)
    assert record.body == EXPECTED_BODIES[kind]
    assert type(record.body) is type(EXPECTED_BODIES[kind])
    assert (record.study, record.entity_id) == ("PRODERM", f"edc/{kind}-000123")
    assert (record.version, record.known_at) == (2, 1_488_708_000)


def test_the_kind_of_a_collection_is_an_enumeration_member():
    """`TermKind` is compared by identity in places; a plain string would pass only `==`."""
    record = decode(encode_record(EXAMPLES["collection"]))

    assert isinstance(record, Record)
    assert isinstance(record.body, events.Collection)
    assert record.body.kind is events.TermKind.GROUP


VERIFIED_FIELDS = {"key"}
"""Fields of core bodies that verification adds: the key that signed a review."""


@pytest.mark.parametrize("kind", MODELS)
def test_the_wire_and_the_core_have_the_same_fields(kind: str):
    """A field that only one of them has would be refused or silently dropped."""
    wire_fields = MODELS[kind].model_fields.keys() - ENVELOPE - set(EDGE_ONLY_FIELDS)

    assert wire_fields == BODY_TYPES[kind].__annotations__.keys() - VERIFIED_FIELDS


def test_every_table_has_every_record_type():
    """No table omits a type, and every core body has a wire type."""
    assert list(MODELS) == list(BODY_TYPES) == list(CONVERTERS) == list(EXAMPLES)
    assert set(BODY_TYPES.values()) == set(get_args(Body))
    for kind, model in MODELS.items():
        assert get_args(model.model_fields["type"].annotation) == (kind,)


@pytest.mark.parametrize("kind", MODELS)
def test_an_example_has_every_field_of_its_type(kind: str):
    """The documentation shows these examples, and senders copy their fields."""
    names = {field.alias or name for name, field in MODELS[kind].model_fields.items()}

    assert EXAMPLES[kind].keys() == names


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("dose", "cycle", "2"),
        ("dose", "cycle", 2.0),
        ("dose", "cycle", True),
        ("dose", "amount", "140.5"),
        ("adverse_event", "serious", "yes"),
        ("adverse_event", "serious", 1),
        ("adverse_event", "criteria", "death"),
        ("adverse_event", "severity", "SEVERE"),
        ("subject", "subject", 42),
    ],
)
def test_values_are_not_coerced(kind: str, field: str, value: object):
    """A value of another type is a fault of its source and is refused."""
    with pytest.raises(ValidationError):
        MODELS[kind].model_validate(example(kind, **{field: value}))


def test_a_validation_error_hides_the_value():
    """Stack traces are visible to people who must stay blinded to treatment."""
    model: type[Envelope] = MODELS["treatment"]
    fields: dict[str, Any] = example("treatment", treatment="ivig secret")

    with pytest.raises(ValidationError) as error:
        model.model_validate(fields)

    assert "secret" not in str(error.value)
