"""Who is at risk on what, and since when: spells, and person-days that cost nothing to read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from monitor.dates import FOREVER


class Interval(NamedTuple):
    """A treatment as received, ``[start, end)``; *end* is FOREVER while it goes on."""

    start: int
    thing: str
    end: int
    period: int
    treatment: int


class Spell(NamedTuple):
    """Days ``[start, end)`` on which events answer to *treatment* in *period*."""

    start: int
    end: int
    period: int
    treatment: int


class Leaving(NamedTuple):
    """The last day of follow-up in *period*, or in the study where it is None."""

    last_day: int
    period: int | None


def spells(
    intervals: Iterable[Interval], leavings: Iterable[Leaving], window_days: int | None
) -> tuple[Spell, ...]:
    """The days at risk of one subject, in order, without overlap.

    The end-of-treatment window belongs to a treatment until the next one starts; a disposition
    ends it with its day.
    """
    ordered = sorted(intervals)
    leavings = tuple(leavings)
    found: list[Spell] = []
    for index, (start, _, end, period, treatment) in enumerate(ordered):
        if end < FOREVER:
            end = FOREVER if window_days is None else end + window_days
        if index + 1 < len(ordered):
            end = min(end, ordered[index + 1].start)
        for last_day, left in leavings:
            if left is None or left == period:
                end = min(end, last_day + 1)
        if end > start:
            found.append(Spell(start, end, period, treatment))
    return tuple(found)


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

    running: int = 0
    days: int = 0
    ahead: dict[int, int] = field(default_factory=dict[int, int])
    as_of: int = 0

    def add(self, start: int, end: int, sign: int = 1) -> None:
        """Add the spell ``[start, end)``, or take it back with *sign* -1."""
        self._bend(start, sign)
        self._bend(end, -sign)

    def _bend(self, day: int, by: int) -> None:
        if day <= self.as_of:
            self.running += by
            self.days -= by * day
        elif day < FOREVER:
            self.ahead[day] = self.ahead.get(day, 0) + by

    def until(self, as_of: int) -> int:
        """Person-days up to and including *as_of*.

        >>> on_drug = PersonDays()
        >>> on_drug.add(100, FOREVER)
        >>> on_drug.add(100, 107)
        >>> on_drug.until(109)
        17
        """
        if as_of > self.as_of:
            self.as_of = as_of
            for day in [day for day in self.ahead if day <= as_of]:
                by = self.ahead.pop(day)
                self.running += by
                self.days -= by * day
        return self.running * (as_of + 1) + self.days
