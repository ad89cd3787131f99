"""The follow-up table: how many subjects of each arm are at risk on each study day."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitor.exposure import Spell
from monitor.first_events import ARMS_MAX, FirstEvents
from monitor.watch import Analysis, Scale

Days = NDArray[np.int64]
Flags = NDArray[np.bool_]
COLLECTIONS = 8
"""How many cuts of one day are kept, one for each date of collection."""

ARM, DAY_0, ENTER = range(3)


class AsOf(NamedTuple):
    """The table cut on one day.

    *enter* and *leave* of each row as then known; *net*, entries less exits by arm and day
    (shape (arms * days,), its first day is *base*), and *at_risk*, its sum over days (arms, days).
    """

    enter: Days
    leave: Days
    net: Days
    at_risk: Days
    base: int
    days: int


class Met(NamedTuple):
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
class FollowUp:
    """One row a spell: arm, day 0, and the days ``[enter, leave)`` counted from it.

    Study day 0 is the start of the subject's first treatment in *period*; on the calendar scale
    days count from day 0 of the calendar.  *first_row* finds a subject's row, *crossed* all
    rows of those who ever had several.  A subject keeps its rows; those it no longer needs are
    empty, so that row numbers never move.
    """

    period: int
    analysis: Analysis
    time: Scale
    arms: int
    rows: Days = field(default_factory=lambda: np.zeros((4, 16), dtype=np.int64))
    used: int = 0
    crossed: dict[int, list[int]] = field(default_factory=dict[int, list[int]])
    first_row: Days = field(default_factory=lambda: np.full(16, -1, dtype=np.int64))
    day_0: list[int] = field(default_factory=list[int])
    cut: dict[tuple[int, int], AsOf] = field(default_factory=dict[tuple[int, int], AsOf])

    def place(
        self,
        subject: int,
        spells: tuple[Spell, ...],
        starts: tuple[tuple[int, int], ...],
        allocated: int | None,
    ) -> None:
        """Put *subject* where its *spells* and its *allocated* arm say it belongs.

        *starts* is the first day of treatment by period: study day 0.
        """
        wanted: list[tuple[int, int, int, int]] = []
        mine = [spell for spell in spells if spell.period == self.period]
        if mine and not (self.analysis is Analysis.AS_RANDOMISED and allocated is None):
            day_0 = dict(starts)[self.period] if self.time is Scale.STUDY else 0
            for start, end, _, treatment in mine:
                arm = treatment if self.analysis is Analysis.AS_TREATED else allocated
                assert arm is not None
                wanted.append((arm, day_0, start - day_0, end - day_0))
        self._write(subject, wanted)

    def _write(self, subject: int, wanted: list[tuple[int, int, int, int]]) -> None:
        while subject >= len(self.first_row):
            self.first_row = np.append(self.first_row, np.full_like(self.first_row, -1))
        self.day_0 += [0] * (subject + 1 - len(self.day_0))
        first = int(self.first_row[subject])
        held = self.crossed.get(subject) or ([first] if first >= 0 else [])
        while len(held) < len(wanted):
            held.append(self._new_row())
        for row, values in zip(held, wanted, strict=False):
            self.rows[ARM:, row] = values
        self.rows[ENTER:, held[len(wanted) :]] = 0
        self.day_0[subject] = wanted[0][1] if wanted else 0
        if held:
            self.first_row[subject] = held[0]
        if len(held) > 1:
            self.crossed[subject] = held
        self.cut.clear()

    def _new_row(self) -> int:
        if self.used == self.rows.shape[1]:
            self.rows = np.concatenate((self.rows, np.zeros_like(self.rows)), axis=1)
        self.used += 1
        return self.used - 1

    def as_of(self, day: int, collected_from: int) -> AsOf:
        """The table as known at the end of *day*, rows starting no earlier than the collection."""
        known = self.cut.get((day, collected_from))
        if known is None:
            if len(self.cut) >= COLLECTIONS or any(held != day for held, _ in self.cut):
                self.cut.clear()
            known = self.cut[day, collected_from] = self._cut(day, collected_from)
        return known

    def _cut(self, day: int, collected_from: int) -> AsOf:
        arm, day_0, enter, leave = self.rows[:, : self.used]
        if collected_from:
            enter = np.maximum(enter, collected_from - day_0)
        # A row that has not begun, or is empty, leaves where it enters and so counts nowhere.
        leave = np.maximum(enter, np.minimum(leave, day + 1 - day_0))
        base = 0
        if self.time is Scale.CALENDAR and (leave > enter).any():
            base = int(enter[leave > enter].min())
        days = max(1, int(leave.max(initial=0)) - base + 1)
        size, place = self.arms * days, arm * days - base
        net = self._by_day(place + enter, size) - self._by_day(place + leave, size)
        at_risk = net.reshape(self.arms, days).cumsum(axis=1)
        return AsOf(enter=enter, leave=leave, net=net, at_risk=at_risk, base=base, days=days)

    def _by_day(self, places: Days, size: int) -> Days:
        """How many rows have each place; an empty row of the calendar has none, and cancels."""
        if self.time is Scale.CALENDAR:
            places = np.maximum(places, 0)
        return np.bincount(places, minlength=size)

    def least_shares(
        self, events: FirstEvents, day: int, treatment: int, control: int
    ) -> tuple[int, int, float, float, float] | None:
        """How many first events, treated and in all, and the least their treated shares can be.

        Those are given as the smallest, the largest and the mean; None if there are no events.
        Whoever had an event on an earlier study day is counted as gone from the treated arm and
        still there on the control arm: that takes a look at the table and none of the watch's own.
        """
        cut = self.as_of(day, collected_from=events.collected_from)
        day_0, limit = self.day_0, (day + 1) * ARMS_MAX
        pairs = zip(events.subjects, events.packed, strict=True)
        met = [(p // ARMS_MAX - day_0[s], p % ARMS_MAX) for s, p in pairs if p < limit]
        if self.arms > 2:
            met = [(at, arm) for at, arm in met if arm in (treatment, control)]
        met.sort()
        at_risk = cut.at_risk.item
        gone = len(events) - len(met) if self.crossed else 0
        treated = today = last = 0
        shares: list[float] = []
        for at, arm in met:
            if at != last:
                gone, today, last = gone + today, 0, at
            on = max(int(arm == treatment), at_risk(treatment, at - cut.base) - gone)
            shares.append(on / (on + at_risk(control, at - cut.base)) if on else 0.0)
            treated += arm == treatment
            today += bool(self.crossed) or arm == treatment
        if not shares:
            return None
        return treated, len(shares), min(shares), max(shares), sum(shares) / len(shares)

    def risk_sets(self, events: FirstEvents, day: int) -> Met:
        """Who was at risk at each first event, as known at the end of *day*.

        An earlier event takes its subject out of the sets of later days; the one who fails is
        always in its own (asserted).
        """
        cut = self.as_of(day, collected_from=events.collected_from)
        rows, onsets = self._rows_with(events)
        arm, event_day = self.rows[ARM, rows], onsets - self.rows[DAY_0, rows]
        enter, leave = cut.enter[rows], cut.leave[rows]
        stays = np.maximum(enter, np.minimum(leave, event_day + 1))
        place, size = arm * cut.days - cut.base, self.arms * cut.days
        net = cut.net + self._by_day(place + leave, size) - self._by_day(place + stays, size)
        at_risk = net.reshape(self.arms, cut.days).cumsum(axis=1)
        own = (enter <= event_day) & (event_day < leave)
        if not own.all():
            arm, event_day = arm[own], event_day[own]
        at = event_day - cut.base
        met = at_risk[:, at]
        assert at_risk[arm, at].all(), "a subject failed outside its own risk set"
        return Met(arm=arm, at_risk=met)

    def _rows_with(self, events: FirstEvents) -> tuple[Days, Days]:
        """Every row of the subjects that had an event, each with its subject's onset."""
        subjects, onsets = events.arrays()
        rows = self.first_row[subjects]
        if self.analysis is Analysis.AS_RANDOMISED:
            placed = rows >= 0
            onsets, rows = onsets[placed], rows[placed]
        later = [
            (row, packed // ARMS_MAX)
            for subject in (self.crossed.keys() & events.at.keys() if self.crossed else ())
            for row in self.crossed[subject][1:]
            if (packed := events.first(subject)) is not None
        ]
        if later:
            more = np.array(later, dtype=np.int64)
            rows, onsets = np.append(rows, more[:, 0]), np.append(onsets, more[:, 1])
        return rows, onsets
