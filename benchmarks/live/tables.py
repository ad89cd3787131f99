"""What the product must leave in Redis: tables of every trial, as those who drew it know them."""

from __future__ import annotations

from dataclasses import dataclass, field

import orjson

from benchmarks.live.load import Load
from benchmarks.live.watch import Eye
from benchmarks.truth import Truth, read_truth
from streams.kafka.partitioner import partition_of
from streams.kafka.topics import LOG
from streams.store import LIVE
from streams.store.keys import Keys


@dataclass(slots=True)
class TableCounts:
    """The tables in the rows of all studies, and how far the cursors show them to be.

    Where the plans name no *groups* the rows have none.
    """

    load: Load
    groups: bool = True
    truths: dict[str, Truth] = field(init=False)
    keys: list[Keys] = field(init=False)

    def __post_init__(self) -> None:
        self.keys = [Keys(LIVE, LOG, number) for number in range(len(self.load.parts))]
        self.truths = {
            study: {key: row for key, row in truth.items() if self.groups or "/group/" not in key}
            for study, truth in read_truth(self.load.file).items()
        }

    def applied(self, eye: Eye) -> list[int]:
        """How many records of each partition have been folded."""
        told = eye.ask(*(("HGET", keys.cursor, "next") for keys in self.keys))
        return [int(each or 0) for each in told]

    def begun(self, eye: Eye) -> int:
        """How many records have been folded."""
        return sum(self.applied(eye))

    def done(self, eye: Eye) -> bool:
        """Whether every partition is folded to its end."""
        return self.applied(eye) == [part.records for part in self.load.parts]

    def fault(self, eye: Eye) -> str | None:
        """The first number that is not what was drawn."""
        for study, truth in self.truths.items():
            keys = self.keys[partition_of(study, len(self.keys))]
            (row,) = eye.ask(("HGETALL", keys.row(study)))
            said = said_by({name.decode(): value for name, value in row.items()})
            for key in sorted(said.keys() | truth.keys()):
                if said.get(key) != truth.get(key):
                    return f"{study} {key} is {said.get(key)}, drawn were {truth.get(key)}"
        return None


def said_by(row: dict[str, bytes]) -> Truth:
    """The tables of a row, read by the names and places that any reader of the store goes by."""
    said: Truth = {}
    for name, value in row.items():
        if name.startswith("t|") and value:
            _, period, treatment, kind, term = name.split("|", 4)
            subjects, events, versions, serious_subjects, serious_events, *_ = orjson.loads(value)
            days, at_risk = orjson.loads(row[f"x|{period}|{treatment}"])
            counts = [events, subjects, serious_events, serious_subjects, versions]
            said[f"{treatment}/{kind}/{term}"] = [*counts, at_risk, days]
    return said
