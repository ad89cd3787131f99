"""The stays of all subjects side by side: the risk sets of many events, found all at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitor.at_risk import Stay
from monitor.first_events import ARM_BITS, PACKED_MASK, SUBJECT_BITS, FirstEvents

Days = NDArray[np.int64]
Flags = NDArray[np.bool_]
COLLECTIONS = 8
"""How many cuts of one day are kept, one for each date of collection."""

ARM, DAY_0, ENTER = range(3)


class Cut(NamedTuple):
    """The columns as known on one day.

    *enter* and *leave* of each row as then known; *net*, entries less exits by arm and day, of
    shape (arms * days,), its first day is *base*.
    """

    enter: Days
    leave: Days
    net: Days
    base: int
    days: int


class AllArms(NamedTuple):
    """What each first event met: its own arm, and those at risk on every arm (arms, n)."""

    arm: Days
    at_risk: Days

    def between(self, treatment: int, control: int) -> tuple[Flags, Days, Days]:
        """For events on either arm: whether on *treatment*, and those at risk on each."""
        treated = self.arm == treatment
        on, off = self.at_risk[treatment], self.at_risk[control]
        if len(self.at_risk) == 2:
            return treated, on, off
        pair = treated | (self.arm == control)
        return treated[pair], on[pair], off[pair]


@dataclass(slots=True)
class Columns:
    """One row a stay: arm, day 0, and the study days ``[enter, leave)``.

    *first* finds a subject's row, *crossed* all rows of those who ever had several.  A subject
    keeps its rows; those it no longer needs are empty, so that row numbers never move.
    """

    arms: int
    rows: Days = field(default_factory=lambda: np.zeros((4, 16), dtype=np.int64))
    used: int = 0
    first: Days = field(default_factory=lambda: np.full(16, -1, dtype=np.int64))
    crossed: dict[int, list[int]] = field(default_factory=dict[int, list[int]])
    cuts: dict[tuple[int, int], Cut] = field(default_factory=dict[tuple[int, int], Cut])

    @classmethod
    def of(cls, arms: int, stays: Iterable[tuple[Stay, ...]]) -> Columns:
        """The columns of the *stays* of each subject, in order of their numbers."""
        columns = cls(arms)
        for subject, each in enumerate(stays):
            columns.put(subject, each)
        return columns

    def put(self, subject: int, stays: tuple[Stay, ...]) -> None:
        """Let *subject* have these stays and no other."""
        while subject >= len(self.first):
            self.first = np.append(self.first, np.full_like(self.first, -1))
        first = int(self.first[subject])
        held = self.crossed.get(subject) or ([first] if first >= 0 else [])
        while len(held) < len(stays):
            held.append(self._new_row())
        for row, stay in zip(held, stays, strict=False):
            self.rows[:, row] = stay
        self.rows[ENTER:, held[len(stays) :]] = 0
        if held:
            self.first[subject] = held[0]
        if len(held) > 1:
            self.crossed[subject] = held
        self.cuts.clear()

    def _new_row(self) -> int:
        if self.used == self.rows.shape[1]:
            self.rows = np.concatenate((self.rows, np.zeros_like(self.rows)), axis=1)
        self.used += 1
        return self.used - 1

    def cut(self, day: int, since: int) -> Cut:
        """The columns as known at the end of *day*, no stay beginning before day *since*."""
        known = self.cuts.get((day, since))
        if known is None:
            if len(self.cuts) >= COLLECTIONS or any(held != day for held, _ in self.cuts):
                self.cuts.clear()
            known = self.cuts[day, since] = self._cut(day, since)
        return known

    def _cut(self, day: int, since: int) -> Cut:
        arm, day_0, enter, leave = self.rows[:, : self.used]
        if since:
            enter = np.maximum(enter, since - day_0)
        # A row that has not begun, or is empty, leaves where it enters and so counts nowhere.
        leave = np.maximum(enter, np.minimum(leave, day + 1 - day_0))
        here = leave > enter
        base = int(enter[here].min()) if here.any() else 0
        days = max(1, int(leave.max(initial=0)) - base + 1)
        size, place = self.arms * days, arm * days - base
        if base:
            # An empty row may lie outside; it comes and goes on one day, whichever that is.
            enter, leave = np.maximum(enter, base), np.maximum(leave, base)
        net = by_day(place + enter, size) - by_day(place + leave, size)
        return Cut(enter=enter, leave=leave, net=net, base=base, days=days)

    def risk_sets(self, events: FirstEvents, day: int) -> AllArms:
        """Who was at risk at each first event, as known at the end of *day*.

        An earlier event takes its subject out of the sets of later days; the one who fails is
        always in its own (asserted).
        """
        cut = self.cut(day, events.collected_from)
        rows, onsets = self._rows_with(events)
        arm, event_day = self.rows[ARM, rows], onsets - self.rows[DAY_0, rows]
        enter, leave = cut.enter[rows], cut.leave[rows]
        stays = np.maximum(enter, np.minimum(leave, event_day + 1))
        place, size = arm * cut.days - cut.base, self.arms * cut.days
        net = cut.net + by_day(place + leave, size) - by_day(place + stays, size)
        at_risk = net.reshape(self.arms, cut.days).cumsum(axis=1)
        own = (enter <= event_day) & (event_day < leave)
        if not every(own):
            arm, event_day = arm[own], event_day[own]
        at = event_day - cut.base
        met = at_risk[:, at]
        assert every(met) or at_risk[arm, at].all(), "a subject failed outside its own risk set"
        return AllArms(arm=arm, at_risk=met)

    def _rows_with(self, events: FirstEvents) -> tuple[Days, Days]:
        """Every row of the subjects that had an event, each with its subject's onset."""
        held = np.frombuffer(events.held, dtype=np.int64) if events.held else NONE
        rows, onsets = self.first[held >> SUBJECT_BITS], (held & PACKED_MASK) >> ARM_BITS
        placed = rows >= 0
        if not every(placed):
            rows, onsets = rows[placed], onsets[placed]
        if self.crossed:
            later = [
                (row, packed >> ARM_BITS)
                for subject, rows_of_one in self.crossed.items()
                if (packed := events.first(subject)) is not None
                for row in rows_of_one[1:]
            ]
            more = np.array(later, dtype=np.int64).reshape(-1, 2)
            rows, onsets = np.append(rows, more[:, 0]), np.append(onsets, more[:, 1])
        return rows, onsets


NONE = np.zeros(0, dtype=np.int64)


def every(values: Days | Flags) -> bool:
    """Whether none of *values* is zero; numpy's own ``all`` takes five times as long."""
    return np.count_nonzero(values) == values.size


def by_day(places: Days, size: int) -> Days:
    """How many rows have each place."""
    return np.bincount(places, minlength=size)
