"""The stays of all subjects side by side: the risk sets of many events, found all at once."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitor.dates import FOREVER
from monitor.exposure.at_risk import Stay
from monitor.exposure.first_events import PACKED_MASK, SUBJECT_BITS, FirstEvents
from monitor.plan.plan import ARM_BITS

Days = NDArray[np.int64]
Flags = NDArray[np.bool_]
COLLECTIONS = 8
"""How many cuts of one day are kept, one for each date of collection."""

ENTER = 2
"""Where the days of a row begin: before them are its arm and its day 0."""


class Cut(NamedTuple):
    """The columns as known on one day.

    *rows* are the arm, day 0, entry and exit of each row as then known, and the place of its arm's
    day 0 in *net*; the last is an empty one.  *net*, entries less exits by arm and day, is of
    shape (arms * days,); its first day is *base*.
    """

    rows: Days
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

    *first* finds a subject's row, *crossed* all rows of those who ever had several, and *more*
    holds all of these but the first, ``subject << SUBJECT_BITS | row``.  A subject keeps its rows;
    those it no longer needs are empty, so that row numbers never move.  No row begins before the
    day *base*.
    """

    arms: int
    rows: Days = field(default_factory=lambda: np.zeros((4, 16), dtype=np.int64))
    used: int = 0
    base: int = FOREVER
    first: Days = field(default_factory=lambda: np.full(16, -1, dtype=np.int64))
    crossed: dict[int, list[int]] = field(default_factory=dict[int, list[int]])
    more: array[int] = field(default_factory=lambda: array("q"))
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
            row = self._new_row()
            if held:
                self.more.append(subject << SUBJECT_BITS | row)
            held.append(row)
        for row, stay in zip(held, stays, strict=False):
            self.rows[:, row] = stay
            self.base = min(self.base, stay.enter)
        self.rows[ENTER:, held[len(stays) :]] = self.base
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
        # A row that has not begun, or is empty, enters where it leaves and so counts nowhere; how
        # far ahead it begins, or something is asked for, must not make the table any longer.
        base = self.base
        leave = np.maximum(base, np.minimum(leave, day + 1 - day_0))
        enter = np.minimum(enter, leave)
        days = int(np.maximum.reduce(leave, initial=base)) - base + 1
        place = arm * days - base
        net = by_day(place + enter, self.arms * days)
        net -= by_day(place + leave, self.arms * days)
        rows = np.empty((5, self.used + 1), dtype=np.int64)
        rows[:, :-1] = arm, day_0, enter, leave, place
        rows[:, -1] = 0, 0, base, base, -base
        return Cut(rows=rows, net=net, base=base, days=days)

    def risk_sets(self, events: FirstEvents, day: int) -> AllArms:
        """Who was at risk at each first event, as known at the end of *day*.

        An earlier event takes its subject out of the sets of later days; the one who fails is
        always in its own (asserted).
        """
        cut = self.cut(day, events.collected_from)
        numbers, onsets = self._rows_with(events)
        arm, day_0, enter, leave, place = cut.rows.take(numbers, 1)
        event_day = onsets - day_0
        stays = np.maximum(enter, np.minimum(leave, event_day + 1))
        net = by_day(place + leave, len(cut.net))
        net -= by_day(place + stays, len(cut.net))
        net += cut.net
        at_risk = np.add.accumulate(net.reshape(self.arms, cut.days), 1)
        own = (enter <= event_day) & (event_day < leave)
        if not every(own):
            arm, event_day = arm[own], event_day[own]
        at = event_day - cut.base if cut.base else event_day
        met = at_risk.take(at, 1)
        assert every(met) or at_risk[arm, at].all(), "a subject failed outside its own risk set"
        return AllArms(arm=arm, at_risk=met)

    def _rows_with(self, events: FirstEvents) -> tuple[Days, Days]:
        """Every row of the subjects that had an event, each with its subject's onset.

        Whoever has no row has the last one of the cut, which is empty.
        """
        if not events.held:
            return NONE, NONE
        held = np.frombuffer(events.held, dtype=np.int64)
        who, onsets = held >> SUBJECT_BITS, (held & PACKED_MASK) >> ARM_BITS
        numbers = self.first.take(who)
        if self.more:
            more = np.frombuffer(self.more, dtype=np.int64)
            subjects, rows = more >> SUBJECT_BITS, more & PACKED_MASK
            at = np.minimum(np.searchsorted(who, subjects), len(who) - 1)
            has_event = who[at] == subjects
            numbers = np.append(numbers, rows[has_event])
            onsets = np.append(onsets, onsets[at[has_event]])
        return numbers, onsets


NONE = np.zeros(0, dtype=np.int64)


def every(values: Days | Flags) -> bool:
    """Whether none of *values* is zero; numpy's own ``all`` takes five times as long."""
    return np.count_nonzero(values) == values.size


def by_day(places: Days, size: int) -> Days:
    """How many rows have each place."""
    return np.bincount(places, minlength=size)
