"""The validator that is derived from a wire model accepts what the model accepts."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from streams.records.examples import EXAMPLES
from streams.records.models import MODELS
from streams.records.parse import RecordRefused
from streams.records.validate import validate_fields

WRONG: tuple[Any, ...] = (None, "", "?", 0, -1, 1.5, True, [], {}, ["x"], {"x": "x"}, float("nan"))


def accepted_by_model(kind: str, fields: dict[str, Any]) -> bool:
    """Whether the wire model itself accepts the fields."""
    try:
        MODELS[kind].model_validate(fields)
    except ValidationError:
        return False
    return True


def accepted(kind: str, fields: dict[str, Any]) -> bool:
    """Whether the derived validator accepts the fields."""
    try:
        validate_fields(kind, fields, is_newer=False)
    except RecordRefused:
        return False
    return True


def changed(fields: dict[str, Any]) -> list[dict[str, Any]]:
    """The *fields* with each value wrong in turn, each field left out, and one field too many."""
    wrong = [{**fields, name: value} for name in fields for value in WRONG]
    missing = [{key: fields[key] for key in fields if key != name} for name in fields]
    source: dict[str, Any] = {**fields["source"], "more": 1}
    return [*wrong, *missing, {**fields, "more": 1}, {**fields, "source": source}]


@pytest.mark.parametrize("kind", MODELS)
def test_validator_and_model_accept_the_same_records(kind: str):
    """Neither a wrong value nor a missing or unknown field passes the one and not the other."""
    for fields in changed(EXAMPLES[kind]):
        assert accepted(kind, fields) is accepted_by_model(kind, fields), fields


@pytest.mark.parametrize("kind", MODELS)
def test_a_newer_minor_version_may_have_unknown_fields(kind: str):
    """They are left out of the values, and in the source as well."""
    fields = EXAMPLES[kind]
    source: dict[str, Any] = {**fields["source"], "more": 1}

    values = validate_fields(kind, {**fields, "more": 1, "source": source}, is_newer=True)

    assert values == validate_fields(kind, fields, is_newer=False)
