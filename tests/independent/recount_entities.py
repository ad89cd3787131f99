"""Read a log in its order and say of every record what became of it: the slow, plain way."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import itemgetter

from tests.independent.wire_records import Record, meaning, ordinal, refusal


@dataclass(slots=True, kw_only=True)
class Thing:
    """The last accepted statement about one thing, and how many were accepted."""

    said: Record
    accepted: int


@dataclass(slots=True)
class Ledger:
    """Everything accepted so far, and the outcome of every line with the thing it spoke of."""

    things: dict[str, Thing] = field(default_factory=dict[str, Thing])
    lines: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    plan: Record | None = None
    as_of: int | None = None


def resolve(records: Iterable[Record]) -> Ledger:
    """The ledger after all *records*, taken one by one in log order."""
    ledger = Ledger()
    for record in records:
        ledger.lines.append((take(ledger, record), thing_of(record)))
    return ledger


def take(ledger: Ledger, record: Record) -> str:
    """The outcome of one *record*: accepted, duplicate, stale, conflict or refused."""
    if refusal(record) is not None or not_yet(ledger, record):
        return "refused"
    said = meaning(record)
    known = ledger.things.get(thing_of(record))
    if known is not None and version_of(said) < version_of(known.said):
        return "stale"
    if known is not None and version_of(said) == version_of(known.said):
        return "duplicate" if said == known.said else "conflict"
    if known is not None and known.said["type"] != said["type"]:
        return "refused"
    if said["type"] == "assessment" and "benefit_risk" not in (ledger.plan or {}):
        return "refused"
    if said["type"] == "merge" and closes_a_cycle(ledger, thing_of(record), said):
        return "refused"
    accept(ledger, record, said)
    return "accepted"


def not_yet(ledger: Ledger, record: Record) -> bool:
    """True where the study's plan or its as-of day does not allow *record* now."""
    if ledger.plan is None:
        return record["type"] != "plan"
    if ledger.as_of is None or record["type"] == "tick":
        return False
    return ordinal(record["known_at"]) > ledger.as_of + ledger.plan["limits"]["as_of_jump_days"]


def accept(ledger: Ledger, record: Record, said: Record) -> None:
    """Let *record* replace what was said of its thing, and move the as-of day forward."""
    known = ledger.things.get(thing_of(record))
    count = 1 if known is None else known.accepted + 1
    ledger.things[thing_of(record)] = Thing(said=said, accepted=count)
    if said["type"] == "plan":
        ledger.plan = tomllib.loads(said["toml"])
        return
    days = [ordinal(record["known_at"])]
    if said["type"] == "tick":
        days.append(ordinal(said["date"]))
    ledger.as_of = max(days) if ledger.as_of is None else max(ledger.as_of, *days)


def void(ledger: Ledger, name: str) -> bool:
    """True where a retraction that is not itself void names the thing *name*."""
    return any(
        thing.said["type"] == "retraction"
        and target_of(thing.said) == name
        and not void(ledger, retraction)
        for retraction, thing in ledger.things.items()
    )


def merged(ledger: Ledger, what: str) -> dict[str, str]:
    """Who is the duplicate of whom by the standing merges of *what*; of several, the first by name.

    Which came first must not matter: the same records in another order make the same tables.
    """
    return {
        said["duplicate"]: said["survivor"]
        for _, said in sorted(standing_merges(ledger, what), key=itemgetter(0), reverse=True)
    }


def standing_merges(ledger: Ledger, what: str) -> list[tuple[str, Record]]:
    """Every merge of *what* that holds, by its name."""
    return [
        (name, thing.said)
        for name, thing in ledger.things.items()
        if thing.said["type"] == "merge" and thing.said["what"] == what and not void(ledger, name)
    ]


def survivor(pairs: dict[str, str], name: str) -> str:
    """The one *name* counts under: itself, or the end of its chain of merges."""
    for _ in pairs:
        name = pairs.get(name, name)
    assert name not in pairs, f"the merges of {name} go round in a circle"
    return name


def closes_a_cycle(ledger: Ledger, name: str, said: Record) -> bool:
    """True where the other merges lead, one way or another, from the survivor to the duplicate."""
    others = [held for other, held in standing_merges(ledger, said["what"]) if other != name]
    reached = {said["survivor"]}
    for _ in others:
        reached |= {held["survivor"] for held in others if held["duplicate"] in reached}
    return said["duplicate"] in reached


def thing_of(record: Record) -> str:
    """The name of the thing that *record* is a statement about."""
    return f"{record['source']['system']}/{record['source']['id']}"


def version_of(said: Record) -> int:
    """The version of a statement."""
    return int(said["source"]["version"])


def target_of(said: Record) -> str:
    """The name of the thing that a retraction is aimed at."""
    return f"{said['target']['system']}/{said['target']['id']}"
