"""The line listing of an alert: one row a case, with what a physician asks about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from board.views.facts import StudyFacts
from board.views.table import Cell, Column, ColumnKind, Table
from board.views.watched_cases import (
    WatchedCase,
    adjudicated_day,
    adjudication_of,
    counted_day,
    reported_day,
)
from board.views.wording import humanize
from monitor.dates import iso
from monitor.exposure.doses import DosedDays
from monitor.records import AdverseEvent, PartialDate, Severity
from monitor.state.entities import Entity
from monitor.state.study import ActiveWatch, Study, SubjectState
from monitor.tables.context import first_treated_day, onset_of
from monitor.terms import is_serious

GRADES = {severity: number for number, severity in enumerate(Severity, start=1)}
"""The CTCAE grade of each severity."""

NOTE = (
    "Study day 1 is the first day on treatment.  Delays are in days from onset: to the first "
    "report, and to the answer of the committee or the version that counts."
)


def columns(adjudicated: bool) -> tuple[Column, ...]:
    """Return the columns of a line listing."""
    counted = "Adjudicated" if adjudicated else "Counted"
    return (
        Column(key="subject", label="Subject"),
        Column(key="case", label="Case"),
        Column(key="version", label="Version", kind=ColumnKind.COUNT, shown=False),
        Column(key="term", label="Event"),
        Column(key="arm", label="Arm"),
        Column(key="onset", label="Onset"),
        Column(key="study_day", label="Study day", kind=ColumnKind.COUNT),
        Column(key="days_since_dose", label="Since last dose", kind=ColumnKind.COUNT, unit="days"),
        Column(key="serious", label="Serious"),
        Column(key="criteria", label="Seriousness criteria", shown=False),
        Column(key="severity", label="Severity", unit="grade"),
        Column(key="relatedness", label="Related"),
        Column(key="outcome", label="Outcome"),
        Column(key="action", label="Action taken"),
        Column(key="reported_after", label="Reported after", kind=ColumnKind.COUNT, unit="days"),
        Column(key="counted_after", label=f"{counted} after", kind=ColumnKind.COUNT, unit="days"),
        Column(key="first", label="First event", shown=False),
    )


def line_listing(
    facts: StudyFacts, active_watch: ActiveWatch, cases: Iterable[WatchedCase]
) -> Table:
    """Return the listing of *cases* of a watch."""
    study, adjudication = facts.study, adjudication_of(facts.study, active_watch)
    rows: list[dict[str, Cell]] = []
    for case in cases:
        versions = facts.case_versions.get(case.case_id, ())
        day = case.counted if adjudication is None else adjudicated_day(versions, adjudication)
        row = case_row(study, case.subject, case.case_id, case.entity)
        rows.append(
            row
            | {
                "reported_after": _after(case.onset, case.reported),
                "counted_after": _after(case.onset, day),
                "first": case.is_first,
            }
        )
    return Table(
        name="cases",
        caption="The cases, by onset",
        columns=columns(adjudication is not None),
        rows=rows,
        note=NOTE,
    )


def listing_of_ids(facts: StudyFacts, case_ids: Sequence[str]) -> Table:
    """Return the listing of the cases with *case_ids*; other entities are left out."""
    rows: list[dict[str, Cell]] = []
    for case_id in case_ids:
        entity = facts.study.entities.by_id.get(case_id)
        if entity is None or not isinstance(entity.body, AdverseEvent):
            continue
        name = facts.study.entities.surviving_subject(entity.body.subject)
        subject = facts.study.subjects[name]
        versions = facts.case_versions.get(case_id, ())
        onset = onset_of(facts.study, subject, entity.body)
        counted = counted_day(versions, entity.terms[0]) if entity.counted_versions else None
        row = case_row(facts.study, subject, case_id, entity)
        rows.append(
            row
            | {
                "reported_after": _after(onset, reported_day(versions)),
                "counted_after": _after(onset, counted),
                "first": None,
            }
        )
    return Table(
        name="cases",
        caption="The cases that the alert is about",
        columns=columns(adjudicated=False),
        rows=rows,
        note=NOTE,
    )


def case_row(study: Study, subject: SubjectState, case_id: str, entity: Entity) -> dict[str, Cell]:
    """Return what the listing says of one case, but for its delays."""
    case = entity.body
    assert isinstance(case, AdverseEvent)
    onset = onset_of(study, subject, case)
    arm = list(study.treatment_numbers)[entity.treatment] if entity.counted_versions else None
    return {
        "subject": subject.name,
        "case": case_id,
        "version": entity.version,
        "arm": arm,
        **event_cells(case, onset, first_treated_day(subject), subject.doses),
    }


def event_cells(
    case: AdverseEvent, onset: int | None, start: int | None, doses: Iterable[DosedDays]
) -> dict[str, Cell]:
    """Return what a listing says of the event itself; *start* is the first day on treatment."""
    criteria = ", ".join(humanize(criterion) for criterion in case.criteria)
    return {
        "term": case.preferred_term,
        "onset": onset_text(case, onset),
        "study_day": study_day(onset, start),
        "days_since_dose": days_since_dose(doses, onset),
        "serious": (criteria or "yes") if is_serious(case) else "no",
        "criteria": criteria,
        "severity": severity_text(case.severity),
        "relatedness": _optional(case.relatedness),
        "outcome": _optional(case.outcome),
        "action": _optional(case.action_taken),
    }


def study_day(onset: int | None, start: int | None) -> int | None:
    """Return the study day of *onset*: the first day on treatment is 1, the day before it -1.

    >>> study_day(100, 100), study_day(99, 100)
    (1, -1)
    """
    if onset is None or start is None:
        return None
    return onset - start + 1 if onset >= start else onset - start


def days_since_dose(doses: Iterable[DosedDays], onset: int | None) -> int | None:
    """Return the days from the last dose before *onset* to it; 0 on a day of the dose itself.

    >>> days_since_dose([DosedDays(10, 11)], 14)
    3
    """
    if onset is None:
        return None
    before = [dose.last for dose in doses if dose.first <= onset]
    return max(0, onset - max(before)) if before else None


def onset_text(case: AdverseEvent, onset: int | None) -> str | None:
    """Return the day of onset in ISO form; a partial date as far as it is known."""
    if isinstance(case.onset, PartialDate):
        month = "" if case.onset.month is None else f"-{case.onset.month:02}"
        return f"{case.onset.year:04}{month}"
    return None if onset is None else iso(onset)


def severity_text(severity: Severity | None) -> str | None:
    """Return a severity with its CTCAE grade.

    >>> severity_text(Severity.SEVERE)
    'severe (3)'
    """
    return None if severity is None else f"{humanize(severity)} ({GRADES[severity]})"


def _after(onset: int | None, day: int | None) -> int | None:
    return None if onset is None or day is None else day - onset


def _optional(value: str | None) -> str | None:
    return None if value is None else humanize(value)
