"""The first event of each subject: the unit that is tested (STATISTICS.md section 1)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from monitor.exposure import PersonDays, Spell

ARMS_MAX = 64
"""Onset and treatment share one integer: treatments are below this, onsets above."""


@dataclass(slots=True)
class FirstEvents:
    """First events of one term within a scope: a period, a treatment, or both.

    *first* maps a subject's number to ``onset * ARMS_MAX + treatment``.  With *at_risk*, the
    person-days up to and including each subject's first event are kept as well.
    """

    term: int
    period: int | None
    treatment: int | None
    collected_from: int = 0
    at_risk: PersonDays | None = None
    first: dict[int, int] = field(default_factory=dict[int, int])
    by_treatment: dict[int, int] = field(default_factory=dict[int, int])

    def covers(self, period: int, treatment: int) -> bool:
        """Whether an event in *period* on *treatment* is in scope."""
        return (self.period is None or self.period == period) and (
            self.treatment is None or self.treatment == treatment
        )

    def put(self, subject: int, packed: int | None, spells: tuple[Spell, ...]) -> None:
        """Set the first event of *subject*, or clear it with None; *spells* are its days."""
        before = self.first.get(subject)
        if self.at_risk is not None:
            self.expose(subject, spells, -1)
        if before is not None:
            self.by_treatment[before % ARMS_MAX] -= 1
            del self.first[subject]
        if packed is not None:
            arm = packed % ARMS_MAX
            self.by_treatment[arm] = self.by_treatment.get(arm, 0) + 1
            self.first[subject] = packed
        if self.at_risk is not None:
            self.expose(subject, spells, 1)

    def expose(self, subject: int, spells: tuple[Spell, ...], sign: int) -> None:
        """Add the person-days of *subject* until its first event, or take them back."""
        assert self.at_risk is not None
        packed = self.first.get(subject)
        for spell in spells:
            if self.covers(spell.period, spell.treatment):
                start = max(spell.start, self.collected_from)
                end = spell.end if packed is None else min(spell.end, packed // ARMS_MAX + 1)
                if end > start:
                    self.at_risk.add(start, end, sign)

    def until(self, as_of: int) -> int:
        """How many first events have their onset by *as_of*."""
        limit = (as_of + 1) * ARMS_MAX
        return sum(packed < limit for packed in self.first.values())

    def onset(self, subject: int) -> int:
        """The day of *subject*'s first event."""
        return self.first[subject] // ARMS_MAX

    def arrays(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Subjects and onsets, each of shape (n,)."""
        size = len(self.first)
        subjects = np.fromiter(self.first.keys(), dtype=np.int64, count=size)
        return subjects, np.fromiter(self.first.values(), np.int64, count=size) // ARMS_MAX
