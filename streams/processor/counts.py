"""Outcome counts of one batch, for metrics."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field


@dataclass(slots=True)
class BatchCounts:
    """Outcome counts of one batch of records, counted once the records are written to the store.

    *outcomes_by_study* counts the outcomes of records other than
    reviews, and *refusals* the reasons of those that the fold refused in an open study.
    *reviews* is separate and never exported: a review reveals that an alert exists.
    *refusals_without_study* counts records that belong to no row, by reason.  *alert_offsets*
    has, for each outbox entry of an alert, the offset of the record that raised it; *looks* counts
    evaluations of watches by study.  *skipped* records were folded before; those
    *left_to_rebuild* belong to a row that is being rebuilt.  *applies* counts writes to the
    store, and *pairs* the field and value pairs in them.
    """

    outcomes_by_study: dict[str, Counter[str]] = field(
        default_factory=lambda: defaultdict(Counter[str])
    )
    refusals: Counter[str] = field(default_factory=Counter[str])
    refusals_without_study: Counter[str] = field(default_factory=Counter[str])
    alert_offsets: dict[str, int] = field(default_factory=dict[str, int])
    looks: Counter[str] = field(default_factory=Counter[str])
    reviews: int = 0
    skipped: int = 0
    left_to_rebuild: int = 0
    applies: int = 0
    pairs: int = 0

    def add(self, other: BatchCounts) -> None:
        """Add the counts of *other*, which may not be used any more, to these."""
        for study, outcomes in other.outcomes_by_study.items():
            if study in self.outcomes_by_study:
                self.outcomes_by_study[study].update(outcomes)
            else:
                self.outcomes_by_study[study] = outcomes
        for mine, added in (
            (self.refusals, other.refusals),
            (self.refusals_without_study, other.refusals_without_study),
            (self.looks, other.looks),
        ):
            if added:  # Most are empty, and an update by nothing is slow.
                mine.update(added)
        self.alert_offsets.update(other.alert_offsets)
        self.reviews += other.reviews
        self.skipped += other.skipped
        self.left_to_rebuild += other.left_to_rebuild
        self.applies += other.applies
        self.pairs += other.pairs
