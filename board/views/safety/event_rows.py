"""Rows of subjects with events: which cases each counts, and the worst severity of each subject."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from board.views.safety.columns import (
    LABEL_COLUMNS,
    CaseTest,
    CountColumn,
    Row,
    count_cells,
    count_headings,
    label_cells,
    patient_cells,
)
from board.views.safety.population import SafetyCase, SafetySubject
from board.views.table import Column
from board.views.wording import humanize
from monitor.plan.case_rules import is_fatal
from monitor.records import ActionTaken, Criterion, Severity
from monitor.terms import is_serious

EventRow = tuple[str, str, int, CaseTest]
"""Key, label and indent of a row, and which cases it counts."""

NOTE = (
    "Subjects with at least one event, by treatment received at onset.  Serious: flagged, with a "
    "criterion, or fatal.  Each subject counts once, under its worst severity."
)


def serious(case: SafetyCase) -> bool:
    """Return whether the case counts as serious."""
    return is_serious(case.body)


def withdrawn(case: SafetyCase) -> bool:
    """Return whether the case led to discontinuation of treatment."""
    return case.body.action_taken is ActionTaken.DRUG_WITHDRAWN


def severe(case: SafetyCase) -> bool:
    """Return whether the case is severe or worse."""
    return case.body.severity in SEVERITIES[2:]


SEVERITIES = tuple(Severity)


def _serious_by(criterion: Criterion) -> CaseTest:
    return lambda case: serious(case) and criterion in case.body.criteria


SERIOUS_ROWS: tuple[EventRow, ...] = (
    ("serious", "Serious adverse event", 0, serious),
    ("fatal", "Death", 1, lambda case: is_fatal(case.body)),
    ("life_threatening", "Life-threatening", 1, _serious_by(Criterion.LIFE_THREATENING)),
    ("hospitalisation", "Hospitalisation", 1, _serious_by(Criterion.HOSPITALISATION)),
    ("disability", "Disability or permanent damage", 1, _serious_by(Criterion.DISABILITY)),
    ("anomaly", "Congenital anomaly or birth defect", 1, _serious_by(Criterion.CONGENITAL_ANOMALY)),
    ("important", "Other medically important", 1, _serious_by(Criterion.MEDICALLY_IMPORTANT)),
)
"""Serious events by criterion; a case may have several, or none where it is only flagged."""


def event_columns(columns: Sequence[CountColumn], label: str = "Subjects with") -> list[Column]:
    """Return the headings of a table of subjects with events."""
    return [Column(key="label", label=label), *LABEL_COLUMNS, *count_headings(columns)]


def event_rows(columns: Sequence[CountColumn], rows: Sequence[EventRow]) -> list[Row]:
    """Return the rows with their counts."""
    return [
        label_cells(key, label, indent) | patient_cells(columns, matches)
        for key, label, indent, matches in rows
    ]


def severity_rows(columns: Sequence[CountColumn], matches: CaseTest, indent: int) -> list[Row]:
    """Return the subjects by the worst severity of their cases that match."""
    worst: dict[str, Counter[Severity | None]] = {
        column.key: Counter(_worst_severities(column, matches)) for column in columns
    }
    labels: list[tuple[str, Severity | None]] = [
        (f"Worst severity {humanize(each)}", each) for each in SEVERITIES
    ]
    labels.append(("Severity not given", None))
    return [
        label_cells(f"worst {severity or 'not given'}", label, indent)
        | count_cells(columns, {key: each[severity] for key, each in worst.items()})
        for label, severity in labels
    ]


def _worst_severities(column: CountColumn, matches: CaseTest) -> list[Severity | None]:
    found = (_severities(subject, matches) for subject in column.population.subjects)
    return [max(each, key=_severity_rank) for each in found if each]


def _severities(
    subject: SafetySubject, matches: Callable[[SafetyCase], bool]
) -> list[Severity | None]:
    return [case.body.severity for case in subject.cases if matches(case)]


def _severity_rank(severity: Severity | None) -> int:
    return -1 if severity is None else SEVERITIES.index(severity)
