"""Reads what concerns the whole study before any rule runs: arms, periods, first day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from streams.sources.report import IngestReport
from streams.sources.rows import AnyRow, DoseRow, SubjectRow, TreatmentRow
from streams.sources.rules.arms import ArmTable, Received
from streams.sources.rules.context import SubjectRows
from streams.sources.rules.dates import day_of
from streams.sources.rules.doses import is_given
from streams.sources.rules.names import treatment_id
from streams.sources.rules.subjects import days_known
from streams.sources.staging import Staging

PERIOD_NAMES_MAX = 1000
"""Most names of periods that are kept: a column with more holds something else."""


@dataclass(slots=True)
class StudyFacts:
    """The arms of a study, the names of its periods, and the first day on which it knew anybody."""

    arms: ArmTable = field(default_factory=ArmTable)
    period_names: set[str] = field(default_factory=set[str])
    start: str = ""

    def add(
        self,
        rows: SubjectRows,
        report: IngestReport,
        column_of: Callable[[str, type[AnyRow], str], str],
    ) -> None:
        """Count one subject by its rows."""
        arm = actual = ""
        for row in rows.demographics:
            column = column_of(row.place.file, SubjectRow, "arm")
            arm = self.arms.name_arm(row, row.arm, report, column) or arm
            column = column_of(row.place.file, SubjectRow, "arm_received")
            actual = self.arms.name_arm(row, row.arm_received, report, column) or actual
        received = _received(rows, arm, self.arms.control)
        if received or any(day_of(row.treatment_start) for row in rows.demographics):
            self.arms.count(arm, received)
        names = {row.period for row in (*rows.doses, *rows.treatments)}
        if len(self.period_names) < PERIOD_NAMES_MAX:
            self.period_names |= names
        first = min(days_known(rows), default="")
        self.start = min(filter(None, (self.start, first)), default="")


def read_facts(
    staging: Staging,
    report: IngestReport,
    column_of: Callable[[str, type[AnyRow], str], str],
    control: str,
) -> StudyFacts:
    """Return the facts of the study whose rows are in *staging*, with the *control* of its plan."""
    facts = StudyFacts(ArmTable(control=control))
    for subject, rows in staging.subjects(SubjectRow, TreatmentRow, DoseRow):
        facts.add(SubjectRows.of(subject, rows), report, column_of)
    facts.arms.decide_sequences()
    return facts


def _received(rows: SubjectRows, arm: str, control: str) -> Sequence[Received]:
    stated = [row for row in rows.treatments if not row.is_element and day_of(row.start)]
    if stated:
        return [Received(day_of(row.start), day_of(row.end), row.treatment) for row in stated]
    given = [row for row in rows.doses if is_given(row, arm, control)]
    return [
        Received(day_of(row.first), day_of(row.last), row.treatment)
        for row in given
        if treatment_id(row.treatment) or arm
    ]
