"""Parts of a JSON Schema: objects, lists, strings and numbers with their descriptions."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]


def object_of(
    description: str, fields: dict[str, Schema], *, optional: dict[str, Schema] | None = None
) -> Schema:
    """Return the schema of an object: *fields* are required, *optional* may be absent."""
    return {
        "description": description,
        "type": "object",
        "properties": {**fields, **(optional or {})},
        "required": list(fields),
    }


def list_of(
    description: str,
    item: str,
    fields: dict[str, Schema],
    *,
    optional: dict[str, Schema] | None = None,
) -> Schema:
    """Return the schema of a list of objects."""
    items = object_of(item, fields, optional=optional)
    return {"description": description, "type": "array", "items": items}


def string(description: str, **more: Any) -> Schema:
    """Return the schema of a string."""
    return {"description": description, "type": "string", **more}


def nullable_string(description: str, **more: Any) -> Schema:
    """Return the schema of a string or null."""
    return {"description": description, "type": ["string", "null"], **more}


def one_of(description: str, words: list[str], *, null: bool = False) -> Schema:
    """Return the schema of one of *words*."""
    # `enum` alone is enough: it lists all values, null included.
    return {"description": description, "enum": [*words, None] if null else words}


def count(description: str) -> Schema:
    """Return the schema of a whole number from 0."""
    return {"description": description, "type": "integer", "minimum": 0}


def number(description: str, *, null: bool = False, **more: float) -> Schema:
    """Return the schema of a number."""
    return {"description": description, "type": ["number", "null"] if null else "number", **more}


def limits(description: str) -> Schema:
    """Return the schema of a lower and an upper limit."""
    limit = {"type": ["number", "null"]}
    return {
        "description": f"[lower, upper] limit of {description}; null where there is none.",
        "type": "array",
        "prefixItems": [limit, limit],
        "items": False,
        "minItems": 2,
    }


def counts_by_name(description: str, item: str) -> Schema:
    """Return the schema of an object of counts, each described by *item*."""
    return {"description": description, "type": "object", "additionalProperties": count(item)}
