"""What the rules know of the whole study while they see one subject at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from streams.sources.report import IngestReport, Problem
from streams.sources.rows import (
    AnyRow,
    AssessmentRow,
    DispositionRow,
    DoseRow,
    EventRow,
    SubjectRow,
    TreatmentRow,
)
from streams.sources.rules.arms import ArmTable
from streams.sources.rules.current import current_rows, current_subject
from streams.sources.rules.dates import SourceDate, parse_date
from streams.sources.rules.periods import PeriodTable
from streams.sources.wire import JsonRecord, RecordSource, build_record


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanChoices:
    """What the plan decides about the rules, in its table [ingest].

    With *actual_arm* the treatment received is the actual arm, not the randomised one; with
    *participation_end* follow-up ends with participation (RFPENDTC), not with RFENDTC.
    """

    actual_arm: bool = False
    participation_end: bool = False
    has_instruments: bool = False


@dataclass(slots=True, kw_only=True)
class RuleContext:
    """The study's names, tables and choices, and the report that all rules write to."""

    study: str
    system: str
    report: IngestReport
    column_of: Callable[[str, type[AnyRow], str], str]
    arms: ArmTable
    periods: PeriodTable
    choices: PlanChoices
    treatments: frozenset[str]
    """Treatments of the plan."""
    study_start: str
    """First day on which the study knew a subject, empty where it has no date at all."""

    def note(self, problem: Problem, row: AnyRow, column: str = "") -> None:
        """Add a finding about the field *column* of *row*."""
        self.report.find(problem, row.place, self._column(row, column))

    def stop(self, problem: Problem, row: AnyRow, column: str = "") -> None:
        """Add a refusal about the field *column* of *row*: nothing is written."""
        self.report.refuse(problem, row.place, self._column(row, column))

    def _column(self, row: AnyRow, column: str) -> str:
        return column and self.column_of(row.place.file, type(row), column)

    def date_of(self, row: AnyRow, column: str) -> SourceDate | None:
        """Return the date in the field *column* of *row*; a text that is none is a finding."""
        parsed = parse_date(getattr(row, column))
        if isinstance(parsed, Problem):
            self.note(parsed, row, column)
            return None
        return parsed

    def record(
        self, kind: str, domain: str, entity: str, known: str, content: JsonRecord, version: int = 1
    ) -> JsonRecord:
        """Return the record of *entity* in *domain* of the source system."""
        source = RecordSource(f"{self.system}.{domain}", entity, version)
        return build_record(kind, self.study, source, known, content)


@dataclass(slots=True)
class SubjectRows:
    """All rows about one subject, by what they are about, in the order of their files."""

    subject: str
    demographics: list[SubjectRow] = field(default_factory=list[SubjectRow])
    treatments: list[TreatmentRow] = field(default_factory=list[TreatmentRow])
    doses: list[DoseRow] = field(default_factory=list[DoseRow])
    events: list[EventRow] = field(default_factory=list[EventRow])
    dispositions: list[DispositionRow] = field(default_factory=list[DispositionRow])
    assessments: list[AssessmentRow] = field(default_factory=list[AssessmentRow])

    @classmethod
    def of(cls, subject: str, rows: Iterable[AnyRow]) -> SubjectRows:
        """Sort *rows* of *subject* into their lists; of events all versions, else the current."""
        sorted_rows = cls(subject)
        for row in rows:
            match row:
                case SubjectRow():
                    sorted_rows.demographics.append(row)
                case TreatmentRow():
                    sorted_rows.treatments.append(row)
                case DoseRow():
                    sorted_rows.doses.append(row)
                case EventRow():
                    sorted_rows.events.append(row)
                case DispositionRow():
                    sorted_rows.dispositions.append(row)
                case AssessmentRow():
                    sorted_rows.assessments.append(row)
        sorted_rows.demographics = current_subject(sorted_rows.demographics)
        sorted_rows.treatments = current_rows(sorted_rows.treatments)
        sorted_rows.doses = current_rows(sorted_rows.doses)
        sorted_rows.dispositions = current_rows(sorted_rows.dispositions)
        sorted_rows.assessments = current_rows(sorted_rows.assessments)
        return sorted_rows
