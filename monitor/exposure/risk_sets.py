"""The stays of all subjects side by side: the risk sets of many events, found all at once."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitor.dates import FOREVER
from monitor.exposure.at_risk import AtRiskInterval
from monitor.exposure.first_events import PACKED_MASK, SUBJECT_BITS, FirstEvents
from monitor.plan.plan import ARM_BITS

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
SNAPSHOTS_MAX = 8
"""How many cuts of one day are kept, one for each date of collection."""

ENTER_INDEX = 2
"""Where the days of a row begin: before them are its arm and its day 0."""


class ColumnSnapshot(NamedTuple):
    """The columns as known on one day.

    *rows* are the arm, day 0, entry and exit of each row as then known, and the place of its arm's
    day 0 in *net*; the last is an empty one.  *net*, entries less exits by arm and day, is of
    shape (arms * days,); its first day is *base*.
    """

    rows: IntArray
    net_entries: IntArray
    first_day: int
    day_count: int


class RiskSetCounts(NamedTuple):
    """What each first event met: its own arm, and those at risk on every arm (arms, n)."""

    event_arm: IntArray
    at_risk: IntArray

    def for_arms(self, treatment: int, control: int) -> tuple[BoolArray, IntArray, IntArray]:
        """For events on either arm: whether on *treatment*, and those at risk on each."""
        treated = self.event_arm == treatment
        at_risk_treated, at_risk_control = self.at_risk[treatment], self.at_risk[control]
        if len(self.at_risk) == 2:
            return treated, at_risk_treated, at_risk_control
        on_either_arm = treated | (self.event_arm == control)
        return (
            treated[on_either_arm],
            at_risk_treated[on_either_arm],
            at_risk_control[on_either_arm],
        )


@dataclass(slots=True)
class IntervalColumns:
    """One row a stay: arm, day 0, and the study days ``[enter, leave)``.

    *first* finds a subject's row, *crossed* all rows of those who ever had several, and *more*
    holds all of these but the first, ``subject << SUBJECT_BITS | row``.  A subject keeps its rows;
    those it no longer needs are empty, so that row numbers never move.  No row begins before the
    day *base*.
    """

    arm_count: int
    rows: IntArray = field(default_factory=lambda: np.zeros((4, 16), dtype=np.int64))
    row_count: int = 0
    first_day: int = FOREVER
    first_rows: IntArray = field(default_factory=lambda: np.full(16, -1, dtype=np.int64))
    crossover_rows: dict[int, list[int]] = field(default_factory=dict[int, list[int]])
    extra_rows: array[int] = field(default_factory=lambda: array("q"))
    snapshots: dict[tuple[int, int], ColumnSnapshot] = field(
        default_factory=dict[tuple[int, int], ColumnSnapshot]
    )

    @classmethod
    def from_intervals(
        cls, arm_count: int, intervals: Iterable[tuple[AtRiskInterval, ...]]
    ) -> IntervalColumns:
        """The columns of the *stays* of each subject, in order of their numbers."""
        columns = cls(arm_count)
        for subject, each in enumerate(intervals):
            columns.set_intervals(subject, each)
        return columns

    def set_intervals(self, subject: int, intervals: tuple[AtRiskInterval, ...]) -> None:
        """Let *subject* have these stays and no other."""
        while subject >= len(self.first_rows):
            self.first_rows = np.append(self.first_rows, np.full_like(self.first_rows, -1))
        first_row = int(self.first_rows[subject])
        subject_rows = self.crossover_rows.get(subject) or ([first_row] if first_row >= 0 else [])
        while len(subject_rows) < len(intervals):
            row = self._new_row()
            if subject_rows:
                self.extra_rows.append(subject << SUBJECT_BITS | row)
            subject_rows.append(row)
        for row, interval in zip(subject_rows, intervals, strict=False):
            self.rows[:, row] = interval
            self.first_day = min(self.first_day, interval.enter)
        self.rows[ENTER_INDEX:, subject_rows[len(intervals) :]] = self.first_day
        if subject_rows:
            self.first_rows[subject] = subject_rows[0]
        if len(subject_rows) > 1:
            self.crossover_rows[subject] = subject_rows
        self.snapshots.clear()

    def _new_row(self) -> int:
        if self.row_count == self.rows.shape[1]:
            self.rows = np.concatenate((self.rows, np.zeros_like(self.rows)), axis=1)
        self.row_count += 1
        return self.row_count - 1

    def snapshot(self, day: int, collected_from: int) -> ColumnSnapshot:
        """The columns as known at the end of *day*, no stay beginning before day *since*."""
        snapshot = self.snapshots.get((day, collected_from))
        if snapshot is None:
            if len(self.snapshots) >= SNAPSHOTS_MAX or any(
                snapshot_day != day for snapshot_day, _ in self.snapshots
            ):
                self.snapshots.clear()
            snapshot = self.snapshots[day, collected_from] = self._build_snapshot(
                day, collected_from
            )
        return snapshot

    def _build_snapshot(self, day: int, collected_from: int) -> ColumnSnapshot:
        arm, day_0, enter, leave = self.rows[:, : self.row_count]
        if collected_from:
            enter = np.maximum(enter, collected_from - day_0)
        # A row that has not begun, or is empty, enters where it leaves and so counts nowhere; how
        # far ahead it begins, or something is asked for, must not make the table any longer.
        first_day = self.first_day
        leave = np.maximum(first_day, np.minimum(leave, day + 1 - day_0))
        enter = np.minimum(enter, leave)
        day_count = int(np.maximum.reduce(leave, initial=first_day)) - first_day + 1
        index_of_day_0 = arm * day_count - first_day
        net_entries = count_by_index(index_of_day_0 + enter, self.arm_count * day_count)
        net_entries -= count_by_index(index_of_day_0 + leave, self.arm_count * day_count)
        rows = np.empty((5, self.row_count + 1), dtype=np.int64)
        rows[:, :-1] = arm, day_0, enter, leave, index_of_day_0
        rows[:, -1] = 0, 0, first_day, first_day, -first_day
        return ColumnSnapshot(
            rows=rows, net_entries=net_entries, first_day=first_day, day_count=day_count
        )

    def count_risk_sets(self, first_events: FirstEvents, day: int) -> RiskSetCounts:
        """Who was at risk at each first event, as known at the end of *day*.

        An earlier event takes its subject out of the sets of later days; the one who fails is
        always in its own (asserted).
        """
        snapshot = self.snapshot(day, first_events.collected_from)
        row_numbers, onsets = self._rows_with_event(first_events)
        arm, day_0, enter, leave, index_of_day_0 = snapshot.rows.take(row_numbers, 1)
        event_day = onsets - day_0
        leave_after_event = np.maximum(enter, np.minimum(leave, event_day + 1))
        net_entries = count_by_index(index_of_day_0 + leave, len(snapshot.net_entries))
        net_entries -= count_by_index(index_of_day_0 + leave_after_event, len(snapshot.net_entries))
        net_entries += snapshot.net_entries
        at_risk = np.add.accumulate(net_entries.reshape(self.arm_count, snapshot.day_count), 1)
        is_at_risk = (enter <= event_day) & (event_day < leave)
        if not all_nonzero(is_at_risk):
            arm, event_day = arm[is_at_risk], event_day[is_at_risk]
        day_index = event_day - snapshot.first_day if snapshot.first_day else event_day
        at_risk_at_event = at_risk.take(day_index, 1)
        assert all_nonzero(at_risk_at_event) or at_risk[arm, day_index].all(), (
            "a subject failed outside its own risk set"
        )
        return RiskSetCounts(event_arm=arm, at_risk=at_risk_at_event)

    def _rows_with_event(self, first_events: FirstEvents) -> tuple[IntArray, IntArray]:
        """Every row of the subjects that had an event, each with its subject's onset.

        Whoever has no row has the last one of the cut, which is empty.
        """
        if not first_events.packed_events:
            return EMPTY, EMPTY
        packed = np.frombuffer(first_events.packed_events, dtype=np.int64)
        subject_numbers, onsets = packed >> SUBJECT_BITS, (packed & PACKED_MASK) >> ARM_BITS
        row_numbers = self.first_rows.take(subject_numbers)
        if self.extra_rows:
            extra = np.frombuffer(self.extra_rows, dtype=np.int64)
            extra_subjects, extra_rows = extra >> SUBJECT_BITS, extra & PACKED_MASK
            indices = np.minimum(
                np.searchsorted(subject_numbers, extra_subjects), len(subject_numbers) - 1
            )
            has_event = subject_numbers[indices] == extra_subjects
            row_numbers = np.append(row_numbers, extra_rows[has_event])
            onsets = np.append(onsets, onsets[indices[has_event]])
        return row_numbers, onsets


EMPTY = np.zeros(0, dtype=np.int64)


def all_nonzero(values: IntArray | BoolArray) -> bool:
    """Whether none of *values* is zero; numpy's own ``all`` takes five times as long."""
    return np.count_nonzero(values) == values.size


def count_by_index(indices: IntArray, size: int) -> IntArray:
    """How many rows have each place."""
    return np.bincount(indices, minlength=size)
