"""Read a log in its order and say of every record what became of it: the slow, plain way."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import itemgetter

from tests.independent.wire_records import Record, known_fields, ordinal, refusal


@dataclass(slots=True, kw_only=True)
class Entity:
    """The last accepted statement about one thing, and how many were accepted."""

    fields: Record
    accepted: int


@dataclass(slots=True)
class ResolvedLog:
    """Everything accepted so far, and the outcome of every line with the thing it spoke of."""

    entities: dict[str, Entity] = field(default_factory=dict[str, Entity])
    outcomes: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    plan: Record | None = None
    as_of: int | None = None


def resolve(records: Iterable[Record]) -> ResolvedLog:
    """The ledger after all *records*, taken one by one in log order."""
    resolved = ResolvedLog()
    for record in records:
        resolved.outcomes.append((apply_record(resolved, record), entity_of(record)))
    return resolved


def apply_record(resolved: ResolvedLog, record: Record) -> str:
    """The outcome of one *record*: accepted, duplicate, stale, conflict or refused."""
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
    """True where the study's plan or its as-of day does not allow *record* now."""
    if resolved.plan is None:
        return record["type"] != "plan"
    if resolved.as_of is None or record["type"] == "tick":
        return False
    return ordinal(record["known_at"]) > resolved.as_of + resolved.plan["limits"]["as_of_jump_days"]


def accept(resolved: ResolvedLog, record: Record, fields: Record) -> None:
    """Let *record* replace what was said of its thing, and move the as-of day forward."""
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
    """True where a retraction that is not itself void names the thing *name*."""
    return any(
        entity.fields["type"] == "retraction"
        and target_of(entity.fields) == name
        and not is_nullified(resolved, retraction)
        for retraction, entity in resolved.entities.items()
    )


def survivor_by_duplicate(resolved: ResolvedLog, what: str) -> dict[str, str]:
    """Who is the duplicate of whom by the standing merges of *what*; of several, the first by name.

    Which came first must not matter: the same records in another order make the same tables.
    """
    return {
        fields["duplicate"]: fields["survivor"]
        for _, fields in sorted(active_merges(resolved, what), key=itemgetter(0), reverse=True)
    }


def active_merges(resolved: ResolvedLog, what: str) -> list[tuple[str, Record]]:
    """Every merge of *what* that holds, by its name."""
    return [
        (name, entity.fields)
        for name, entity in resolved.entities.items()
        if entity.fields["type"] == "merge"
        and entity.fields["what"] == what
        and not is_nullified(resolved, name)
    ]


def survivor_of(pairs: dict[str, str], name: str) -> str:
    """The one *name* counts under: itself, or the end of its chain of merges."""
    for _ in pairs:
        name = pairs.get(name, name)
    assert name not in pairs, f"the merges of {name} go round in a circle"
    return name


def closes_a_cycle(resolved: ResolvedLog, name: str, fields: Record) -> bool:
    """True where the other merges lead, one way or another, from the survivor to the duplicate."""
    others = [merge for other, merge in active_merges(resolved, fields["what"]) if other != name]
    reached = {fields["survivor"]}
    for _ in others:
        reached |= {merge["survivor"] for merge in others if merge["duplicate"] in reached}
    return fields["duplicate"] in reached


def entity_of(record: Record) -> str:
    """The name of the thing that *record* is a statement about."""
    return f"{record['source']['system']}/{record['source']['id']}"


def version_of(fields: Record) -> int:
    """The version of a statement."""
    return int(fields["source"]["version"])


def target_of(fields: Record) -> str:
    """The name of the thing that a retraction is aimed at."""
    return f"{fields['target']['system']}/{fields['target']['id']}"
