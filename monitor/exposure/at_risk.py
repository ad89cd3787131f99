"""How many are at risk on each arm on a study day, as of a day that moves on."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import NamedTuple

from monitor.dates import FOREVER


class Stay(NamedTuple):
    """Study days ``[enter, leave)`` of one subject on *arm*; day 0 is *day_0* of the calendar."""

    arm: int
    day_0: int
    enter: int
    leave: int


def ints() -> array[int]:
    """An empty sorted column."""
    return array("i")


@dataclass(slots=True)
class Arm:
    """The stays of one arm that have begun, each as the one day that tells when it is over.

    Whoever is still followed leaves, as of day T, on study day ``T + 1 - day_0``: all of them
    move on together, so their sorted *running* day 0 says it of each.
    """

    at_once: int = 0
    later: array[int] = field(default_factory=ints)
    running: array[int] = field(default_factory=ints)
    ended: array[int] = field(default_factory=ints)

    def enter(self, day: int, by: int) -> None:
        """Count an entry on study *day*, or take it back; nearly all enter on day 0."""
        if day <= 0:
            self.at_once += by
        elif by > 0:
            insort(self.later, day)
        else:
            drop(self.later, day)


def drop(column: array[int], value: int) -> None:
    """Take one *value* out of a sorted column."""
    at = bisect_left(column, value)
    assert column[at] == value, "a stay is taken back that was never counted"
    del column[at]


@dataclass(slots=True)
class AtRisk:
    """At risk on study day s: those who entered by s, less those who have left by s.

    A stay costs a few insertions when it comes, begins and ends; a count is three searches,
    whatever the number of subjects or of days (DESIGN.md section 5).
    """

    arms: list[Arm]
    as_of: int = 0
    waiting: dict[int, list[Stay]] = field(default_factory=dict[int, list[Stay]])
    ahead: list[int] = field(default_factory=list[int])

    @classmethod
    def of(cls, arms: int, stays: Iterable[Stay], as_of: int) -> AtRisk:
        """The table of *stays* as of a day."""
        table = cls([Arm() for _ in range(arms)], as_of)
        for stay in stays:
            table.add(stay)
        return table

    def add(self, stay: Stay) -> None:
        """Count a stay of at least one day."""
        arm, begins, ends = self._when(stay)
        if begins > self.as_of:
            self._await(begins, stay)
            return
        arm.enter(stay.enter, 1)
        if ends <= self.as_of + 1:
            insort(arm.ended, stay.leave)
            return
        insort(arm.running, stay.day_0)
        if ends < FOREVER:
            self._await(ends - 1, stay)

    def remove(self, stay: Stay) -> None:
        """Take back a stay that was added."""
        arm, begins, ends = self._when(stay)
        if begins > self.as_of:
            self.waiting[begins].remove(stay)
            return
        arm.enter(stay.enter, -1)
        if ends <= self.as_of + 1:
            drop(arm.ended, stay.leave)
            return
        drop(arm.running, stay.day_0)
        if ends < FOREVER:
            self.waiting[ends - 1].remove(stay)

    def _when(self, stay: Stay) -> tuple[Arm, int, int]:
        day_0 = stay.day_0
        return self.arms[stay.arm], day_0 + stay.enter, day_0 + stay.leave

    def _await(self, day: int, stay: Stay) -> None:
        held = self.waiting.get(day)
        if held is None:
            self.waiting[day] = [stay]
            heappush(self.ahead, day)
        else:
            held.append(stay)

    def move_to(self, day: int) -> None:
        """Let the days up to *day* pass: what begins, begins, and what ends, ends."""
        while self.ahead and self.ahead[0] <= day:
            self.as_of = heappop(self.ahead)
            for stay in self.waiting.pop(self.as_of):
                arm, begins, _ = self._when(stay)
                if begins == self.as_of:
                    self.add(stay)
                else:
                    drop(arm.running, stay.day_0)
                    insort(arm.ended, stay.leave)
        self.as_of = day

    def count(self, arm: int, day: int) -> int:
        """At risk on *arm* on study *day*, as of today."""
        return self.between(arm, arm, day)[0]

    def between(self, treatment: int, control: int, day: int) -> tuple[int, int]:
        """At risk on study *day*, as of today, on each of two arms."""
        # Of those still followed, whoever has not reached the day yet counts as gone.
        # Both arms are written out: no other function is called as often in a replay.
        reached = self.as_of + 1 - day
        on, off = self.arms[treatment], self.arms[control]
        return (
            on.at_once
            + (bisect_right(on.later, day) if on.later else 0)
            + bisect_left(on.running, reached)
            - len(on.running)
            - bisect_right(on.ended, day),
            off.at_once
            + (bisect_right(off.later, day) if off.later else 0)
            + bisect_left(off.running, reached)
            - len(off.running)
            - bisect_right(off.ended, day),
        )
