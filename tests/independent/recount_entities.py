"""Reads a log in order and decides the outcome of every record, by rescanning all entities."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import itemgetter

from tests.independent.wire_records import Record, known_fields, ordinal, refusal


@dataclass(slots=True, kw_only=True)
class Entity:
    """The latest accepted version of one entity, and the number of accepted versions."""

    fields: Record
    accepted: int


@dataclass(slots=True)
class ResolvedLog:
    """Everything accepted so far, and the outcome of every line with its entity."""

    entities: dict[str, Entity] = field(default_factory=dict[str, Entity])
    outcomes: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    plan: Record | None = None
    as_of: int | None = None


def resolve(records: Iterable[Record]) -> ResolvedLog:
    """Return the resolved log after all *records*, taken one by one in log order."""
    resolved = ResolvedLog()
    for record in records:
        resolved.outcomes.append((apply_record(resolved, record), entity_of(record)))
    return resolved


def apply_record(resolved: ResolvedLog, record: Record) -> str:
    """Return the outcome of one *record*: accepted, duplicate, stale, conflict or refused."""
    if refusal(record) is not None or is_out_of_context(resolved, record):
        return "refused"
    fields = known_fields(record)
    previous = resolved.entities.get(entity_of(record))
    if previous is not None and version_of(fields) < version_of(previous.fields):
        return "stale"
    if previous is not None and version_of(fields) == version_of(previous.fields):
        return "duplicate" if fields == previous.fields else "conflict"
    if previous is not None and previous.fields["type"] != fields["type"]:
        return "refused"
    if fields["type"] == "assessment" and "benefit_risk" not in (resolved.plan or {}):
        return "refused"
    if fields["type"] == "merge" and closes_a_cycle(resolved, entity_of(record), fields):
        return "refused"
    accept(resolved, record, fields)
    return "accepted"


def is_out_of_context(resolved: ResolvedLog, record: Record) -> bool:
    """Return whether *record* comes before a plan, or too long after the as-of day."""
    if resolved.plan is None:
        return record["type"] != "plan"
    if resolved.as_of is None or record["type"] == "tick":
        return False
    return ordinal(record["known_at"]) > resolved.as_of + resolved.plan["limits"]["as_of_jump_days"]


def accept(resolved: ResolvedLog, record: Record, fields: Record) -> None:
    """Replace the version of the record's entity, and advance the plan or the as-of day."""
    previous = resolved.entities.get(entity_of(record))
    count = 1 if previous is None else previous.accepted + 1
    resolved.entities[entity_of(record)] = Entity(fields=fields, accepted=count)
    if fields["type"] == "plan":
        resolved.plan = tomllib.loads(fields["toml"])
        return
    days = [ordinal(record["known_at"])]
    if fields["type"] == "tick":
        days.append(ordinal(fields["date"]))
    resolved.as_of = max(days) if resolved.as_of is None else max(resolved.as_of, *days)


def is_nullified(resolved: ResolvedLog, name: str) -> bool:
    """Return whether a retraction that is not itself nullified names the entity *name*."""
    return any(
        entity.fields["type"] == "retraction"
        and target_of(entity.fields) == name
        and not is_nullified(resolved, retraction)
        for retraction, entity in resolved.entities.items()
    )


def survivor_by_duplicate(resolved: ResolvedLog, what: str) -> dict[str, str]:
    """Return the survivor of each duplicate by the active merges of *what*.

    Of several merges of one duplicate the first by name counts, so the order does not matter.
    """
    return {
        fields["duplicate"]: fields["survivor"]
        for _, fields in sorted(active_merges(resolved, what), key=itemgetter(0), reverse=True)
    }


def active_merges(resolved: ResolvedLog, what: str) -> list[tuple[str, Record]]:
    """Return every merge of *what* that is not nullified, by its name."""
    return [
        (name, entity.fields)
        for name, entity in resolved.entities.items()
        if entity.fields["type"] == "merge"
        and entity.fields["what"] == what
        and not is_nullified(resolved, name)
    ]


def survivor_of(pairs: dict[str, str], name: str) -> str:
    """Return the entity under which *name* counts: itself, or the end of its chain of merges."""
    for _ in pairs:
        name = pairs.get(name, name)
    assert name not in pairs, f"the merges of {name} form a cycle"
    return name


def closes_a_cycle(resolved: ResolvedLog, name: str, fields: Record) -> bool:
    """Return whether the other merges lead from the survivor to the duplicate."""
    others = [merge for other, merge in active_merges(resolved, fields["what"]) if other != name]
    reached = {fields["survivor"]}
    for _ in others:
        reached |= {merge["survivor"] for merge in others if merge["duplicate"] in reached}
    return fields["duplicate"] in reached


def entity_of(record: Record) -> str:
    """Return the name of the entity that *record* is about."""
    return f"{record['source']['system']}/{record['source']['id']}"


def version_of(fields: Record) -> int:
    """Return the version of a record."""
    return int(fields["source"]["version"])


def target_of(fields: Record) -> str:
    """Return the name of the entity that a retraction nullifies."""
    return f"{fields['target']['system']}/{fields['target']['id']}"
