"""Deaths: FDA tables 8 and 9, and the list of subjects who died of a DSUR."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from board.views.line_listing import days_since_dose, study_day
from board.views.safety.columns import CountColumn, Row, count_cells, label_cells
from board.views.safety.event_rows import event_columns
from board.views.safety.population import SafetySubject
from board.views.table import Cell, Column, ColumnKind, Table
from board.views.wording import capitalised, humanize, joined
from monitor.dates import iso
from monitor.plan.case_rules import is_fatal
from monitor.records import Relatedness, Status

NOTE = (
    "A subject died where a disposition or a fatal event says so, and counts in the column of its "
    "last treatment; a fatal event counts by treatment at onset, and only on a day at risk."
)


def deaths_table(columns: Sequence[CountColumn]) -> Table:
    """Return deaths, on a day at risk or later, and fatal events by preferred term."""
    deaths = {column.key: _deaths_of(column.population.subjects) for column in columns}
    fatal = {column.key: _fatal_terms(column.population.subjects) for column in columns}
    rows: list[Row] = [
        label_cells(key, label, indent)
        | count_cells(columns, {name: each[key] for name, each in deaths.items()})
        for key, label, indent in (
            ("deaths", "Deaths", 0),
            ("at_risk", "On a day at risk", 1),
            ("later", "Later, or on an unknown day", 1),
            ("fatal_event", "With a fatal adverse event that counts", 0),
        )
    ]
    totals = sum(fatal.values(), Counter[str]())
    for term in sorted(totals, key=lambda each: (-totals[each], each)):
        counts = {name: each[term] for name, each in fatal.items()}
        rows.append(label_cells("term", term, 1) | count_cells(columns, counts))
    return Table(
        name="fda_08_deaths",
        caption="Deaths",
        columns=event_columns(columns, "Deaths"),
        rows=rows,
        note=NOTE,
    )


def _deaths_of(subjects: Sequence[SafetySubject]) -> Counter[str]:
    counts = Counter[str]()
    for subject in subjects:
        if subject.death is not None:
            counts["deaths"] += 1
            counts["at_risk" if subject.death.is_at_risk else "later"] += 1
        counts["fatal_event"] += any(is_fatal(case.body) for case in subject.cases)
    return counts


def _fatal_terms(subjects: Sequence[SafetySubject]) -> Counter[str]:
    """Return the subjects by preferred term of their fatal events."""
    return Counter(
        term
        for subject in subjects
        for term in {
            case.preferred_term or case.body.preferred_term
            for case in subject.cases
            if is_fatal(case.body)
        }
    )


DEATH_COLUMNS = (
    Column(key="subject", label="Subject"),
    Column(key="died", label="Died", kind=ColumnKind.DAY),
    Column(key="study_day", label="Study day", kind=ColumnKind.COUNT),
    Column(key="start", label="First treatment", kind=ColumnKind.DAY),
    Column(key="days_on_treatment", label="On treatment", kind=ColumnKind.COUNT, unit="days"),
    Column(key="days_since_dose", label="Since last dose", kind=ColumnKind.COUNT, unit="days"),
    Column(key="cause", label="Fatal events"),
    Column(key="related", label="Related"),
    Column(key="source", label="By"),
)


def deaths_listing(subjects: Sequence[SafetySubject], arms: dict[str, str] | None = None) -> Table:
    """Return a line for each subject who died; *arms* names the arm of each where it is shown."""
    rows = [_death_row(subject) for subject in subjects if subject.death is not None]
    columns = list(DEATH_COLUMNS)
    if arms is not None:
        columns.insert(1, Column(key="arm", label="Last treatment"))
        rows = [row | {"arm": arms.get(str(row["subject"]))} for row in rows]
    return Table(
        name="fda_09_deaths_listing",
        caption="All individual subject deaths",
        columns=columns,
        rows=sorted(rows, key=lambda row: (str(row["died"] or ""), str(row["subject"]))),
        note="Study day 1 is the first day on treatment.  Events not counted in a table are listed "
        "here as well.",
    )


def _death_row(subject: SafetySubject) -> dict[str, Cell]:
    assert subject.death is not None
    day = subject.death.day
    fatal = [case.body for case in subject.all_cases if is_fatal(case.body)]
    sources = ["disposition"] * (subject.end is not None and subject.end.status is Status.DIED)
    sources += ["adverse event"] * bool(fatal)
    return {
        "subject": subject.name,
        "died": None if day is None else iso(day),
        "study_day": study_day(day, subject.start),
        "start": None if subject.start is None else iso(subject.start),
        "days_on_treatment": subject.days_on_treatment,
        "days_since_dose": days_since_dose(subject.doses, day),
        "cause": joined(sorted({body.preferred_term for body in fatal})) or "no event is on record",
        "related": joined(sorted({_related_text(body.relatedness) for body in fatal})),
        "source": joined(sources),
    }


def _related_text(relatedness: Relatedness | None) -> str:
    return capitalised(humanize(relatedness)) if relatedness else "Not given"
