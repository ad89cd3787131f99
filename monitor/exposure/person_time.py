"""Builds the days at risk of a subject, and sums person-days as of any day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from monitor.dates import FOREVER


class TreatmentInterval(NamedTuple):
    """A treatment as received on ordinal days ``[start, end)``; *end* is FOREVER if ongoing."""

    start: int
    entity_id: str
    end: int
    period: int
    treatment: int


class Spell(NamedTuple):
    """Ordinal days ``[start, end)`` on which events count for *treatment* in *period*."""

    start: int
    end: int
    period: int
    treatment: int


class FollowUpEnd(NamedTuple):
    """The last day of follow-up, inclusive, in *period*, or in the study where it is None."""

    last_day: int
    period: int | None


def build_spells(
    intervals: Iterable[TreatmentInterval],
    follow_up_ends: Iterable[FollowUpEnd],
    window_days: int | None,
) -> tuple[Spell, ...]:
    """Return the days at risk of one subject as ordered spells without overlap.

    A spell extends *window_days* beyond the end of its treatment (None: without limit).  It ends
    earlier where the next treatment starts, or after the last day of follow-up.
    """
    ordered = sorted(intervals)
    follow_up_ends = tuple(follow_up_ends)
    built: list[Spell] = []
    for index, (start, _, end, period, treatment) in enumerate(ordered):
        if end < FOREVER:
            end = FOREVER if window_days is None else end + window_days
        if index + 1 < len(ordered):
            end = min(end, ordered[index + 1].start)
        for last_day, ended_period in follow_up_ends:
            if ended_period is None or ended_period == period:
                end = min(end, last_day + 1)
        if end > start:
            built.append(Spell(start, end, period, treatment))
    return tuple(built)


def spell_on(day: int, spells: tuple[Spell, ...]) -> Spell | None:
    """Return the spell that contains the ordinal *day*, or None."""
    for spell in spells:
        if spell.start <= day < spell.end:
            return spell
    return None


@dataclass(slots=True)
class PersonDays:
    """Sums the person-days of many spells as of a day that never decreases.

    As of day T a spell has ``max(0, T + 1 - start) - max(0, T + 1 - end)`` person-days, so
    starts and ends up to T need only a count (*open_spells*) and a sum (*day_offset*).  Later
    ones are kept in *future_changes* by their day.
    """

    open_spells: int = 0
    day_offset: int = 0
    future_changes: dict[int, int] = field(default_factory=dict[int, int])
    as_of: int = 0

    def add(self, start: int, end: int, sign: int = 1) -> None:
        """Add the spell ``[start, end)``, or remove it with *sign* -1."""
        self._add_change(start, sign)
        self._add_change(end, -sign)

    def _add_change(self, day: int, change: int) -> None:
        if day <= self.as_of:
            self.open_spells += change
            self.day_offset -= change * day
        elif day < FOREVER:
            self.future_changes[day] = self.future_changes.get(day, 0) + change

    def total_until(self, as_of: int) -> int:
        """Return the person-days up to and including the ordinal day *as_of*.

        *as_of* must not be earlier than in previous calls.

        >>> on_drug = PersonDays()
        >>> on_drug.add(100, FOREVER)
        >>> on_drug.add(100, 107)
        >>> on_drug.total_until(109)
        17
        """
        if as_of > self.as_of:
            self.as_of = as_of
            for day in [day for day in self.future_changes if day <= as_of]:
                change = self.future_changes.pop(day)
                self.open_spells += change
                self.day_offset -= change * day
        return self.open_spells * (as_of + 1) + self.day_offset
