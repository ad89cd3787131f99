"""Reads a log in order and decides the outcome of every record, by rescanning all entities."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import itemgetter

from tests.independent.as_of_date import WitnessedDays, as_of_date, witnessed
from tests.independent.wire_records import Record, known_fields, ordinal, refusal


@dataclass(slots=True, kw_only=True)
class Entity:
    """The latest accepted version of one entity, and the number of accepted versions."""

    fields: Record
    accepted: int
    known_at: str


@dataclass(slots=True)
class ResolvedLog:
    """Everything accepted so far, and the outcome of every line with its entity."""

    entities: dict[str, Entity] = field(default_factory=dict[str, Entity])
    outcomes: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    plan: Record | None = None
    plan_day: int = 0
    pairs: WitnessedDays = field(default_factory=WitnessedDays)

    @property
    def as_of(self) -> int | None:
        """The as-of day by the limits of the plan in force."""
        limits = (self.plan or {}).get("limits", {})
        last = ordinal(limits["no_day_after"]) if "no_day_after" in limits else None
        return as_of_date(self.pairs, self.plan_day, limits.get("as_of_jump_days", 180), last)


def resolve(records: Iterable[Record]) -> ResolvedLog:
    """Return the resolved log after all *records*, taken one by one in log order."""
    resolved = ResolvedLog()
    for record in records:
        resolved.outcomes.append((apply_record(resolved, record), entity_of(record)))
    return resolved


def apply_record(resolved: ResolvedLog, record: Record) -> str:
    """Return the outcome of one *record*: accepted, duplicate, stale, conflict or refused."""
    if refusal(record) is not None or (resolved.plan is None and record["type"] != "plan"):
        return "refused"
    outcome = decide(resolved, record, known_fields(record))
    if outcome != "refused":
        resolved.pairs |= witnessed(record)
    return outcome


def decide(resolved: ResolvedLog, record: Record, fields: Record) -> str:
    """Return the outcome of a readable *record* with *fields*, and accept it where it is new."""
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


def accept(resolved: ResolvedLog, record: Record, fields: Record) -> None:
    """Replace the version of the record's entity, and the plan."""
    previous = resolved.entities.get(entity_of(record))
    count = 1 if previous is None else previous.accepted + 1
    resolved.entities[entity_of(record)] = Entity(
        fields=fields, accepted=count, known_at=record["known_at"]
    )
    if fields["type"] == "plan":
        if resolved.plan is None:
            resolved.plan_day = ordinal(record["known_at"])
        resolved.plan = tomllib.loads(fields["toml"])


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
