"""The first event of each subject: the unit that is tested (STATISTICS.md section 1)."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from monitor.exposure import PersonDays, Spell

if TYPE_CHECKING:
    from monitor.study import Running

COUNT_BITS = 24
COUNT_MASK = (1 << COUNT_BITS) - 1
ARMS_MAX = 64
"""Onset and treatment share one 32-bit integer: treatments are below this, onsets above."""


@dataclass(slots=True)
class FirstEvents:
    """First events of one term within a scope: a period, a treatment, or both.

    Subjects and what they had, ``onset * ARMS_MAX + treatment``, stand side by side in two
    arrays; *at* finds a subject in them.  With *at_risk*, the person-days up to and including
    each subject's first event are kept as well.  *by_treatment* holds a count for each
    treatment in one integer; *watches* are those that are judged on these events.
    """

    term: int
    period: int | None
    treatment: int | None
    collected_from: int = 0
    at_risk: PersonDays | None = None
    at: dict[int, int] = field(default_factory=dict[int, int])
    subjects: array[int] = field(default_factory=lambda: array("i"))
    packed: array[int] = field(default_factory=lambda: array("i"))
    latest: int = 0
    by_treatment: int = 0
    watches: list[Running] = field(default_factory=list["Running"], repr=False)

    def __len__(self) -> int:
        return len(self.at)

    def covers(self, period: int, treatment: int) -> bool:
        """Whether an event in *period* on *treatment* is in scope."""
        return (self.period is None or self.period == period) and (
            self.treatment is None or self.treatment == treatment
        )

    def first(self, subject: int) -> int | None:
        """The first event of *subject*, packed, or None."""
        at = self.at.get(subject)
        return None if at is None else self.packed[at]

    def on(self, treatment: int) -> int:
        """How many first events fell on *treatment*."""
        return self.by_treatment >> COUNT_BITS * treatment & COUNT_MASK

    def put(self, subject: int, packed: int | None, spells: tuple[Spell, ...]) -> None:
        """Set the first event of *subject*, or clear it with None; *spells* are its days."""
        if self.at_risk is not None:
            self.expose(subject, spells, -1)
        at = self.at.get(subject)
        if at is not None:
            self.by_treatment -= 1 << COUNT_BITS * (self.packed[at] % ARMS_MAX)
        if packed is None:
            self._drop(subject)
        else:
            if at is None:
                self.at[subject] = len(self.subjects)
                self.subjects.append(subject)
                self.packed.append(packed)
            else:
                self.packed[at] = packed
            self.latest = max(self.latest, packed)
            self.by_treatment += 1 << COUNT_BITS * (packed % ARMS_MAX)
        if self.at_risk is not None:
            self.expose(subject, spells, 1)

    def _drop(self, subject: int) -> None:
        """Take a subject out; the last one moves into its place."""
        at = self.at.pop(subject, None)
        last, packed = (self.subjects.pop(), self.packed.pop()) if at is not None else (0, 0)
        if at is not None and last != subject:
            self.subjects[at], self.packed[at], self.at[last] = last, packed, at

    def expose(self, subject: int, spells: tuple[Spell, ...], sign: int) -> None:
        """Add the person-days of *subject* until its first event, or take them back."""
        assert self.at_risk is not None
        packed = self.first(subject)
        for spell in spells:
            if self.covers(spell.period, spell.treatment):
                start = max(spell.start, self.collected_from)
                end = spell.end if packed is None else min(spell.end, packed // ARMS_MAX + 1)
                if end > start:
                    self.at_risk.add(start, end, sign)

    def until(self, as_of: int) -> int:
        """How many first events have their onset by *as_of*."""
        limit = (as_of + 1) * ARMS_MAX
        if self.latest < limit:
            return len(self.packed)
        return sum(packed < limit for packed in self.packed)

    def __iter__(self) -> Iterator[tuple[int, int, int]]:
        """Each first event as (subject, onset, treatment)."""
        for subject, packed in zip(self.subjects, self.packed, strict=True):
            yield subject, packed // ARMS_MAX, packed % ARMS_MAX

    def arrays(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Subjects and onsets, each of shape (n,)."""
        subjects = np.array(self.subjects, dtype=np.int64)
        return subjects, np.array(self.packed, dtype=np.int64) // ARMS_MAX
