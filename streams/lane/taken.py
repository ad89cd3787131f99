"""What became of records, in numbers: for metrics, and for nothing that decides."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Taken:
    """Counts of records whose folding is in the store.

    *outcomes* and *refusals* count those of a study; *set_aside* those that belong to none, by
    reason.  *skipped* were folded before, *passed* belong to a row that is being rebuilt.
    """

    outcomes: Counter[str] = field(default_factory=Counter[str])
    refusals: Counter[str] = field(default_factory=Counter[str])
    set_aside: Counter[str] = field(default_factory=Counter[str])
    alerts: int = 0
    skipped: int = 0
    passed: int = 0
    applies: int = 0
    pairs: int = 0

    def add(self, more: Taken) -> None:
        """Count *more* as well."""
        self.outcomes.update(more.outcomes)
        self.refusals.update(more.refusals)
        self.set_aside.update(more.set_aside)
        self.alerts += more.alerts
        self.skipped += more.skipped
        self.passed += more.passed
        self.applies += more.applies
        self.pairs += more.pairs
