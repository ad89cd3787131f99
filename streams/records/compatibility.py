"""Finds incompatible changes of the wire schema, because logs are kept forever."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

Schema = dict[str, Any]


def incompatibilities(old: Schema, new: Schema) -> list[str]:
    """List what *old* allows and *new* refuses; if empty, every existing record stays valid.

    An added optional field or enumeration member is compatible.  ``incompatibilities(new, old)``
    reports it, and it requires a higher minor version: a reader of the older minor ignores the
    field and refuses the member.  A changed pattern is reported as incompatible, because inclusion
    of patterns is not decided here.
    """
    return list(
        _incompatibilities_at(
            "record", _resolve_references(old, old), _resolve_references(new, new)
        )
    )


def _resolve_references(node: Any, schema: Schema) -> Any:
    """Return *node* with references replaced by their definitions, and without descriptions."""
    if isinstance(node, list):
        return [_resolve_references(item, schema) for item in cast("list[Any]", node)]
    if not isinstance(node, dict):
        return node
    fields = cast(Schema, node)
    if "$ref" in fields:
        return _resolve_references(schema["$defs"][fields["$ref"].rpartition("/")[2]], schema)
    return {
        key: {name: _resolve_references(field, schema) for name, field in value.items()}
        if key == "properties"
        else _resolve_references(value, schema)
        for key, value in fields.items()
        if key not in _IGNORED_KEYS
    }


_IGNORED_KEYS = frozenset({"$defs", "default", "description", "discriminator", "examples", "title"})


def _incompatibilities_at(path: str, old: Schema, new: Schema) -> Iterator[str]:
    if not new:
        return  # The empty schema allows everything.
    if not {"oneOf", "anyOf"}.isdisjoint(old.keys() | new.keys()):
        yield from _removed_alternatives(path, old, new)
    elif new.get("type") not in (None, old.get("type"), _WIDER_TYPE.get(str(old.get("type")))):
        yield f"{path}: no longer of type {old.get('type', 'any')}"
    else:
        yield from _removed_values(path, old, new)
        yield from _tighter_limits(path, old, new)
        yield from _changed_fields(path, old, new)
        for part in ("items", "propertyNames"):
            yield from _incompatibilities_at(f"{path}[]", old.get(part, {}), new.get(part, {}))


_WIDER_TYPE = {"integer": "number"}


def _alternatives(node: Schema) -> dict[str, Schema]:
    nodes: list[Schema] = node.get("oneOf") or node.get("anyOf") or [node]
    return {_alternative_name(one): one for one in nodes}


def _alternative_name(node: Schema) -> str:
    """Identify a record by its ``type``, any other alternative by its JSON type."""
    kind = node.get("properties", {}).get("type", {}).get("const")
    return str(kind or node.get("type", "any"))


def _removed_alternatives(path: str, old: Schema, new: Schema) -> Iterator[str]:
    after = _alternatives(new)
    for name, node in _alternatives(old).items():
        successor = after.get(name) or after.get(_WIDER_TYPE.get(name, ""))
        if successor is None:
            yield f"{path}: {name} is no longer allowed"
        else:
            yield from _incompatibilities_at(
                f"{path}.{name}" if name != "null" else path, node, successor
            )


def _allowed_values(node: Schema) -> set[object] | None:
    if "const" in node:
        return {node["const"]}
    return set(node["enum"]) if "enum" in node else None


def _removed_values(path: str, old: Schema, new: Schema) -> Iterator[str]:
    before, after = _allowed_values(old), _allowed_values(new)
    if after is None:
        return
    if before is None:
        yield f"{path}: only listed values are allowed now"
        return
    for value in sorted(map(str, before - after)):
        yield f"{path}: {value} is no longer allowed"


def _tighter_limits(path: str, old: Schema, new: Schema) -> Iterator[str]:
    for limit in ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"):
        if new.get(limit, float("-inf")) > old.get(limit, float("-inf")):
            yield f"{path}: {limit} is raised"
    for limit in ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"):
        if new.get(limit, float("inf")) < old.get(limit, float("inf")):
            yield f"{path}: {limit} is lowered"
    for limit in ("pattern", "format", "uniqueItems", "multipleOf"):
        if limit in new and new[limit] != old.get(limit):
            yield f"{path}: {limit} has changed"


def _changed_fields(path: str, old: Schema, new: Schema) -> Iterator[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    for name in sorted(before.keys() - after.keys()):
        yield f"{path}.{name}: the field is removed"
    for name in sorted(set(new.get("required", [])) - set(old.get("required", []))):
        yield f"{path}.{name}: the field is required now"
    for name in sorted(before.keys() & after.keys()):
        yield from _incompatibilities_at(f"{path}.{name}", before[name], after[name])
    yield from _changed_name_patterns(
        path, old.get("patternProperties"), new.get("patternProperties")
    )
    additional = old.get("additionalProperties", True), new.get("additionalProperties", True)
    if isinstance(additional[1], dict):
        old_additional = cast(Schema, additional[0]) if isinstance(additional[0], dict) else {}
        yield from _incompatibilities_at(f"{path}.*", old_additional, cast(Schema, additional[1]))
    elif additional[0] and not additional[1]:
        yield f"{path}: fields of other names are no longer allowed"


def _changed_name_patterns(path: str, old: Schema | None, new: Schema | None) -> Iterator[str]:
    if new is None:
        return
    if old is None or old.keys() != new.keys():
        yield f"{path}.*: the pattern of names has changed"
        return
    for pattern in sorted(new):
        yield from _incompatibilities_at(f"{path}.*", old[pattern], new[pattern])
