"""The follow-up table: how many subjects of each arm are at risk on each study day."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitor.dates import FOREVER
from monitor.exposure import Spell
from monitor.first_events import ARMS_MAX, FirstEvents
from monitor.watch import Analysis, Scale

Days = NDArray[np.int64]
ARM, DAY_0, ENTER, LEAVE = range(4)


class AsOf(NamedTuple):
    """The table cut on one day.

    *enter* and *leave* of each row as then known; *net*, entries less exits by arm and day
    (shape (arms * days,), its first day is *base*), and *at_risk*, its sum over days.
    """

    enter: Days
    leave: Days
    net: Days
    at_risk: Days
    base: int
    days: int


class RiskSet(NamedTuple):
    """What each first event found: its arm, and those at risk on every arm (shape (arms, n))."""

    arm: Days
    at_risk: Days


@dataclass(slots=True)
class FollowUp:
    """One row a spell: arm, day 0, and the days ``[enter, leave)`` counted from it.

    Study day 0 is the start of the subject's first treatment in *period*; on the calendar scale
    days count from day 0 of the calendar.  A subject keeps its rows; rows it no longer needs
    are empty, so that row numbers never move.
    """

    period: int
    analysis: Analysis
    time: Scale
    arms: int
    rows: Days = field(default_factory=lambda: np.zeros((4, 16), dtype=np.int64))
    used: int = 0
    rows_of: dict[int, list[int]] = field(default_factory=dict[int, list[int]])
    first_row: Days = field(default_factory=lambda: np.full(16, -1, dtype=np.int64))
    crossed: set[int] = field(default_factory=set[int])
    day_0: dict[int, int] = field(default_factory=dict[int, int])
    cut: dict[tuple[int, int], AsOf] = field(default_factory=dict[tuple[int, int], AsOf])

    def place(
        self,
        subject: int,
        spells: tuple[Spell, ...],
        starts: dict[int, int],
        allocated: int | None,
    ) -> None:
        """Put *subject* where its *spells* and its *allocated* arm say it belongs.

        *starts* is the first day of treatment in each period: study day 0.
        """
        wanted: list[tuple[int, int, int, int]] = []
        mine = [spell for spell in spells if spell.period == self.period]
        if mine and not (self.analysis is Analysis.AS_RANDOMISED and allocated is None):
            day_0 = starts[self.period] if self.time is Scale.STUDY else 0
            for start, end, _, treatment in mine:
                arm = treatment if self.analysis is Analysis.AS_TREATED else allocated
                assert arm is not None
                wanted.append((arm, day_0, start - day_0, end - day_0))
        self._write(subject, wanted)

    def _write(self, subject: int, wanted: list[tuple[int, int, int, int]]) -> None:
        held = self.rows_of.setdefault(subject, [])
        while len(held) < len(wanted):
            held.append(self._new_row())
        for row, values in zip(held, wanted, strict=False):
            self.rows[ARM:, row] = values
        self.rows[ENTER:, held[len(wanted) :]] = 0
        self.day_0[subject] = wanted[0][1] if wanted else 0
        while subject >= len(self.first_row):
            self.first_row = np.append(self.first_row, np.full_like(self.first_row, -1))
        if held:
            self.first_row[subject] = held[0]
        if len(held) > 1:
            self.crossed.add(subject)
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
            if len(self.cut) > 8:
                self.cut.clear()
            known = self.cut[day, collected_from] = self._cut(day, collected_from)
        return known

    def _cut(self, day: int, collected_from: int) -> AsOf:
        arm, day_0, enter, leave = self.rows[:, : self.used]
        enter = np.maximum(enter, collected_from - day_0)
        leave = np.maximum(enter, np.minimum(leave, day + 1 - day_0))
        seen = leave > enter
        base = int(enter[seen].min(initial=FOREVER)) if self.time is Scale.CALENDAR else 0
        days = int(leave[seen].max(initial=base)) - base + 1
        size = self.arms * days
        place = arm[seen] * days - base
        net = np.bincount(place + enter[seen], minlength=size)
        net = net - np.bincount(place + leave[seen], minlength=size)
        at_risk = net.reshape(self.arms, days).cumsum(axis=1)
        return AsOf(enter=enter, leave=leave, net=net, at_risk=at_risk, base=base, days=days)

    def summary(
        self, events: FirstEvents, day: int, treatment: int, control: int
    ) -> tuple[int, int, float, float, float] | None:
        """How many first events, treated and in all, and the least their treated shares can be.

        Those are given as the smallest, the largest and the mean; None if there are no events.

        Those who had an event before are counted as if all had left the treated arm and none the
        control arm, which costs a look at the table instead of a table of the watch's own.
        """
        if self.analysis is Analysis.AS_RANDOMISED:
            return None
        cut = self.as_of(day, events.collected_from)
        gone = len(events.first) if self.crossed else events.by_treatment.get(treatment, 0)
        treated, shares = 0, list[float]()
        for subject, packed in events.first.items():
            onset, arm = divmod(packed, ARMS_MAX)
            if onset > day or arm not in (treatment, control):
                continue
            at = onset - self.day_0[subject] - cut.base
            on = max(int(arm == treatment), cut.at_risk.item(treatment, at) - gone)
            shares.append(on / (on + cut.at_risk.item(control, at)) if on else 0.0)
            treated += arm == treatment
        if not shares:
            return None
        return treated, len(shares), min(shares), max(shares), sum(shares) / len(shares)

    def risk_sets(self, first_events: FirstEvents, day: int) -> RiskSet:
        """Who was at risk at each first event, as known at the end of *day*.

        An earlier event takes its subject out of the sets
        of later days; the one who fails is always in its own (asserted).
        """
        cut = self.as_of(day, first_events.collected_from)
        rows, onsets = self._rows_with(first_events)
        arm, event_day = self.rows[ARM, rows], onsets - self.rows[DAY_0, rows]
        enter, leave = cut.enter[rows], cut.leave[rows]
        stays = np.maximum(enter, np.minimum(leave, event_day + 1))
        place, size = arm * cut.days - cut.base, self.arms * cut.days
        moved = leave > stays  # Other rows stay as they are, or are not in the table at all.
        net = cut.net + np.bincount((place + leave)[moved], minlength=size)
        net = net - np.bincount((place + stays)[moved], minlength=size)
        at_risk = net.reshape(self.arms, cut.days).cumsum(axis=1)
        own = (enter <= event_day) & (event_day < leave)
        arm, event_day = arm[own], event_day[own] - cut.base
        assert (at_risk[arm, event_day] > 0).all(), "a subject failed outside its own risk set"
        return RiskSet(arm=arm, at_risk=at_risk[:, event_day])

    def _rows_with(self, first_events: FirstEvents) -> tuple[Days, Days]:
        """Every row of the subjects that had an event, each with its subject's onset."""
        subjects, onsets = first_events.arrays()
        rows = self.first_row[subjects]
        if (rows < 0).any():
            onsets, rows = onsets[rows >= 0], rows[rows >= 0]
        later = [
            (row, first_events.onset(subject))
            for subject in self.crossed & first_events.first.keys()
            for row in self.rows_of[subject][1:]
        ]
        if later:
            more = np.array(later, dtype=np.int64)
            rows, onsets = np.append(rows, more[:, 0]), np.append(onsets, more[:, 1])
        return rows, onsets
