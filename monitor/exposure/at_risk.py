"""How many are at risk on each arm on a study day, as of a day that moves on."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import NamedTuple

from monitor.dates import FOREVER


class AtRiskInterval(NamedTuple):
    """Study days ``[enter, leave)`` of one subject on *arm*; day 0 is *day_0* of the calendar."""

    arm: int
    day_0: int
    enter: int
    leave: int


def empty_column() -> array[int]:
    """An empty sorted column."""
    return array("i")


@dataclass(slots=True)
class ArmIntervals:
    """The stays of one arm that have begun, each as the one day that tells when it is over.

    Whoever is still followed leaves, as of day T, on study day ``T + 1 - day_0``: all of them
    move on together, so their sorted *running* day 0 says it of each.
    """

    entries_on_day_0: int = 0
    later_entries: array[int] = field(default_factory=empty_column)
    open_day_0s: array[int] = field(default_factory=empty_column)
    exits: array[int] = field(default_factory=empty_column)

    def count_entry(self, day: int, change: int) -> None:
        """Count an entry on study *day*, or take it back; nearly all enter on day 0."""
        if day <= 0:
            self.entries_on_day_0 += change
        elif change > 0:
            insort(self.later_entries, day)
        else:
            remove_sorted(self.later_entries, day)


def remove_sorted(column: array[int], value: int) -> None:
    """Take one *value* out of a sorted column."""
    index = bisect_left(column, value)
    assert column[index] == value, "a stay is taken back that was never counted"
    del column[index]


@dataclass(slots=True)
class AtRiskTable:
    """At risk on study day s: those who entered by s, less those who have left by s.

    A stay costs a few insertions when it comes, begins and ends; a count is three searches,
    whatever the number of subjects or of days (DESIGN.md section 5).
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
        """The table of *stays* as of a day."""
        table = cls([ArmIntervals() for _ in range(arm_count)], as_of)
        for interval in intervals:
            table.add(interval)
        return table

    def add(self, interval: AtRiskInterval) -> None:
        """Count a stay of at least one day."""
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
        """Take back a stay that was added."""
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
        """Let the days up to *day* pass: what begins, begins, and what ends, ends."""
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
        """At risk on *arm* on study *day*, as of today."""
        return self.count_both(arm, arm, day)[0]

    def count_both(self, treatment: int, control: int, day: int) -> tuple[int, int]:
        """At risk on study *day*, as of today, on each of two arms."""
        # Of those still followed, whoever has not reached the day yet counts as gone.
        # Both arms are written out: no other function is called as often in a replay.
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
