"""What the peers must leave in Redis, told by those who drew the log, and how far they are."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from benchmarks.live.contenders.job import Cell
from benchmarks.live.load import Load
from benchmarks.live.watch import Eye
from benchmarks.truth import COUNTS, Truth, read_truth
from streams.kafka.partitioner import partition_of

VERSIONS = COUNTS.index("versions")
HASHES = {"preferred_term": "pt", "system_organ_class": "soc"}
"""The hash of a study in which each kind of term is counted."""

Hashes = dict[str, dict[str, int]]


@dataclass(slots=True)
class PeerCounts:
    """The counts of the job, as any peer leaves them (see `contenders.job`)."""

    load: Load
    right: Hashes = field(init=False)

    def __post_init__(self) -> None:
        self.right = job_of(read_truth(self.load.file))

    def begun(self, eye: Eye) -> int:
        """How many records have been folded, once the first counts are there."""
        if not eye.ask(("DBSIZE",))[0]:
            return 0
        names = [name for name in self.right if name.startswith("pt:")]
        found = eye.ask(*(("HVALS", name) for name in names), atomic=True)
        counted = [0] * len(self.load.parts)
        for name, values in zip(names, found, strict=True):
            counted[partition_of(name.removeprefix("pt:"), len(counted))] += sum(map(int, values))
        return sum(part.place(n) for part, n in zip(self.load.parts, counted, strict=True))

    def done(self, eye: Eye) -> bool:
        """Whether the last report of every partition is counted."""
        last = self.last_cells()
        found = eye.ask(*(("HGET", *cell) for cell in last))
        return all(
            value is not None and int(value) >= self.right[name][field]
            for (name, field), value in zip(last, found, strict=True)
        )

    def last_cells(self) -> list[Cell]:
        """The cells that the last reports of the partitions complete."""
        return [part.last for part in self.load.parts if part.last is not None]

    def fault(self, eye: Eye) -> str | None:
        """The first number that is not what was drawn."""
        found = eye.ask(*(("HGETALL", name) for name in self.right), ("DBSIZE",))
        if found.pop() != len(self.right):
            return f"not {len(self.right)} hashes in the store"
        said = {
            name: {field.decode(): int(value) for field, value in cells.items()}
            for name, cells in zip(self.right, found, strict=True)
        }
        return difference(said, self.right)


def job_of(truths: dict[str, Truth]) -> Hashes:
    """What counting every version of every case comes to, over all treatments."""
    hashes: Hashes = defaultdict(lambda: defaultdict(int))
    for study, truth in truths.items():
        for key, counts in truth.items():
            _, kind, term = key.split("/", 2)
            if kind in HASHES:
                hashes[f"{HASHES[kind]}:{study}"][term] += counts[VERSIONS]
    return hashes


def difference(said: Hashes, right: Hashes) -> str | None:
    """The first cell in which *said* is not *right*, in words."""
    for name in sorted(right):
        for cell in sorted(said[name].keys() | right[name].keys()):
            is_said, is_right = said[name].get(cell, 0), right[name].get(cell, 0)
            if is_said != is_right:
                return f"{name} {cell} is {is_said}, drawn were {is_right}"
    return None
