"""Computes the risk sets of many first events at once, from interval columns."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from monitor.dates import FOREVER
from monitor.exposure.at_risk import AtRiskInterval
from monitor.exposure.first_events import PACKED_MASK, SUBJECT_BITS, FirstEvents
from monitor.plan.plan import ARM_BITS

IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]
SNAPSHOTS_MAX = 8
"""Largest number of cached snapshots of one day, one for each first day of collection."""

ENTER_INDEX = 2
"""Index of the study days enter and leave in a row; before them are its arm and its day 0."""


class ColumnSnapshot(NamedTuple):
    """The columns as of one day.

    *rows* has shape (5, rows + 1): arm, day 0, entry, exit, and the index of study day 0 of the
    arm in *net_entries*.  The last row is an empty interval.  *net_entries* has shape
    ``(arms * day_count,)``: entries less exits by arm and study day, from *first_day* on.
    """

    rows: IntArray
    net_entries: IntArray
    first_day: int
    day_count: int


class ArmCounts(NamedTuple):
    """First events on two arms, shape (n,): treated or not, numbers at risk, study day."""

    treated: BoolArray
    on_treatment: IntArray
    on_control: IntArray
    study_days: IntArray


class RiskSetCounts(NamedTuple):
    """Arm and study day of each first event, shape (n,), and numbers at risk, shape (arms, n)."""

    event_arm: IntArray
    study_day: IntArray
    at_risk: IntArray

    def for_arms(self, treatment: int, control: int) -> ArmCounts:
        """Return, for events on either arm, whether treated, the numbers at risk, and the days."""
        treated = self.event_arm == treatment
        at_risk_treated, at_risk_control = self.at_risk[treatment], self.at_risk[control]
        if len(self.at_risk) == 2:
            return ArmCounts(treated, at_risk_treated, at_risk_control, self.study_day)
        on_either_arm = treated | (self.event_arm == control)
        return ArmCounts(
            treated[on_either_arm],
            at_risk_treated[on_either_arm],
            at_risk_control[on_either_arm],
            self.study_day[on_either_arm],
        )


@dataclass(slots=True)
class IntervalColumns:
    """The at-risk intervals of all subjects, one column of *rows* for each interval.

    *rows* has shape (4, capacity): arm, day 0, enter and leave; a column of it is called a row
    below.  *first_rows* holds the first row of each subject, or -1.  *crossover_rows* holds all
    rows of subjects that ever had several.  *extra_rows* holds all but the first of them as
    ``subject << SUBJECT_BITS | row``.  A subject keeps its rows: unused ones are made empty, so
    row numbers never change.  No row enters before study day *first_day*.
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
        """Build the columns from the intervals of each subject, in order of subject numbers."""
        columns = cls(arm_count)
        for subject, each in enumerate(intervals):
            columns.set_intervals(subject, each)
        return columns

    def set_intervals(self, subject: int, intervals: tuple[AtRiskInterval, ...]) -> None:
        """Replace all intervals of *subject* by *intervals*, and drop all snapshots."""
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
        """Return the columns as of the ordinal *day*, with days from *collected_from* on."""
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
        # A row that is empty or begins later enters where it leaves, and so counts nowhere.  The
        # clipping also keeps later days from enlarging the table.
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
        """Return the numbers at risk at each first event, as of the ordinal *day*.

        An event removes its subject from the risk sets of later study days.  The subject is in
        the risk set of its own event (asserted).
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
            "a subject with an event is not in its own risk set"
        )
        return RiskSetCounts(event_arm=arm, study_day=event_day, at_risk=at_risk_at_event)

    def _rows_with_event(self, first_events: FirstEvents) -> tuple[IntArray, IntArray]:
        """Return all rows of the subjects with an event, each with its subject's onset.

        A subject without rows has row -1, which is the empty last row of a snapshot.
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
    """Whether no value is zero; ``ndarray.all`` takes five times as long."""
    return int(np.count_nonzero(values)) == values.size


def count_by_index(indices: IntArray, size: int) -> IntArray:
    """Return how often each index from 0 to *size* - 1 occurs in *indices*."""
    return np.bincount(indices, minlength=size)
