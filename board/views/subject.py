"""One subject: treatments, doses, dispositions, and each case with its versions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from board.views.catalogue import Arguments, ViewNotFoundError
from board.views.facts import CaseVersion, StudyFacts
from board.views.line_listing import days_since_dose, study_day
from board.views.subject_rows import SubjectRow, dispositions_of, subject_row
from board.views.table import Column, ColumnKind, Table
from monitor.dates import FOREVER, iso
from monitor.records import AdverseEvent, PartialDate, day_of
from monitor.state.entities import Entity
from monitor.state.study import Study
from monitor.state.subject import SubjectState
from monitor.tables.context import first_treated_day, onset_of
from monitor.terms import is_serious


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """Days of a subject on one treatment in one period; days are counted from the first dose.

    *last_day* is the last day at risk, at most the as-of date.
    """

    period: str
    treatment: str
    first_day: int
    last_day: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLine:
    """One case: *day* is its study day (the first day on treatment is 1), None if unknown.

    *days_since_dose* count from the last day of the last dose, as in the line listing of an alert.
    *counts* says under which treatment and period it counts, or why it does not.
    """

    case: str
    term: str
    onset: str | None
    day: int | None
    days_since_dose: int | None
    serious: bool
    criteria: Sequence[str]
    severity: str | None
    relatedness: str | None
    outcome: str | None
    action: str | None
    counts: str
    versions: Sequence[VersionLine]


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionLine:
    """One version of a case: when it was known, and what it changed."""

    version: int
    known_at: str
    position: int
    changes: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectView:
    """The page of one subject; *dose_days* are study days counted from 0."""

    subject: SubjectRow
    sentence: str
    stays: Sequence[Stay]
    dose_days: Sequence[int]
    dispositions: Sequence[str]
    cases: Sequence[CaseLine]
    stay_rows: Sequence[tuple[int, int, str, int]]
    event_rows: Sequence[tuple[int, str, bool]]
    tables: tuple[Table, ...]


def build(facts: StudyFacts, arguments: Arguments) -> SubjectView:
    """Return the page of the subject whose name is the argument `id`."""
    study, name = facts.study, arguments.get("id", "")
    subject = study.subjects.get(study.entities.surviving_subject(name))
    if subject is None:
        raise ViewNotFoundError("The study has no such subject.")
    row = subject_row(study, subject)
    lines = [
        _case_line(study, subject, case_id, entity, facts.case_versions.get(case_id, ()))
        for case_id, entity in subject.cases.items()
    ]
    lines.sort(key=lambda line: (line.onset or "", line.case))
    start, stays = subject.start or 0, list(_stays(study, subject))
    first_treated = first_treated_day(subject) or start
    return SubjectView(
        subject=row,
        sentence=_sentence(row),
        stays=stays,
        dose_days=[dose.first - start for dose in subject.doses],
        dispositions=[
            f"{body.status.value.replace('_', ' ')} {body.period or 'study'} {iso(body.date)}"
            for body in dispositions_of(subject)
        ],
        cases=lines,
        stay_rows=[
            (
                stay.first_day,
                stay.last_day,
                f"{stay.treatment}, {stay.period}",
                study.treatment_numbers[stay.treatment],
            )
            for stay in stays
        ],
        event_rows=[
            (_days_from(line.day) + first_treated - start, line.term, line.serious)
            for line in lines
            if line.day is not None
        ],
        tables=(cases_table(lines),),
    )


def cases_table(lines: Sequence[CaseLine]) -> Table:
    """Return the table of the cases."""
    return Table(
        name="cases",
        caption="Cases by onset",
        columns=(
            Column(key="case", label="Case"),
            Column(key="term", label="Term"),
            Column(key="onset", label="Onset", kind=ColumnKind.DAY),
            Column(key="day", label="Study day", kind=ColumnKind.COUNT),
            Column(key="days_since_dose", label="Since last dose", kind=ColumnKind.COUNT),
            Column(key="serious", label="Serious"),
            Column(key="severity", label="Severity"),
            Column(key="relatedness", label="Related"),
            Column(key="outcome", label="Outcome"),
            Column(key="action", label="Action taken"),
            Column(key="counts", label="Counts under"),
            Column(key="versions", label="Versions", kind=ColumnKind.COUNT),
        ),
        rows=[
            {
                "case": line.case,
                "term": line.term,
                "onset": line.onset,
                "day": line.day,
                "days_since_dose": line.days_since_dose,
                "serious": ", ".join(line.criteria) or ("yes" if line.serious else "no"),
                "severity": line.severity,
                "relatedness": line.relatedness,
                "outcome": line.outcome,
                "action": line.action,
                "counts": line.counts,
                "versions": len(line.versions),
            }
            for line in lines
        ],
    )


def _days_from(study_day: int) -> int:
    """Return the days from study day 1; there is no study day 0."""
    return study_day - (study_day > 0)


def _stays(study: Study, subject: SubjectState) -> Iterator[Stay]:
    start, end_day = subject.start or 0, (study.as_of or 0) + 1
    periods, treatments = list(study.period_numbers), list(study.treatment_numbers)
    for spell in subject.spells:
        if spell.start < end_day:
            yield Stay(
                period=periods[spell.period],
                treatment=treatments[spell.treatment],
                first_day=spell.start - start,
                last_day=min(spell.end, end_day) - 1 - start,
            )


def _case_line(
    study: Study,
    subject: SubjectState,
    case_id: str,
    entity: Entity,
    versions: Sequence[CaseVersion],
) -> CaseLine:
    case = entity.body
    assert isinstance(case, AdverseEvent)
    onset = onset_of(study, subject, case)
    return CaseLine(
        case=case_id,
        term=case.preferred_term,
        onset=onset_text(case.onset),
        day=study_day(onset, first_treated_day(subject)),
        days_since_dose=days_since_dose(subject.doses, onset),
        serious=is_serious(case),
        criteria=[each.value.replace("_", " ") for each in case.criteria],
        severity=_word(case.severity),
        relatedness=_word(case.relatedness),
        outcome=_word(case.outcome),
        action=_word(case.action_taken),
        counts=_counts_under(study, entity),
        versions=list(_version_lines(versions)),
    )


def onset_text(onset: int | PartialDate | None) -> str | None:
    """Return the onset as ISO text, partial where it is, or None where it is unknown."""
    if onset is None or isinstance(onset, int):
        return None if onset is None else iso(onset)
    return f"{onset.year:04}" if onset.month is None else f"{onset.year:04}-{onset.month:02}"


def _counts_under(study: Study, entity: Entity) -> str:
    if not entity.counted_versions:
        return "not counted: outside the days at risk, or its onset is unknown"
    treatment = list(study.treatment_numbers)[entity.treatment]
    return f"{treatment}, {list(study.period_numbers)[entity.period]}"


def _version_lines(versions: Sequence[CaseVersion]) -> Iterator[VersionLine]:
    before: AdverseEvent | None = None
    for each in versions:
        yield VersionLine(
            version=each.version,
            known_at=iso(day_of(each.known_at)),
            position=each.position,
            changes=["first report"] if before is None else list(_changes(before, each.body)),
        )
        before = each.body


def _changes(before: AdverseEvent, after: AdverseEvent) -> Iterator[str]:
    for name, old, new in zip(AdverseEvent._fields, before, after, strict=True):
        if old != new:
            label = name.replace("_", " ")
            yield f"{label}: {_value_text(old)} to {_value_text(new)}"


def _value_text(value: object) -> str:
    if isinstance(value, PartialDate):
        return onset_text(value) or ""
    if isinstance(value, int) and not isinstance(value, bool):
        return iso(value) if 0 < value < FOREVER else str(value)
    if isinstance(value, tuple):
        values = cast(tuple[object, ...], value)
        parts = [
            " ".join(map(str, cast(tuple[object, ...], each)))
            if isinstance(each, tuple)
            else str(each)
            for each in values
        ]
        return ", ".join(parts) or "none"
    words = {None: "not stated", True: "yes", False: "no"}
    return words[value] if value is None or isinstance(value, bool) else str(value)


def _word(value: str | None) -> str | None:
    return None if value is None else str(value).replace("_", " ")


def _sentence(row: SubjectRow) -> str:
    arm = f"randomised to {row.randomised}" if row.randomised else "not randomised"
    events = f"{row.cases} event{'s' * (row.cases != 1)}"
    return f"{row.subject}: {arm}, {events}, {row.serious_cases} serious; {row.status}."
