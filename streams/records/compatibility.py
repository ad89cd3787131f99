"""Says what a change of the wire schema would break, because a log is kept for ever."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

Schema = dict[str, Any]


def incompatibilities(old: Schema, new: Schema) -> list[str]:
    """What *old* allows and *new* refuses; empty means that every record ever written stays valid.

    An added optional field or enumeration member is therefore compatible.  It shows the other way
    round, in ``incompatibilities(new, old)``, and asks for a higher minor version: a reader of the
    older minor then ignores the field, and refuses the member by name.  It misreads neither.
    A pattern that changed counts as narrower: whether one includes another is not decided here.
    """
    return list(_narrowed("record", _expanded(old, old), _expanded(new, new)))


def _expanded(node: Any, schema: Schema) -> Any:
    """*node* with its references replaced by what they name, and without its prose."""
    if isinstance(node, list):
        return [_expanded(item, schema) for item in cast("list[Any]", node)]
    if not isinstance(node, dict):
        return node
    fields = cast(Schema, node)
    if "$ref" in fields:
        return _expanded(schema["$defs"][fields["$ref"].rpartition("/")[2]], schema)
    return {
        key: {name: _expanded(field, schema) for name, field in value.items()}
        if key == "properties"
        else _expanded(value, schema)
        for key, value in fields.items()
        if key not in _PROSE
    }


_PROSE = frozenset({"$defs", "default", "description", "discriminator", "examples", "title"})


def _narrowed(path: str, old: Schema, new: Schema) -> Iterator[str]:
    if not new:
        return  # The empty schema allows everything.
    if not {"oneOf", "anyOf"}.isdisjoint(old.keys() | new.keys()):
        yield from _lost_alternatives(path, old, new)
    elif new.get("type") not in (None, old.get("type"), _WIDER.get(str(old.get("type")))):
        yield f"{path}: no longer of type {old.get('type', 'any')}"
    else:
        yield from _lost_values(path, old, new)
        yield from _tighter_limits(path, old, new)
        yield from _changed_fields(path, old, new)
        for part in ("items", "propertyNames"):
            yield from _narrowed(f"{path}[]", old.get(part, {}), new.get(part, {}))


_WIDER = {"integer": "number"}


def _alternatives(node: Schema) -> dict[str, Schema]:
    nodes: list[Schema] = node.get("oneOf") or node.get("anyOf") or [node]
    return {_name(one): one for one in nodes}


def _name(node: Schema) -> str:
    """A record is told from others by its ``type``, any other alternative by its JSON type."""
    kind = node.get("properties", {}).get("type", {}).get("const")
    return str(kind or node.get("type", "any"))


def _lost_alternatives(path: str, old: Schema, new: Schema) -> Iterator[str]:
    after = _alternatives(new)
    for name, node in _alternatives(old).items():
        successor = after.get(name) or after.get(_WIDER.get(name, ""))
        if successor is None:
            yield f"{path}: {name} is no longer allowed"
        else:
            yield from _narrowed(f"{path}.{name}" if name != "null" else path, node, successor)


def _values(node: Schema) -> set[object] | None:
    if "const" in node:
        return {node["const"]}
    return set(node["enum"]) if "enum" in node else None


def _lost_values(path: str, old: Schema, new: Schema) -> Iterator[str]:
    before, after = _values(old), _values(new)
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
        yield from _narrowed(f"{path}.{name}", before[name], after[name])
    yield from _changed_names(path, old.get("patternProperties"), new.get("patternProperties"))
    rest = old.get("additionalProperties", True), new.get("additionalProperties", True)
    if isinstance(rest[1], dict):
        earlier = cast(Schema, rest[0]) if isinstance(rest[0], dict) else {}
        yield from _narrowed(f"{path}.*", earlier, cast(Schema, rest[1]))
    elif rest[0] and not rest[1]:
        yield f"{path}: fields of other names are no longer allowed"


def _changed_names(path: str, old: Schema | None, new: Schema | None) -> Iterator[str]:
    if new is None:
        return
    if old is None or old.keys() != new.keys():
        yield f"{path}.*: the pattern of names has changed"
        return
    for pattern in sorted(new):
        yield from _narrowed(f"{path}.*", old[pattern], new[pattern])
