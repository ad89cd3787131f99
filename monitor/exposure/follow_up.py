"""The follow-up table: how many subjects of each arm are at risk on each study day."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import inf

from monitor.dates import FOREVER
from monitor.exposure.at_risk import AtRisk, Stay
from monitor.exposure.first_events import PACKED_MASK, SUBJECT_BITS, FirstEvents
from monitor.exposure.person_time import Spell
from monitor.exposure.risk_sets import AllArms, Columns
from monitor.plan.plan import ARMS_MAX
from monitor.plan.watch import Analysis, Scale

BEFORE = -FOREVER
"""A study day before any other."""


@dataclass(slots=True)
class FollowUp:
    """The stays of each subject, and how many are at risk because of them.

    Study day 0 is the start of the subject's first treatment in *period*; on the calendar scale
    days count from day 0 of the calendar.  *tables* has one table for each date of collection
    that was asked for (0: from the start), *columns* are made once events are many.  *crossed*
    says that somebody once had several stays.
    """

    period: int
    analysis: Analysis
    time: Scale
    arms: int
    stays: list[tuple[Stay, ...]] = field(default_factory=list[tuple[Stay, ...]])
    tables: dict[int, AtRisk] = field(default_factory=dict[int, AtRisk])
    columns: Columns | None = None
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
        if self.columns is not None:
            self.columns.put(subject, wanted)
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
            stay = Stay(arm, day_0, start - day_0, end - day_0)
            # A course told cycle by cycle is one stay: whoever has several costs every look more.
            if wanted and wanted[-1].arm == arm and wanted[-1].leave == stay.enter:
                stay = wanted.pop()._replace(leave=stay.leave)
            wanted.append(stay)
        return tuple(wanted)

    def arms_of(self, subject: int) -> set[int]:
        """The arms on which *subject* ever stays."""
        return {stay.arm for stay in self.stays[subject]} if subject < len(self.stays) else set()

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
        between = self.as_of(day, events.collected_from).between
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
                on, off = between(treatment, control, at)
                if waiting:
                    on += bisect_right(gone[0], at) - len(gone[0])
                    off += bisect_right(gone[1], at) - len(gone[1])
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

    def is_cut(self, events: FirstEvents, day: int) -> bool:
        """Whether ``risk_sets`` has most of its work done: the columns as known on *day*."""
        return self.columns is not None and (day, events.collected_from) in self.columns.cuts

    def risk_sets(self, events: FirstEvents, day: int) -> AllArms:
        """Who was at risk at each first event, as known at the end of *day*."""
        if self.columns is None:
            self.columns = Columns.of(self.arms, self.stays)
        return self.columns.risk_sets(events, day)


def collected(stays: tuple[Stay, ...], since: int) -> Iterator[Stay]:
    """What is left of *stays* from day *since* on."""
    for stay in stays:
        enter = max(stay.enter, since - stay.day_0) if since else stay.enter
        if enter < stay.leave:
            yield stay if enter == stay.enter else stay._replace(enter=enter)
