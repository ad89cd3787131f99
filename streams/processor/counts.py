"""What became of records, in numbers: for metrics, and for nothing that decides."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field


@dataclass(slots=True)
class BatchCounts:
    """Counts of records whose folding is in the store.

    *studies* holds the outcomes of each study's, and *refusals* why some were refused; *reviews*
    are counted by themselves, for that there is one tells that there is an alert;
    *set_aside* counts those that belong to none, by reason.  *skipped* were folded before,
    *passed* belong to a row that is being rebuilt.  *rang* names the alerts, as the outbox does,
    each with the offset of the record that rang it; *looks* counts judgements by study.
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
        """Count *more* as well."""
        for study, outcomes in other.outcomes_by_study.items():
            self.outcomes_by_study[study].update(outcomes)
        self.refusals.update(other.refusals)
        self.refusals_without_study.update(other.refusals_without_study)
        self.alert_offsets.update(other.alert_offsets)
        self.looks.update(other.looks)
        self.reviews += other.reviews
        self.skipped += other.skipped
        self.left_to_rebuild += other.left_to_rebuild
        self.applies += other.applies
        self.pairs += other.pairs
