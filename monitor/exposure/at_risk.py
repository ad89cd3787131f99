"""Counts the subjects at risk on each arm on a study day, as of an advancing day."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import NamedTuple

from monitor.dates import FOREVER


class AtRiskInterval(NamedTuple):
    """Study days ``[enter, leave)`` on which one subject is at risk on *arm*.

    *day_0* is the ordinal calendar day of study day 0.
    """

    arm: int
    day_0: int
    enter: int
    leave: int


def empty_column() -> array[int]:
    """Return an empty sorted column of 32-bit integers."""
    return array("i")


@dataclass(slots=True)
class ArmIntervals:
    """The intervals of one arm that have begun, as sorted columns of entries and exits.

    *entries_on_day_0* counts entries by study day 0; *later_entries* holds the study days of all
    others.  *exits* holds the study days on which ended intervals leave.  An open interval
    leaves, as of day T, on study day ``T + 1 - day_0``, so *open_day_0s* holds only its day 0 and
    needs no update as T advances.
    """

    entries_on_day_0: int = 0
    later_entries: array[int] = field(default_factory=empty_column)
    open_day_0s: array[int] = field(default_factory=empty_column)
    exits: array[int] = field(default_factory=empty_column)

    def count_entry(self, day: int, change: int) -> None:
        """Add (*change* 1) or remove (-1) an entry on study *day*; nearly all are on day 0."""
        if day <= 0:
            self.entries_on_day_0 += change
        elif change > 0:
            insort(self.later_entries, day)
        else:
            remove_sorted(self.later_entries, day)


def remove_sorted(column: array[int], value: int) -> None:
    """Remove one *value*, which must be there, from a sorted column."""
    index = bisect_left(column, value)
    assert column[index] == value, "removes an interval that was never added"
    del column[index]


@dataclass(slots=True)
class AtRiskTable:
    """Counts subjects at risk on study day s: entries by s less exits by s.

    *as_of* is the last ordinal day that counts.  *pending* holds the intervals that begin or end
    later, by the value of *as_of* at which they do, and *pending_days* is a heap of its keys.
    An interval costs a few insertions when it is added, begins and ends.  A count costs three
    binary searches an arm, independent of the number of days.
    """

    arms: list[ArmIntervals]
    as_of: int = 0
    pending: dict[int, list[AtRiskInterval]] = field(
        default_factory=dict[int, list[AtRiskInterval]]
    )
    pending_days: list[int] = field(default_factory=list[int])

    @classmethod
    def from_intervals(
        cls, arm_count: int, intervals: Iterable[AtRiskInterval], as_of: int
    ) -> AtRiskTable:
        """Build the table of *intervals* as of the ordinal day *as_of*."""
        table = cls([ArmIntervals() for _ in range(arm_count)], as_of)
        for interval in intervals:
            table.add(interval)
        return table

    def add(self, interval: AtRiskInterval) -> None:
        """Add an interval of at least one day."""
        arm, first_day, end_day = self._arm_and_days(interval)
        if first_day > self.as_of:
            self._schedule(first_day, interval)
            return
        arm.count_entry(interval.enter, 1)
        if end_day <= self.as_of + 1:
            insort(arm.exits, interval.leave)
            return
        insort(arm.open_day_0s, interval.day_0)
        if end_day < FOREVER:
            self._schedule(end_day - 1, interval)

    def remove(self, interval: AtRiskInterval) -> None:
        """Remove an interval that was added."""
        arm, first_day, end_day = self._arm_and_days(interval)
        if first_day > self.as_of:
            self.pending[first_day].remove(interval)
            return
        arm.count_entry(interval.enter, -1)
        if end_day <= self.as_of + 1:
            remove_sorted(arm.exits, interval.leave)
            return
        remove_sorted(arm.open_day_0s, interval.day_0)
        if end_day < FOREVER:
            self.pending[end_day - 1].remove(interval)

    def _arm_and_days(self, interval: AtRiskInterval) -> tuple[ArmIntervals, int, int]:
        day_0 = interval.day_0
        return self.arms[interval.arm], day_0 + interval.enter, day_0 + interval.leave

    def _schedule(self, day: int, interval: AtRiskInterval) -> None:
        scheduled = self.pending.get(day)
        if scheduled is None:
            self.pending[day] = [interval]
            heappush(self.pending_days, day)
        else:
            scheduled.append(interval)

    def advance_to(self, day: int) -> None:
        """Advance to the ordinal *day*, and apply each entry and exit that is due by then."""
        while self.pending_days and self.pending_days[0] <= day:
            self.as_of = heappop(self.pending_days)
            for interval in self.pending.pop(self.as_of):
                arm, first_day, _ = self._arm_and_days(interval)
                if first_day == self.as_of:
                    self.add(interval)
                else:
                    remove_sorted(arm.open_day_0s, interval.day_0)
                    insort(arm.exits, interval.leave)
        self.as_of = day

    def count(self, arm: int, day: int) -> int:
        """Return the number at risk on *arm* on study *day*, as of *as_of*."""
        return self.count_both(arm, arm, day)[0]

    def count_both(self, treatment: int, control: int, day: int) -> tuple[int, int]:
        """Return the numbers at risk on study *day* on each of two arms, as of *as_of*."""
        # An open interval that has not reached the study day yet counts as left.  Both arms are
        # written out because a replay calls no function more often.
        reached = self.as_of + 1 - day
        treated, controls = self.arms[treatment], self.arms[control]
        return (
            treated.entries_on_day_0
            + (bisect_right(treated.later_entries, day) if treated.later_entries else 0)
            + bisect_left(treated.open_day_0s, reached)
            - len(treated.open_day_0s)
            - bisect_right(treated.exits, day),
            controls.entries_on_day_0
            + (bisect_right(controls.later_entries, day) if controls.later_entries else 0)
            + bisect_left(controls.open_day_0s, reached)
            - len(controls.open_day_0s)
            - bisect_right(controls.exits, day),
        )
