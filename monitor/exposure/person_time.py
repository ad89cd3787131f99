"""Builds the days at risk of a subject, and sums person-days as of any day."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from monitor.dates import FOREVER

SCANNED_MAX = 4
"""Spells of a subject up to which a scan finds a day faster than a binary search."""


DayRange = tuple[int, int]
"""Ordinal days ``[start, end)``."""


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


class Course(NamedTuple):
    """Days ``[first_day, end)`` of one treatment, which no other statement covers.

    *start* is when it begins by the records, which ends the course before it.  Where two begin on
    that day, *first_day* is the day after the shorter one's last, or FOREVER if none is shorter.
    """

    start: int
    first_day: int
    end: int
    period: int
    treatment: int


def build_spells(
    intervals: Iterable[TreatmentInterval],
    follow_up_ends: Iterable[FollowUpEnd],
    window_days: int | None,
) -> tuple[Spell, ...]:
    """Return the days at risk of one subject as ordered spells without overlap.

    A spell extends *window_days* beyond the end of its treatment (None: without limit).  It ends
    earlier where the next treatment starts, or after the last day of follow-up.
    """
    courses = build_courses(intervals)
    last_days: dict[int | None, int] = {}
    for last_day, period in follow_up_ends:
        last_days[period] = min(last_day, last_days.get(period, last_day))
    study_end = last_days.get(None, FOREVER)
    built: list[Spell] = []
    for index, (_, first_day, end, period, treatment) in enumerate(courses):
        if end < FOREVER:
            end = FOREVER if window_days is None else end + window_days
        if index + 1 < len(courses):
            end = min(end, courses[index + 1].start)
        if last_days:
            end = min(end, study_end + 1, last_days.get(period, FOREVER) + 1)
        if end > first_day:
            built.append(Spell(first_day, end, period, treatment))
    return tuple(built)


def build_courses(intervals: Iterable[TreatmentInterval]) -> list[Course]:
    """Return the courses of one subject, ordered by start; no record id decides.

    A later start ends the earlier treatment whatever its stated end, except that overlapping
    intervals of one treatment and period are united.  Where several treatments start on one day,
    none has the days that two of them cover; the longest has the days after.
    """
    ends_by_start: dict[int, dict[tuple[int, int], int]] = {}
    for start, _, end, period, treatment in sorted(intervals):
        ends = ends_by_start.setdefault(start, {})
        ends[period, treatment] = max(end, ends.get((period, treatment), end))
    courses: list[Course] = []
    running: dict[tuple[int, int], int] = {}
    for start, ends in ends_by_start.items():
        key = max(ends, key=ends.__getitem__)
        end = ends[key]
        if len(ends) > 1:
            covered_until = max(other for each, other in ends.items() if each != key)
            first_day = FOREVER if covered_until == end else max(start, covered_until)
        else:
            if running.get(key, start) > start:
                end = max(end, running[key])
                start = courses.pop().start if len(running) == 1 else start
            first_day, ends = start, {key: end}
        courses.append(Course(start, first_day, end, *key))
        running = ends
    return courses


def spell_on(day: int, spells: tuple[Spell, ...]) -> Spell | None:
    """Return the spell that contains the ordinal *day*, or None."""
    if len(spells) > SCANNED_MAX:
        index = bisect_right(spells, (day, FOREVER + 1))
        spells = spells[index - 1 : index] if index else ()
    for spell in spells:
        if spell.start <= day < spell.end:
            return spell
    return None


def spells_without(spells: tuple[Spell, ...], others: tuple[Spell, ...]) -> tuple[Spell, ...]:
    """Return the *spells* that are not in *others*; many of both cost no more than their number."""
    known = others if len(others) <= SCANNED_MAX else frozenset(others)
    return tuple(spell for spell in spells if spell not in known)


def united(ranges: Iterable[DayRange]) -> tuple[DayRange, ...]:
    """Return the days of *ranges* as ordered ranges that neither overlap nor adjoin.

    >>> united([(5, 9), (1, 3), (3, 4), (6, 7)])
    ((1, 4), (5, 9))
    """
    merged: list[DayRange] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return tuple(merged)


def days_outside(start: int, end: int, excluded: tuple[DayRange, ...]) -> Iterator[DayRange]:
    """Yield the days of ``[start, end)`` that are in none of *excluded*, which are united.

    >>> list(days_outside(0, 10, ((2, 4), (9, 20))))
    [(0, 2), (4, 9)]
    """
    index = max(0, bisect_right(excluded, (start, FOREVER + 1)) - 1)
    while index < len(excluded) and excluded[index][0] < end:
        if excluded[index][0] > start:
            yield start, excluded[index][0]
        start = max(start, excluded[index][1])
        index += 1
    if start < end:
        yield start, end


def spells_outside(spells: tuple[Spell, ...], excluded: tuple[DayRange, ...]) -> tuple[Spell, ...]:
    """Return the days of *spells* that are in none of *excluded*, which are united."""
    if not excluded:
        return spells
    return tuple(
        [
            Spell(start, end, spell.period, spell.treatment)
            for spell in spells
            for start, end in days_outside(spell.start, spell.end, excluded)
        ]
    )


def changed_days(before: tuple[Spell, ...], after: tuple[Spell, ...]) -> list[tuple[int, int]]:
    """Return the ranges ``[start, end)`` of days that count for another treatment or period.

    >>> changed_days((Spell(10, 20, 0, 1),), (Spell(12, 20, 0, 1),))
    [(10, 12)]
    """
    bounds = sorted({day for spell in (*before, *after) for day in (spell.start, spell.end)})
    ranges: list[tuple[int, int]] = []
    for start, end in pairwise(bounds):
        old_spell, new_spell = spell_on(start, before), spell_on(start, after)
        if (old_spell and old_spell[2:]) != (new_spell and new_spell[2:]):
            ranges.append((start, end))
    return ranges


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
