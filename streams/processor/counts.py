"""What became of records, in numbers: for metrics, and for nothing that decides."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field


@dataclass(slots=True)
class Taken:
    """Counts of records whose folding is in the store.

    *studies* holds the outcomes of each study's, and *refusals* why some were refused; *reviews*
    are counted by themselves, for that there is one tells that there is an alert;
    *set_aside* counts those that belong to none, by reason.  *skipped* were folded before,
    *passed* belong to a row that is being rebuilt.  *rang* names the alerts, as the outbox does,
    each with the offset of the record that rang it; *looks* counts judgements by study.
    """

    studies: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter[str]))
    refusals: Counter[str] = field(default_factory=Counter[str])
    set_aside: Counter[str] = field(default_factory=Counter[str])
    rang: dict[str, int] = field(default_factory=dict[str, int])
    looks: Counter[str] = field(default_factory=Counter[str])
    reviews: int = 0
    skipped: int = 0
    passed: int = 0
    applies: int = 0
    pairs: int = 0

    def add(self, more: Taken) -> None:
        """Count *more* as well."""
        for study, outcomes in more.studies.items():
            self.studies[study].update(outcomes)
        self.refusals.update(more.refusals)
        self.set_aside.update(more.set_aside)
        self.rang.update(more.rang)
        self.looks.update(more.looks)
        self.reviews += more.reviews
        self.skipped += more.skipped
        self.passed += more.passed
        self.applies += more.applies
        self.pairs += more.pairs
