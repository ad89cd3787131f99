"""Explains validation errors of fields without their values."""

from __future__ import annotations

from difflib import get_close_matches

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from monitor.errors import Reason
from streams.records import models as records
from streams.records.parse import Fields, RecordRefused


def explain(kind: str, error: ValidationError, fields: Fields) -> RecordRefused:
    """Return the refusal for the first fault of *error*: its path and what is expected.

    It has no values and no unknown names: an unknown name may be a treatment, and blinded people
    read refusals.
    """
    faults = error.errors(include_url=False, include_input=False)
    fault = faults[0]
    detail = f"`{_path(kind, fault)}` {_expectation(fault, fields)}"
    if len(faults) > 1:
        detail += f" ({len(faults)} faults in all; this is the first.)"
    invalid = frozenset(str(each["loc"][0]) if each["loc"] else "" for each in faults)
    return RecordRefused(_reason(fault), detail, invalid)


def _wire_names(model: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


PUBLIC_FIELD_NAMES = set[str]().union(
    *map(_wire_names, (*records.MODELS.values(), records.Source, records.Target, records.Signature))
)
"""All field names of the public schema."""


def _path(kind: str, fault: ErrorDetails) -> str:
    path = kind
    for step in fault["loc"]:
        if isinstance(step, int):
            path += f"[{step}]"
        elif step in PUBLIC_FIELD_NAMES:
            path += f".{step}"
        elif fault["type"] != "extra_forbidden" and step != "[key]":
            path += ".*"
    return path


def _expectation(fault: ErrorDetails, fields: Fields) -> str:
    if fault["type"] == "missing":
        return "is missing."
    if fault["type"] == "extra_forbidden":
        return _unknown_field_text(
            str(fault["loc"][-1]), list(fields) if len(fault["loc"]) == 1 else []
        )
    return f"does not fit: {fault['msg'][:1].lower()}{fault['msg'][1:]}."


def _unknown_field_text(name: str, siblings: list[str]) -> str:
    position = f", field {siblings.index(name) + 1} of {len(siblings)}" if siblings else ""
    close_matches = get_close_matches(name[:64], PUBLIC_FIELD_NAMES, n=1, cutoff=0.7)
    hint = f" Perhaps `{close_matches[0]}` is meant." if close_matches else ""
    return f"has a field that the schema does not know{position}.{hint}"


def _reason(fault: ErrorDetails) -> Reason:
    if fault["type"] == "string_pattern_mismatch":
        return PATTERN_REASONS.get(fault.get("ctx", {})["pattern"], Reason.BAD_VALUE)
    if fault["type"].endswith("_type"):
        return Reason.WRONG_TYPE
    return FAULT_REASONS.get(fault["type"], Reason.BAD_VALUE)


FAULT_REASONS = {"missing": Reason.MISSING_FIELD, "extra_forbidden": Reason.UNKNOWN_FIELD}
PATTERN_REASONS = {
    records.IDENTIFIER_PATTERN: Reason.BAD_IDENTIFIER,
    records.CASE_OR_SUBJECT_PATTERN: Reason.BAD_IDENTIFIER,
    records.DAY_PATTERN: Reason.BAD_DATE,
    records.PARTIAL_PATTERN: Reason.BAD_DATE,
    records.INSTANT_PATTERN: Reason.BAD_DATE,
}
