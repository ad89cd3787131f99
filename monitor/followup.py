"""The follow-up table: how many subjects of each arm are at risk on each study day."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitor.at_risk import AtRisk, Days, Stay
from monitor.dates import FOREVER
from monitor.exposure import Spell
from monitor.first_events import ARMS_MAX, PACKED_MASK, SUBJECT_BITS, FirstEvents
from monitor.watch import Analysis, Scale

Flags = NDArray[np.bool_]


BEFORE = -FOREVER
"""A study day before any other."""


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
class FollowUp:
    """The stays of each subject, and how many are at risk because of them.

    Study day 0 is the start of the subject's first treatment in *period*; on the calendar scale
    days count from day 0 of the calendar.  *tables* has one table for each date of collection
    that was asked for (0: from the start).  *crossed* says that somebody once had several stays.
    """

    period: int
    analysis: Analysis
    time: Scale
    arms: int
    stays: list[tuple[Stay, ...]] = field(default_factory=list[tuple[Stay, ...]])
    tables: dict[int, AtRisk] = field(default_factory=dict[int, AtRisk])
    crossed: bool = False

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
        while subject >= len(self.stays):
            self.stays.append(())
        wanted = self._wanted(spells, starts, allocated)
        for since, table in self.tables.items():
            for stay in collected(self.stays[subject], since):
                table.remove(stay)
            for stay in collected(wanted, since):
                table.add(stay)
        self.stays[subject] = wanted
        self.crossed |= len(wanted) > 1

    def _wanted(
        self,
        spells: tuple[Spell, ...],
        starts: tuple[tuple[int, int], ...],
        allocated: int | None,
    ) -> tuple[Stay, ...]:
        mine = [spell for spell in spells if spell.period == self.period]
        if not mine or (self.analysis is Analysis.AS_RANDOMISED and allocated is None):
            return ()
        day_0 = dict(starts)[self.period] if self.time is Scale.STUDY else 0
        wanted: list[Stay] = []
        for start, end, _, treatment in mine:
            arm = treatment if self.analysis is Analysis.AS_TREATED else allocated
            assert arm is not None
            wanted.append(Stay(arm, day_0, start - day_0, end - day_0))
        return tuple(wanted)

    def as_of(self, day: int, since: int) -> AtRisk:
        """The table as known at the end of *day*, no stay beginning before day *since*."""
        table = self.tables.get(since)
        if table is None or table.as_of > day:
            stays = (stay for each in self.stays for stay in collected(each, since))
            table = self.tables[since] = AtRisk.of(self.arms, stays, day)
        elif table.as_of < day:
            table.move_to(day)
        return table

    def shares(
        self, events: FirstEvents, day: int, treatment: int, control: int, enough: float = -inf
    ) -> tuple[int, list[float]] | None:
        """How many first events are treated, and the treated share of the risk set of each.

        What ``risk_sets`` says, the cheaper way where events are few and nobody has crossed; an
        event that met an empty arm is left out.  None once the excess of treated events over the
        sum of the shares is below *enough*.
        """
        assert not self.crossed, "a subject of several stays is gone from each of them"
        met = self._met(events, day)
        excess = float(sum(arm == treatment for _, arm, _ in met))
        count = self.as_of(day, events.collected_from).count
        gone: tuple[list[int], list[int]] = [], []
        waiting, last, on, off, treated = 0, BEFORE, 0, 0, 0
        found: list[float] = []
        for number, (at, arm, _) in enumerate(met):
            if at != last:
                for _, its_arm, leaves in met[waiting:number]:
                    if its_arm == treatment:
                        insort(gone[0], leaves)
                    elif its_arm == control:
                        insort(gone[1], leaves)
                waiting, last = number, at
                on = count(treatment, at) - len(gone[0]) + bisect_right(gone[0], at)
                off = count(control, at) - len(gone[1]) + bisect_right(gone[1], at)
            if arm == treatment:
                treated += off > 0
            elif arm != control:
                continue
            share = on / (on + off)
            excess -= share
            if excess < enough:
                return None
            if 0.0 < share < 1.0:
                found.append(share)
        return treated, found

    def _met(self, events: FirstEvents, day: int) -> list[tuple[int, int, int]]:
        """Each first event by the end of *day*: its study day, its arm, when its stay ends."""
        stays, met = self.stays, list[tuple[int, int, int]]()
        for each in events.held:
            onset, mine = (each & PACKED_MASK) // ARMS_MAX, stays[each >> SUBJECT_BITS]
            if onset <= day and mine:
                arm, day_0, _, leave = mine[0]
                until = day + 1 - day_0
                met.append((onset - day_0, arm, leave if leave < until else until))
        met.sort()
        return met

    def risk_sets(self, events: FirstEvents, day: int) -> AllArms:
        """Who was at risk at each first event, as known at the end of *day*.

        An earlier event takes its subject out of the sets of later days; the one who fails is
        always in its own (asserted).
        """
        table = self.as_of(day, events.collected_from)
        rows = np.array(list(self._stays_with(events, day)), dtype=np.int64).reshape(-1, 4)
        arm, enter, leave, event_day = rows.T
        own = (enter <= event_day) & (event_day < leave)
        at, its_arm = event_day[own], arm[own]
        # Of a stay with an event, the days after it are no time at risk.
        stays = np.maximum(enter, np.minimum(leave, event_day + 1))
        at_risk = np.empty((self.arms, len(at)), dtype=np.int64)
        for number in range(self.arms):
            here = arm == number
            at_risk[number] = table.counts(number, at)
            at_risk[number] -= by(stays[here], at) - by(leave[here], at)
        assert at_risk[its_arm, np.arange(len(at))].all(), "one failed outside its own risk set"
        return AllArms(arm=its_arm, at_risk=at_risk)

    def _stays_with(self, events: FirstEvents, day: int) -> Iterator[tuple[int, int, int, int]]:
        """The stays of all who had an event, as (arm, enter, leave, event day)."""
        since, stays = events.collected_from, self.stays
        for each in events.held:
            onset = (each & PACKED_MASK) // ARMS_MAX
            for arm, day_0, enter, leave in stays[each >> SUBJECT_BITS]:
                enter = max(enter, since - day_0)
                if day_0 + enter <= day and enter < leave:
                    yield arm, enter, min(leave, day + 1 - day_0), onset - day_0


def collected(stays: tuple[Stay, ...], since: int) -> Iterator[Stay]:
    """What is left of *stays* from day *since* on."""
    for stay in stays:
        enter = max(stay.enter, since - stay.day_0) if since else stay.enter
        if enter < stay.leave:
            yield stay if enter == stay.enter else stay._replace(enter=enter)


def by(days: Days, at: Days) -> Days:
    """How many of *days* are no later than each of *at*."""
    return np.searchsorted(np.sort(days), at, side="right")
