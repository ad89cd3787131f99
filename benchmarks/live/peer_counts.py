"""The counts that a peer must leave in Redis, computed from the drawn truth, and its progress."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from benchmarks.live.contenders.job import Cell
from benchmarks.live.load import Load
from benchmarks.live.probe import StoreProbe
from benchmarks.truth import COUNTS, Truth, read_truth
from streams.kafka.partitioner import partition_of

VERSIONS = COUNTS.index("versions")
HASHES = {"preferred_term": "pt", "system_organ_class": "soc"}
"""By kind of term, the prefix of a study's hash in which it is counted."""

Hashes = dict[str, dict[str, int]]


@dataclass(slots=True)
class PeerCounts:
    """The expected counts of the job, as every peer leaves them (see `contenders.job`)."""

    load: Load
    expected: Hashes = field(init=False)

    def __post_init__(self) -> None:
        self.expected = expected_hashes(read_truth(self.load.file))

    def count_folded(self, probe: StoreProbe) -> int:
        """Return how many records are folded, derived from the counts; 0 while there are none."""
        if not probe.query(("DBSIZE",))[0]:
            return 0
        names = [name for name in self.expected if name.startswith("pt:")]
        values_by_hash = probe.query(*(("HVALS", name) for name in names), atomic=True)
        counted = [0] * len(self.load.partitions)
        for name, values in zip(names, values_by_hash, strict=True):
            counted[partition_of(name.removeprefix("pt:"), len(counted))] += sum(map(int, values))
        return sum(
            part.records_read(n) for part, n in zip(self.load.partitions, counted, strict=True)
        )

    def is_complete(self, probe: StoreProbe) -> bool:
        """Return whether the last counted report of every partition is counted."""
        last_cells = self.last_cells()
        values = probe.query(*(("HGET", *cell) for cell in last_cells))
        return all(
            value is not None and int(value) >= self.expected[name][field]
            for (name, field), value in zip(last_cells, values, strict=True)
        )

    def last_cells(self) -> list[Cell]:
        """Return the cells that the last counted reports of the partitions complete."""
        return [part.last_cell for part in self.load.partitions if part.last_cell is not None]

    def first_difference(self, probe: StoreProbe) -> str | None:
        """Describe the first count that differs from the drawn one; None where all agree."""
        replies = probe.query(*(("HGETALL", name) for name in self.expected), ("DBSIZE",))
        if replies.pop() != len(self.expected):
            return f"not {len(self.expected)} hashes in the store"
        observed = {
            name: {field.decode(): int(value) for field, value in cells.items()}
            for name, cells in zip(self.expected, replies, strict=True)
        }
        return first_differing_cell(observed, self.expected)


def expected_hashes(truths: dict[str, Truth]) -> Hashes:
    """Return the counts of all case versions over all treatments, by hash and field."""
    hashes: Hashes = defaultdict(lambda: defaultdict(int))
    for study, truth in truths.items():
        for key, counts in truth.items():
            _, kind, term = key.split("/", 2)
            if kind in HASHES:
                hashes[f"{HASHES[kind]}:{study}"][term] += counts[VERSIONS]
    return hashes


def first_differing_cell(observed: Hashes, expected: Hashes) -> str | None:
    """Describe the first cell in which *observed* differs from *expected*; None where all agree."""
    for name in sorted(expected):
        for cell in sorted(observed[name].keys() | expected[name].keys()):
            observed_count, expected_count = (
                observed[name].get(cell, 0),
                expected[name].get(cell, 0),
            )
            if observed_count != expected_count:
                return f"{name} {cell} is {observed_count}, expected {expected_count}"
    return None
