"""JSON Schema of the wire records, printed by ``tocsin schema`` and committed in schemas/."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from streams.records.examples import EXAMPLES
from streams.records.models import MAJOR, MINOR, MODELS, AnyRecord


def json_schema() -> dict[str, Any]:
    """Return the schema (JSON Schema 2020-12) of all records: a union discriminated by ``type``."""
    schema = TypeAdapter[Any](AnyRecord).json_schema()
    for kind, model in MODELS.items():
        schema["$defs"][model.__name__]["examples"] = [EXAMPLES[kind]]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:tocsin:trial.log:{MAJOR}.{MINOR}",
        "title": f"trial.log/{MAJOR}.{MINOR}",
        **schema,
    }
