"""The first event of each subject: the unit that is tested (STATISTICS.md section 1)."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum

from monitor.exposure.person_time import PersonDays, Spell
from monitor.plan.plan import ARMS_MAX

COUNT_BITS = 24
COUNT_MASK = (1 << COUNT_BITS) - 1
SUBJECT_BITS = 32

PACKED_MASK = (1 << SUBJECT_BITS) - 1

SEVERAL = -1
"""In place of a subject: other things have changed than that this one had its first event."""


class Came(IntEnum):
    """What an event is to its subject: not the first, the first ever, or earlier than the first."""

    LATER = 0
    NEW = 1
    EARLIER = 2


@dataclass(slots=True, eq=False)
class FirstEvents:
    """First events of one term within a scope: a period, a treatment, or both.

    *held* is sorted by subject, 64 bits each: the subject's number above what it had,
    ``onset * ARMS_MAX + treatment``.  With *at_risk*, the person-days up to and including each
    subject's first event are kept as well, and *latest* is the last there ever was.
    *by_treatment* holds a count for each treatment in one integer.
    """

    term: int
    period: int | None
    treatment: int | None
    collected_from: int = 0
    at_risk: PersonDays | None = None
    held: array[int] = field(default_factory=lambda: array("q"))
    by_treatment: int = 0
    latest: int = 0

    def __len__(self) -> int:
        return len(self.held)

    def covers(self, period: int, treatment: int) -> bool:
        """Whether an event in *period* on *treatment* is in scope."""
        return (self.period is None or self.period == period) and (
            self.treatment is None or self.treatment == treatment
        )

    def first(self, subject: int) -> int | None:
        """The first event of *subject*, packed, or None."""
        at = bisect_left(self.held, subject << SUBJECT_BITS)
        if at == len(self.held) or self.held[at] >> SUBJECT_BITS != subject:
            return None
        return self.held[at] & PACKED_MASK

    def on(self, treatment: int) -> int:
        """How many first events fell on *treatment*."""
        return self.by_treatment >> COUNT_BITS * treatment & COUNT_MASK

    def come(self, subject: int, packed: int, spells: tuple[Spell, ...]) -> Came:
        """Note an event of *subject*, and say what it is; *spells* are the subject's days."""
        key = subject << SUBJECT_BITS
        at = bisect_left(self.held, key)
        if at < len(self.held):
            there = self.held[at] - key
            if there <= packed:
                return Came.LATER
            if there <= PACKED_MASK:
                self.put(subject, packed, spells)
                return Came.EARLIER
        if self.at_risk is not None:
            self.put(subject, packed, spells)
            return Came.NEW
        self.held.insert(at, key | packed)
        self.by_treatment += 1 << COUNT_BITS * (packed % ARMS_MAX)
        return Came.NEW

    def put(self, subject: int, packed: int | None, spells: tuple[Spell, ...]) -> None:
        """Set the first event of *subject*, or clear it with None; *spells* are its days."""
        if self.at_risk is not None:
            self.expose(subject, spells, -1)
        key = subject << SUBJECT_BITS
        at = bisect_left(self.held, key)
        if at < len(self.held) and self.held[at] - key <= PACKED_MASK:
            self.by_treatment -= 1 << COUNT_BITS * (self.held[at] % ARMS_MAX)
            del self.held[at]
        if packed is not None:
            self.by_treatment += 1 << COUNT_BITS * (packed % ARMS_MAX)
            self.held.insert(at, key | packed)
            self.latest = max(self.latest, packed)
        if self.at_risk is not None:
            self.expose(subject, spells, 1)

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
        if self.at_risk is not None and self.latest < limit:
            return len(self.held)
        return sum(each & PACKED_MASK < limit for each in self.held)

    def __iter__(self) -> Iterator[tuple[int, int, int]]:
        """Each first event as (subject, onset, treatment), by subject."""
        for each in self.held:
            yield each >> SUBJECT_BITS, (each & PACKED_MASK) // ARMS_MAX, each % ARMS_MAX
