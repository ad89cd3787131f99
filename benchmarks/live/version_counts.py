"""The counts that a contender which keeps versions must leave in Redis, from the drawn truth."""

from __future__ import annotations

from dataclasses import dataclass, field

from benchmarks.live.contenders.versions_job import APPLIED, hash_of
from benchmarks.live.load import Load
from benchmarks.live.peer_counts import Hashes, first_differing_cell
from benchmarks.live.probe import StoreProbe
from benchmarks.truth import COUNTS, Truth, read_truth

EVENTS = COUNTS.index("events")
COUNTED = ("/preferred_term/", "/system_organ_class/", "/group/serious")
"""Parts of the keys of the truth that the job counts."""


@dataclass(slots=True)
class VersionCounts:
    """The expected counts of the job of `contenders.versions_job`, and its progress."""

    load: Load
    expected: Hashes = field(init=False)

    def __post_init__(self) -> None:
        self.expected = expected_events(read_truth(self.load.file))

    def count_folded_by_partition(self, probe: StoreProbe) -> list[int]:
        """Return the next offset of each partition; a log of records alone has no gaps."""
        partitions = range(len(self.load.partitions))
        replies = probe.query(*(("HGET", APPLIED, str(each)) for each in partitions))
        return [int(each or 0) for each in replies]

    def count_folded(self, probe: StoreProbe) -> int:
        """Return how many records are folded."""
        return sum(self.count_folded_by_partition(probe))

    def is_complete(self, probe: StoreProbe) -> bool:
        """Return whether the last counted report of every partition is counted."""
        return all(
            folded >= part.counted_positions[-1]
            for folded, part in zip(
                self.count_folded_by_partition(probe), self.load.partitions, strict=True
            )
            if part.counted_positions
        )

    def first_difference(self, probe: StoreProbe) -> str | None:
        """Describe the first count that differs from the drawn one; None where all agree."""
        replies = probe.query(*(("HGETALL", name) for name in self.expected), ("DBSIZE",))
        if replies.pop() != len(self.expected) + 1:  # And the hash of offsets.
            return f"not {len(self.expected)} hashes of counts in the store"
        observed = {
            name: {cell.decode(): int(value) for cell, value in cells.items() if int(value)}
            for name, cells in zip(self.expected, replies, strict=True)
        }
        return first_differing_cell(observed, self.expected)


def expected_events(truths: dict[str, Truth]) -> Hashes:
    """Return the cases by arm and term as of their latest versions, by hash and field."""
    return {
        hash_of(study): {
            key: counts[EVENTS]
            for key, counts in truth.items()
            if any(part in key for part in COUNTED)
        }
        for study, truth in truths.items()
    }
