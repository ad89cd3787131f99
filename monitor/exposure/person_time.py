"""Who is at risk on what, and since when: spells, and person-days that cost nothing to read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from monitor.dates import FOREVER


class TreatmentInterval(NamedTuple):
    """A treatment as received, ``[start, end)``; *end* is FOREVER while it goes on."""

    start: int
    entity_id: str
    end: int
    period: int
    treatment: int


class Spell(NamedTuple):
    """Days ``[start, end)`` on which events answer to *treatment* in *period*."""

    start: int
    end: int
    period: int
    treatment: int


class FollowUpEnd(NamedTuple):
    """The last day of follow-up in *period*, or in the study where it is None."""

    last_day: int
    period: int | None


def build_spells(
    intervals: Iterable[TreatmentInterval],
    follow_up_ends: Iterable[FollowUpEnd],
    window_days: int | None,
) -> tuple[Spell, ...]:
    """The days at risk of one subject, in order, without overlap.

    The end-of-treatment window belongs to a treatment until the next one starts; a disposition
    ends it with its day.
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
    """The spell that holds *day*."""
    for spell in spells:
        if spell.start <= day < spell.end:
            return spell
    return None


@dataclass(slots=True)
class PersonDays:
    """Person-days of many spells as of any day not before the last one asked for.

    A spell adds ``max(0, T + 1 - start) - max(0, T + 1 - end)`` as of day T, so what has begun
    needs only a count and a sum; what lies ahead waits by its day.
    """

    open_spells: int = 0
    day_offset: int = 0
    future_changes: dict[int, int] = field(default_factory=dict[int, int])
    as_of: int = 0

    def add(self, start: int, end: int, sign: int = 1) -> None:
        """Add the spell ``[start, end)``, or take it back with *sign* -1."""
        self._add_change(start, sign)
        self._add_change(end, -sign)

    def _add_change(self, day: int, change: int) -> None:
        if day <= self.as_of:
            self.open_spells += change
            self.day_offset -= change * day
        elif day < FOREVER:
            self.future_changes[day] = self.future_changes.get(day, 0) + change

    def total_until(self, as_of: int) -> int:
        """Person-days up to and including *as_of*.

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
