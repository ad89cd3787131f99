"""The follow-up table: the numbers at risk on each arm by study day."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import inf
from typing import NamedTuple

from monitor.dates import FOREVER
from monitor.exposure.at_risk import AtRiskInterval, AtRiskTable
from monitor.exposure.first_events import PACKED_MASK, SUBJECT_BITS, FirstEvents
from monitor.exposure.person_time import Spell
from monitor.exposure.risk_sets import IntervalColumns, RiskSetCounts
from monitor.plan.plan import ARMS_MAX
from monitor.plan.watch import Analysis, TimeScale

BEFORE_ALL_DAYS = -FOREVER
"""Lower than any study day."""


EventAtRisk = tuple[int, int, int, tuple[AtRiskInterval, ...]]
"""A first event: its study day, its arm, and what it takes from its subject.

That is the rest of the interval until its exit, and the later intervals, all as of some day.
"""


class EventDays(NamedTuple):
    """First events on two arms: how many are treated, and the days on which they occur.

    A day is the numbers at risk on treatment and on control, both above 0, and its events.
    """

    treated: int
    days: list[tuple[int, int, int]]


@dataclass(slots=True)
class EndedRisk:
    """Study days from which, and until which, subjects on one arm are missing by their events."""

    entries: list[int] = field(default_factory=list[int])
    exits: list[int] = field(default_factory=list[int])

    def count(self, day: int) -> int:
        """Return how many subjects are missing on study *day*; *entries* has late ones only."""
        not_yet = len(self.entries) - bisect_right(self.entries, day) if self.entries else 0
        return len(self.exits) - bisect_right(self.exits, day) - not_yet


@dataclass(slots=True)
class FollowUp:
    """The at-risk intervals of all subjects on one risk set basis, by subject number.

    On the study time scale, study day 0 is the start of the subject's first treatment in
    *period*; on the calendar scale, study days are ordinal days.  *at_risk_tables* has one table
    for each first day of collection (0: no limit).  *columns* is built by the first call of
    ``risk_set_counts``.  *pooled_arms* holds, where a watch pools treatments, the arm that each
    counts for.  Where the watches count some days only, *scope* holds the days of each subject.
    """

    period: int
    analysis: Analysis
    time_scale: TimeScale
    arm_count: int
    intervals: list[tuple[AtRiskInterval, ...]] = field(
        default_factory=list[tuple[AtRiskInterval, ...]]
    )
    at_risk_tables: dict[int, AtRiskTable] = field(default_factory=dict[int, AtRiskTable])
    columns: IntervalColumns | None = None
    pooled_arms: tuple[int, ...] | None = None
    scope: FirstEvents | None = None

    def update_subject(
        self,
        subject: int,
        spells: tuple[Spell, ...],
        period_starts: tuple[tuple[int, int], ...],
        allocated_arm: int | None,
    ) -> None:
        """Replace the intervals of *subject* by those of *spells* and *allocated_arm*.

        *period_starts* holds (period, first day of treatment), which is study day 0.
        """
        while subject >= len(self.intervals):
            self.intervals.append(())
        if self.scope is not None and self.scope.own_spells is not None:
            spells = self.scope.own_spells.get(subject, ())
        intervals = self._build_intervals(spells, period_starts, allocated_arm)
        if intervals == self.intervals[subject]:
            return  # What has changed lies in another period.
        for collected_from, table in self.at_risk_tables.items():
            for interval in clip_to_collection(self.intervals[subject], collected_from):
                table.remove(interval)
            for interval in clip_to_collection(intervals, collected_from):
                table.add(interval)
        if self.columns is not None:
            self.columns.set_intervals(subject, intervals)
        self.intervals[subject] = intervals

    def _build_intervals(
        self,
        spells: tuple[Spell, ...],
        period_starts: tuple[tuple[int, int], ...],
        allocated_arm: int | None,
    ) -> tuple[AtRiskInterval, ...]:
        period_spells = [spell for spell in spells if spell.period == self.period]
        if not period_spells or (self.analysis is Analysis.AS_RANDOMISED and allocated_arm is None):
            return ()
        day_0 = dict(period_starts)[self.period] if self.time_scale is TimeScale.STUDY else 0
        intervals: list[AtRiskInterval] = []
        for start, end, _, treatment in period_spells:
            arm = treatment if self.analysis is Analysis.AS_TREATED else allocated_arm
            assert arm is not None
            if self.pooled_arms is not None:
                arm = self.pooled_arms[arm]
            interval = AtRiskInterval(arm, day_0, start - day_0, end - day_0)
            # Merge adjoining spells of one arm: several intervals make every look slower.
            if intervals and intervals[-1].arm == arm and intervals[-1].leave == interval.enter:
                interval = intervals.pop()._replace(leave=interval.leave)
            intervals.append(interval)
        return tuple(intervals)

    def has_interval_on(self, arm: int, subject: int) -> bool:
        """Whether *subject* is at risk on *arm* at any time."""
        if subject < len(self.intervals):
            for interval in self.intervals[subject]:
                if interval.arm == arm:
                    return True
        return False

    def at_risk_as_of(self, day: int, collected_from: int) -> AtRiskTable:
        """Return the table as of the ordinal *day*, with intervals from *collected_from* on."""
        table = self.at_risk_tables.get(collected_from)
        if table is None or table.as_of > day:
            intervals = (
                interval
                for each in self.intervals
                for interval in clip_to_collection(each, collected_from)
            )
            table = self.at_risk_tables[collected_from] = AtRiskTable.from_intervals(
                self.arm_count, intervals, day
            )
        elif table.as_of < day:
            table.advance_to(day)
        return table

    def count_event_days(
        self, events: FirstEvents, day: int, treatment: int, control: int, floor: float = -inf
    ) -> EventDays | None:
        """Return the treated first events, and the risk sets of the study days with events.

        The result agrees with ``risk_set_counts``; this loop is cheaper where events are few.
        Days with an empty arm are left out.  Returns None once the excess of treated events over
        the sum of the treated shares is below *floor*.
        """
        events_at_risk = self._events_at_risk(events, day)
        excess = float(sum(event[1] == treatment for event in events_at_risk))
        count_both = self.at_risk_as_of(day, events.collected_from).count_both
        ended = {treatment: EndedRisk(), control: EndedRisk()}
        pending_from, last_day, n_treated, n_control, treated = 0, BEFORE_ALL_DAYS, 0, 0, 0
        days: list[tuple[int, int, int]] = []
        has_day = False
        for index, (event_day, arm, _, _) in enumerate(events_at_risk):
            if event_day != last_day:
                for event in events_at_risk[pending_from:index]:
                    remove_from_risk(ended, event)
                pending_from, last_day, has_day = index, event_day, False
                n_treated, n_control = count_both(treatment, control, event_day)
                if pending_from:
                    n_treated -= ended[treatment].count(event_day)
                    n_control -= ended[control].count(event_day)
            if arm == treatment:
                treated += n_control > 0
            elif arm != control:
                continue
            excess -= n_treated / (n_treated + n_control)
            if excess < floor:
                return None
            if n_treated and n_control:
                count = days.pop()[2] + 1 if has_day else 1
                days.append((n_treated, n_control, count))
                has_day = True
        return EventDays(treated, days)

    def _events_at_risk(self, first_events: FirstEvents, day: int) -> list[EventAtRisk]:
        """Return each first event by *day*, in order of study days."""
        intervals, events_at_risk = self.intervals, list[EventAtRisk]()
        for each in first_events.packed_events:
            onset, subject_intervals = (
                (each & PACKED_MASK) // ARMS_MAX,
                intervals[each >> SUBJECT_BITS],
            )
            if onset <= day and subject_intervals:
                arm, day_0, enter, leave = subject_intervals[0]
                event_day, end_of_data = onset - day_0, day + 1 - day_0
                later: tuple[AtRiskInterval, ...] = ()
                if len(subject_intervals) > 1:
                    left = [each for each in subject_intervals if each.leave > event_day]
                    later = tuple(clip_to_data(left[1:], day))
                    arm, _, enter, leave = left[0] if left else subject_intervals[-1]
                if enter <= event_day < leave:
                    leave = leave if leave < end_of_data else end_of_data
                    events_at_risk.append((event_day, arm, leave, later))
        events_at_risk.sort()
        return events_at_risk

    def has_snapshot(self, first_events: FirstEvents, day: int) -> bool:
        """Whether the column snapshot that ``risk_set_counts`` needs for *day* is cached."""
        return (
            self.columns is not None
            and (day, first_events.collected_from) in self.columns.snapshots
        )

    def risk_set_counts(self, first_events: FirstEvents, day: int) -> RiskSetCounts:
        """Return the numbers at risk at each first event, as of the ordinal *day*."""
        if self.columns is None:
            self.columns = IntervalColumns.from_intervals(self.arm_count, self.intervals)
        return self.columns.count_risk_sets(first_events, day)


def remove_from_risk(ended: dict[int, EndedRisk], event: EventAtRisk) -> None:
    """Note the days that *event* takes from its subject, on the arms of *ended*."""
    _, event_arm, exit_day, later = event
    if event_arm in ended:
        insort(ended[event_arm].exits, exit_day)
    for arm, _, enter, leave in later:
        if arm in ended:
            insort(ended[arm].entries, enter)
            insort(ended[arm].exits, leave)


def clip_to_data(intervals: list[AtRiskInterval], day: int) -> Iterator[AtRiskInterval]:
    """Yield *intervals* as of the ordinal *day*, without those that begin later."""
    for interval in intervals:
        leave = min(interval.leave, day + 1 - interval.day_0)
        if interval.enter < leave:
            yield interval._replace(leave=leave)


def clip_to_collection(
    intervals: tuple[AtRiskInterval, ...], collected_from: int
) -> Iterator[AtRiskInterval]:
    """Yield *intervals* without the days before the ordinal day *collected_from* (0: all)."""
    for interval in intervals:
        enter = (
            max(interval.enter, collected_from - interval.day_0)
            if collected_from
            else interval.enter
        )
        if enter < interval.leave:
            yield interval if enter == interval.enter else interval._replace(enter=enter)
