"""Compares the wire schema with the committed file and with every released schema."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from streams.records.compatibility import incompatibilities
from streams.records.examples import EXAMPLES, example
from streams.records.models import MAJOR, MODELS
from streams.records.schema import json_schema

SCHEMAS = Path(__file__).parents[3] / "schemas"
COMMITTED = SCHEMAS / f"trial.log-{MAJOR}.json"
RELEASED = sorted((SCHEMAS / "released").glob(f"trial.log-{MAJOR}.*.json"))

Schema = dict[str, Any]
Change = Callable[[Schema], object]


def read_schema(path: Path) -> Schema:
    return json.loads(path.read_text())


def changed_schema(change: Change) -> Schema:
    """Return the schema after *change* is applied to its definitions."""
    schema = deepcopy(json_schema())
    change(schema["$defs"])
    return schema


def test_the_committed_schema_is_current():
    """Producers read this file: after a change, write it again with `tocsin schema`."""
    assert json_schema() == read_schema(COMMITTED)


@pytest.mark.parametrize("path", RELEASED, ids=lambda path: path.name)
def test_the_schema_is_compatible_with_every_released_schema(path: Path):
    """Records of a log stay valid for ever: files under `released` are added, never edited."""
    released = read_schema(path)

    assert incompatibilities(released, json_schema()) == []
    if incompatibilities(json_schema(), released):
        assert json_schema()["$id"] != released["$id"], "an addition needs a higher minor version"


def test_a_released_schema_exists():
    """Without a released schema the test above would pass for any change."""
    assert RELEASED


@pytest.mark.parametrize("kind", EXAMPLES)
def test_the_schema_accepts_the_example_of_every_type(kind: str):
    """Other validators can use the schema, and it distinguishes the types."""
    schema = Draft202012Validator(json_schema())

    assert schema.is_valid(EXAMPLES[kind])
    assert not schema.is_valid(example(kind, typo=1))
    assert not schema.is_valid(example(kind, type="other"))


@pytest.mark.parametrize(
    ("field", "value"),
    [("adjudications", {"a b": "yes"}), ("adjudications", {"a": "maybe"}), ("onset", "2017-13")],
)
def test_the_schema_rejects_what_the_decoder_refuses(field: str, value: object):
    """A producer that validates against the file detects a fault before it sends the record."""
    schema = Draft202012Validator(json_schema())

    assert not schema.is_valid(example("adverse_event", **{field: value}))


def test_the_schema_is_a_union_discriminated_by_type():
    """The `type` of a record alone determines its model."""
    schema = json_schema()

    assert schema["discriminator"]["propertyName"] == "type"
    assert list(schema["discriminator"]["mapping"]) == sorted(MODELS)
    assert len(schema["oneOf"]) == len(MODELS)


def remove_type(defs: Schema) -> None:
    defs["Tick"]["properties"]["type"]["const"] = "tack"


def narrow_key(defs: Schema) -> None:
    names = defs["AdverseEvent"]["properties"]["adjudications"]["anyOf"][0]["patternProperties"]
    names["^[a-z]+$"] = names.pop(next(iter(names)))


INCOMPATIBLE: dict[str, tuple[Change, str]] = {
    "removed type": (remove_type, "record: tick is no longer allowed"),
    "removed field": (
        lambda defs: defs["Subject"]["properties"].pop("site"),
        "record.subject.site: the field is removed",
    ),
    "field required": (
        lambda defs: defs["Dose"]["required"].append("cycle"),
        "record.dose.cycle: the field is required now",
    ),
    "null refused": (
        lambda defs: defs["Subject"]["properties"]["site"]["anyOf"].pop(),
        "record.subject.site: null is no longer allowed",
    ),
    "enumeration narrowed": (
        lambda defs: defs["Severity"]["enum"].remove("fatal"),
        "record.adverse_event.severity.string: fatal is no longer allowed",
    ),
    "enumeration introduced": (
        lambda defs: defs["Retraction"]["properties"]["reason"].update(enum=["error"]),
        "record.retraction.reason: only listed values are allowed now",
    ),
    "type narrowed": (
        lambda defs: defs["Assessment"]["properties"]["value"].update(type="integer"),
        "record.assessment.value: no longer of type number",
    ),
    "pattern changed": (
        lambda defs: defs["Source"]["properties"]["id"].update(pattern="^[a-z]+$"),
        "record.tick.source.id: pattern has changed",
    ),
    "maximum lowered": (
        lambda defs: defs["Source"]["properties"]["version"].update(maximum=9),
        "record.tick.source.version: maximum is lowered",
    ),
    "length limited": (
        lambda defs: defs["Plan"]["properties"]["toml"].update(maxLength=9),
        "record.plan.toml: maxLength is lowered",
    ),
    "length demanded": (
        lambda defs: defs["Review"]["properties"]["shown"].update(minLength=9),
        "record.review.shown: minLength is raised",
    ),
    "member of a list narrowed": (
        lambda defs: defs["Criterion"]["enum"].remove("death"),
        "record.adverse_event.criteria.array[]: death is no longer allowed",
    ),
    "value of a map narrowed": (
        lambda defs: defs["Adjudication"]["enum"].remove("pending"),
        "record.adverse_event.adjudications.object.*: pending is no longer allowed",
    ),
    "key of a map narrowed": (
        narrow_key,
        "record.adverse_event.adjudications.object.*: the pattern of names has changed",
    ),
}


@pytest.mark.parametrize("name", INCOMPATIBLE)
def test_an_incompatible_change_is_detected(name: str):
    """A record that was valid once must stay valid."""
    change, message = INCOMPATIBLE[name]

    assert message in incompatibilities(json_schema(), changed_schema(change))


COMPATIBLE: dict[str, Change] = {
    "optional field added": lambda defs: defs["Dose"]["properties"].update(
        route={"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}
    ),
    "member added": lambda defs: defs["Outcome"]["enum"].append("recovered_late"),
    "integer widened": lambda defs: defs["Source"]["properties"]["version"].update(type="number"),
    "limit lifted": lambda defs: defs["Retraction"]["properties"]["reason"].pop("maxLength"),
    "field no longer required": lambda defs: defs["Dose"]["required"].remove("last_date"),
}


@pytest.mark.parametrize("name", COMPATIBLE)
def test_an_addition_is_compatible_and_needs_a_new_minor_version(name: str):
    """Old records stay valid, but a decoder with the old schema refuses some new records."""
    after = changed_schema(COMPATIBLE[name])

    assert incompatibilities(json_schema(), after) == []
    assert incompatibilities(after, json_schema()) != []


def test_a_changed_description_is_compatible():
    """A changed sentence or example needs no new version."""
    after = changed_schema(lambda defs: defs["Tick"].update(description="Quiet.", examples=[]))

    assert incompatibilities(json_schema(), after) == []
    assert incompatibilities(after, json_schema()) == []
