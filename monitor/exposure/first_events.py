"""Keeps the first event of each subject: the unit of the tests (docs/statistics.md)."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum

from monitor.exposure.person_time import PersonDays, Spell, spell_on
from monitor.plan.plan import ARMS_MAX

COUNT_BITS = 24
COUNT_MASK = (1 << COUNT_BITS) - 1
SUBJECT_BITS = 32
"""A packed first event has this many bits; the subject number is above them."""

PACKED_MASK = (1 << SUBJECT_BITS) - 1

MANY_SUBJECTS = -1
"""Replaces a subject number where more has changed than that subject's new first event."""


class FirstEventChange(IntEnum):
    """How an added event relates to its subject's first event so far.

    LATER changes nothing, NEW is the subject's first, EARLIER replaces the first so far.
    """

    LATER = 0
    NEW = 1
    EARLIER = 2


@dataclass(slots=True, eq=False)
class FirstEvents:
    """First events of one term within a scope: a period, a treatment, or both.

    *packed_events* is sorted by subject.  Each entry has 64 bits: the subject number above the
    packed event ``onset * ARMS_MAX + treatment``, with the onset as an ordinal day.
    *packed_counts* holds the count of each treatment in COUNT_BITS bits of one integer.
    Where *person_days* is set, it sums the person-days from *collected_from* up to and including
    each subject's first event, and *latest_packed* is at least the latest packed event.

    *pool* holds the treatments of a scope of several, *treatment* among them.  In a scope of fewer
    days than its subjects are at risk, *own_spells* holds the days of each subject that count, by
    subject number: those within *within_days* of study days, on which the subject is at risk of
    the term.  Elsewhere it is None.
    """

    term: int
    period: int | None
    treatment: int | None
    collected_from: int = 0
    person_days: PersonDays | None = None
    packed_events: array[int] = field(default_factory=lambda: array("q"))
    packed_counts: int = 0
    latest_packed: int = 0
    pool: frozenset[int] | None = None
    within_days: int | None = None
    own_spells: dict[int, tuple[Spell, ...]] | None = None

    def __len__(self) -> int:
        return len(self.packed_events)

    def covers(self, period: int, treatment: int) -> bool:
        """Whether an event in *period* on *treatment* is within the scope."""
        return (self.period is None or self.period == period) and (
            self.treatment is None
            or self.treatment == treatment
            or (self.pool is not None and treatment in self.pool)
        )

    def accepts(self, subject: int, packed: int) -> bool:
        """Whether a packed event of *subject*, in the scope, is on one of its days."""
        if self.own_spells is None:
            return True
        return spell_on(packed // ARMS_MAX, self.own_spells.get(subject, ())) is not None

    def first_event_of(self, subject: int) -> int | None:
        """Return the packed first event of *subject*, or None."""
        index = bisect_left(self.packed_events, subject << SUBJECT_BITS)
        if index == len(self.packed_events) or self.packed_events[index] >> SUBJECT_BITS != subject:
            return None
        return self.packed_events[index] & PACKED_MASK

    def count_on(self, treatment: int) -> int:
        """Return the number of first events on *treatment*."""
        return self.packed_counts >> COUNT_BITS * treatment & COUNT_MASK

    def count_on_arms(self, arms: tuple[int, ...]) -> int:
        """Return the number of first events on *arms*: one treatment, or those of a pool."""
        if len(arms) == 1:
            return self.count_on(arms[0])
        return sum([self.count_on(arm) for arm in arms])

    def add_event(self, subject: int, packed: int, spells: tuple[Spell, ...]) -> FirstEventChange:
        """Add a packed event of *subject*, whose days at risk are *spells*."""
        if self.own_spells is not None and not self.accepts(subject, packed):
            return FirstEventChange.LATER
        key = subject << SUBJECT_BITS
        index = bisect_left(self.packed_events, key)
        if index < len(self.packed_events):
            existing = self.packed_events[index] - key
            if existing <= packed:
                return FirstEventChange.LATER
            if existing <= PACKED_MASK:
                self.set_first(subject, packed, spells)
                return FirstEventChange.EARLIER
        if self.person_days is not None:
            self.set_first(subject, packed, spells)
            return FirstEventChange.NEW
        self.packed_events.insert(index, key | packed)
        self.packed_counts += 1 << COUNT_BITS * (packed % ARMS_MAX)
        return FirstEventChange.NEW

    def set_first(self, subject: int, packed: int | None, spells: tuple[Spell, ...]) -> None:
        """Set the first event of *subject*, or remove it where *packed* is None.

        *spells* are the subject's days at risk.
        """
        if self.own_spells is not None:
            spells = self.own_spells.get(subject, ())
        if self.person_days is not None:
            self.add_person_days(subject, spells, -1)
        key = subject << SUBJECT_BITS
        index = bisect_left(self.packed_events, key)
        if index < len(self.packed_events) and self.packed_events[index] - key <= PACKED_MASK:
            self.packed_counts -= 1 << COUNT_BITS * (self.packed_events[index] % ARMS_MAX)
            del self.packed_events[index]
        if packed is not None:
            self.packed_counts += 1 << COUNT_BITS * (packed % ARMS_MAX)
            self.packed_events.insert(index, key | packed)
            self.latest_packed = max(self.latest_packed, packed)
        if self.person_days is not None:
            self.add_person_days(subject, spells, 1)

    def add_person_days(self, subject: int, spells: tuple[Spell, ...], sign: int) -> None:
        """Add (*sign* 1) or remove (-1) the person-days of *subject* until its first event."""
        assert self.person_days is not None
        packed = self.first_event_of(subject)
        for spell in spells:
            if self.covers(spell.period, spell.treatment):
                start = max(spell.start, self.collected_from)
                end = spell.end if packed is None else min(spell.end, packed // ARMS_MAX + 1)
                if end > start:
                    self.person_days.add(start, end, sign)

    def count_until(self, as_of: int) -> int:
        """Return the number of first events with an onset by the ordinal day *as_of*."""
        limit = (as_of + 1) * ARMS_MAX
        if self.person_days is not None and self.latest_packed < limit:
            return len(self.packed_events)
        return sum(each & PACKED_MASK < limit for each in self.packed_events)

    def __iter__(self) -> Iterator[tuple[int, int, int]]:
        """Yield each first event as (subject, onset, treatment), in order of subjects."""
        for each in self.packed_events:
            yield each >> SUBJECT_BITS, (each & PACKED_MASK) // ARMS_MAX, each % ARMS_MAX
