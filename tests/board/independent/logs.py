"""The logs that the board's numbers are recounted on: two real trials, and one changed by seed."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from random import Random

from board.follower.from_log import facts_from_log
from board.views.facts import StudyFacts
from tests.board.independent.recounted import Recounted, recounted
from tests.board.studies import proderm_records
from tests.independent.wire_records import Record
from tests.scenarios.realdata import cdisc_records

CHANGES = 300
"""Changes of the mutated log."""

LOGS = ("proderm", "mutated", "cdisc")

SWAPPED = {
    "adverse_event": ("onset", "end"),
    "dose": ("first_date", "last_date"),
    "treatment": ("start", "end"),
    "disposition": ("date",),
}
"""Fields with days, by type of record."""


@dataclass(frozen=True, slots=True)
class BoardLog:
    """The facts of a log as the board has them, and the batch count of its lines."""

    facts: StudyFacts
    count: Recounted
    name: str


def seed_of_today() -> int:
    """Return today's date as a number, which seeds the mutated log."""
    return int(datetime.now(UTC).strftime("%Y%m%d"))


@cache
def board_log(name: str) -> BoardLog:
    """Return the log *name*, one of ``LOGS``; the name of a mutated log says its seed."""
    if name == "mutated":
        seed = seed_of_today()
        records, name = mutated(proderm_records(), seed), f"ProDERM mutated, seed {seed}"
    elif name.startswith("mutated "):
        records = mutated(proderm_records(), int(name.removeprefix("mutated ")))
    else:
        records = proderm_records() if name == "proderm" else list(cdisc_records())
    lines = [json.dumps(record).encode() for record in records]
    (facts,) = facts_from_log(lines)
    return BoardLog(facts, recounted(records), name)


def mutated(records: list[Record], seed: int, changes: int = CHANGES) -> list[Record]:
    """Return *records* with *changes* random changes; the plan and the last tick stay."""
    random, log = Random(seed), copy.deepcopy(records)
    for number in range(changes):
        place = random.randrange(1, len(log) - 1)
        kind = random.choice(("drop", "duplicate", "correct", "correct", "retract", "swap"))
        record = log[place]
        if kind == "drop":
            del log[place]
        elif kind == "duplicate":
            log.insert(random.randrange(place, len(log)), copy.deepcopy(record))
        elif kind == "swap":
            swap_days(random, log, record)
        elif "subject" in record:
            later = random.randrange(place, len(log) - 1)
            new = correction(random, record) if kind == "correct" else retraction(record, number)
            new["known_at"] = max(record["known_at"], log[later]["known_at"])
            log.insert(later + 1, new)
    return log


def swap_days(random: Random, log: list[Record], record: Record) -> None:
    """Exchange the days of *record* with those of another record of its type."""
    names = SWAPPED.get(record["type"], ())
    others = [each for each in log if each["type"] == record["type"]]
    other = random.choice(others)
    if all(name in record and name in other for name in names):
        for name in names:
            record[name], other[name] = other[name], record[name]


def correction(random: Random, record: Record) -> Record:
    """Return the next version of *record*, with some content changed."""
    new = copy.deepcopy(record)
    new["source"]["version"] += random.choice((1, 1, 2))
    if new["type"] == "adverse_event":
        new |= random.choice(
            (
                {"serious": not new.get("serious", False)},
                {"outcome": "fatal", "serious": True},
                {"onset": moved(new["onset"], random.randrange(-40, 40))},
                {"onset": new["onset"][: random.choice((4, 7))]},
                {"relatedness": random.choice(("probable", "not_related"))},
                {"action_taken": random.choice(("drug_withdrawn", "dose_not_changed"))},
                {"adjudications": {"thromboembolic": random.choice(("yes", "no", "pending"))}},
                {"preferred_term": random.choice(("Headache", "Pyrexia", "NAUSEA"))},
            )
        )
    elif new["type"] in SWAPPED:
        days = random.randrange(-20, 20)
        new |= {n: moved(new[n], days) for n in SWAPPED[new["type"]] if n in new}
    elif new["type"] == "subject":
        new["randomised_treatment"] = random.choice(("ivig", "placebo"))
    return new


def moved(day: str, days: int) -> str:
    """Return a full date some *days* later; a partial one as it is."""
    if len(day) < 10:
        return day
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


def retraction(record: Record, number: int) -> Record:
    """Return the retraction of *record*."""
    source = record["source"]
    return {
        "schema": record["schema"],
        "type": "retraction",
        "study": record["study"],
        "source": {"system": "mutation", "id": f"retraction-{number}", "version": 1},
        "target": {"system": source["system"], "id": source["id"]},
        "reason": "a change of the test",
    }
