"""Validates the fields of a record by its wire model, without an instance of the model.

A validator derived from the model returns a dict of the given fields, in less time.  The model
itself explains what this validator refuses, so that the text of a refusal has one origin.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

from pydantic import ValidationError
from pydantic_core import CoreSchema, SchemaValidator
from pydantic_core.core_schema import (
    CoreConfig,
    TypedDictField,
    typed_dict_field,
    typed_dict_schema,
)

from streams.records.field_errors import explain
from streams.records.models import MODELS, Wire
from streams.records.parse import Fields, RecordRefused

Extra = Literal["ignore", "forbid"]


def validate_fields(kind: str, fields: Fields, *, is_newer: bool) -> Fields:
    """Return the fields of a record of type *kind* that are not null, by their names in the model.

    Fields that a newer minor version has added are ignored.  Raises RecordRefused otherwise.
    """
    extra: Extra | None = "ignore" if is_newer else None
    try:
        values: Fields = _validator_of(kind).validate_python(fields, extra=extra)
    except ValidationError:
        raise _refusal(kind, fields, extra) from None
    if len(values) < len(fields) and not is_newer:
        raise _refusal(kind, fields, extra)  # For an unknown field.
    if None in values.values():
        return {name: value for name, value in values.items() if value is not None}
    return values


def _refusal(kind: str, fields: Fields, extra: Extra | None) -> RecordRefused:
    try:
        MODELS[kind].model_validate(fields, extra=extra)
    except ValidationError as error:
        return explain(kind, error, fields)
    raise AssertionError("the model accepts what the validator derived from it refuses")


@cache
def _validator_of(kind: str) -> SchemaValidator:
    """The validator of a record type.  It ignores unknown fields: counting them is faster."""
    return SchemaValidator(_dict_schema(MODELS[kind], "ignore"))


def _dict_schema(model: type[Wire], extra: Extra) -> CoreSchema:
    """The schema of a dict with the fields of *model*; objects directly in it become dicts too."""
    model.model_rebuild()
    core: Any = model.__pydantic_core_schema__
    config = CoreConfig(
        strict=Wire.model_config.get("strict", True),
        allow_inf_nan=Wire.model_config.get("allow_inf_nan", False),
    )
    return typed_dict_schema(
        {
            name: _dict_field(field["schema"], model, name)
            for name, field in core["schema"]["fields"].items()
        },
        extra_behavior=extra,
        config=config,
    )


def _dict_field(schema: Any, model: type[Wire], name: str) -> TypedDictField:
    """The field *name* of a dict, by its *schema* in the model; a default stays out of the dict."""
    field = model.model_fields[name]
    value = schema["schema"] if schema["type"] == "default" else schema
    if value["type"] == "model":
        value = _dict_schema(value["cls"], "forbid")
    return typed_dict_field(value, required=field.is_required(), validation_alias=field.alias)
