"""The tables that the product must leave in Redis, from the drawn truth, and its progress."""

from __future__ import annotations

from dataclasses import dataclass, field

import orjson

from benchmarks.live.load import Load
from benchmarks.live.probe import StoreProbe
from benchmarks.truth import Truth, read_truth
from monitor.terms import fold_term
from streams.kafka.partitioner import partition_of
from streams.kafka.topics import LOG
from streams.store import LIVE_SPACE
from streams.store.keys import Keys


@dataclass(slots=True)
class TableCounts:
    """The expected tables in the rows of all studies, and the progress by their cursors.

    *groups* is false where the plans name no groups, so that the rows have none.
    """

    load: Load
    groups: bool = True
    truths: dict[str, Truth] = field(init=False)
    keys: list[Keys] = field(init=False)

    def __post_init__(self) -> None:
        self.keys = [Keys(LIVE_SPACE, LOG, number) for number in range(len(self.load.partitions))]
        self.truths = {
            study: {
                as_stored(key): row
                for key, row in truth.items()
                if self.groups or "/group/" not in key
            }
            for study, truth in read_truth(self.load.file).items()
        }

    def count_folded_by_partition(self, probe: StoreProbe) -> list[int]:
        """Return how many records of each partition are folded."""
        replies = probe.query(*(("HGET", keys.cursor, "next") for keys in self.keys))
        return [int(each or 0) for each in replies]

    def count_folded(self, probe: StoreProbe) -> int:
        """Return how many records are folded."""
        return sum(self.count_folded_by_partition(probe))

    def is_complete(self, probe: StoreProbe) -> bool:
        """Return whether every partition is folded to its end."""
        return self.count_folded_by_partition(probe) == [
            part.records for part in self.load.partitions
        ]

    def first_difference(self, probe: StoreProbe) -> str | None:
        """Describe the first number that differs from the drawn one; None where all agree."""
        for study, truth in self.truths.items():
            keys = self.keys[partition_of(study, len(self.keys))]
            (row,) = probe.query(("HGETALL", keys.row(study)))
            folded = read_tables({name.decode(): value for name, value in row.items()})
            for key in sorted(folded.keys() | truth.keys()):
                if folded.get(key) != truth.get(key):
                    return f"{study} {key} is {folded.get(key)}, expected {truth.get(key)}"
        return None


def as_stored(key: str) -> str:
    """Return the *key* of a table as the row names it: by the folded form of the term."""
    treatment, kind, term = key.split("/", 2)
    return key if kind == "group" else f"{treatment}/{kind}/{fold_term(term)}"


def read_tables(row: dict[str, bytes]) -> Truth:
    """Return the tables of a row, read by the documented names and positions of its fields.

    Rows of earlier versions, which name a term as it was reported, can be compared too.
    """
    tables: Truth = {}
    for name, value in row.items():
        if name.startswith("t|") and value:
            _, period, treatment, kind, term = name.split("|", 4)
            subjects, events, versions, serious_subjects, serious_events, *_ = orjson.loads(value)
            days, at_risk = orjson.loads(row[f"x|{period}|{treatment}"])
            counts = [events, subjects, serious_events, serious_subjects, versions]
            tables[as_stored(f"{treatment}/{kind}/{term}")] = [*counts, at_risk, days]
    return tables
