"""Serious adverse events as a DSUR has them: cumulative tabulation and interval listing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from board.views.facts import CaseVersion
from board.views.line_listing import event_cells
from board.views.safety.columns import CountColumn, Row, label_cells
from board.views.safety.event_rows import serious
from board.views.safety.population import Population, SafetyCase, SafetySubject
from board.views.table import Cell, Column, ColumnKind, Table
from monitor.dates import iso
from monitor.records import day_of
from monitor.terms import is_serious

UNCOUNTED = "uncounted"
"""The column of serious events outside the days at risk of any treatment."""


def cumulative_table(columns: Sequence[CountColumn], pooled: Population) -> Table:
    """Return the number of serious events by class and term in each column and in all.

    *pooled* has all subjects, with the events that no column counts.
    """
    counts: dict[str, Counter[tuple[str, str]]] = {
        column.key: Counter(_terms(case) for _, case in column.population.cases if serious(case))
        for column in columns
    }
    counts[UNCOUNTED] = Counter(
        _terms(case) for subject in pooled.subjects for case in subject.uncounted if serious(case)
    )
    total = sum(counts.values(), Counter[tuple[str, str]]())
    headings = [
        Column(key=column.key, label=column.label, kind=ColumnKind.COUNT, unit="events")
        for column in columns
    ]
    return Table(
        name="dsur_cumulative",
        caption="Cumulative tabulation of serious adverse events",
        columns=[
            Column(key="label", label="Class and term"),
            Column(key="indent", label="Indent", kind=ColumnKind.COUNT, shown=False),
            *headings,
            Column(key=UNCOUNTED, label="Not at risk", kind=ColumnKind.COUNT, unit="events"),
            Column(key="total", label="Total", kind=ColumnKind.COUNT, unit="events"),
        ],
        rows=_cumulative_rows(counts, total),
        note="Events, not subjects, from the first one on, by treatment received at onset.",
    )


def _terms(case: SafetyCase) -> tuple[str, str]:
    body = case.body
    return (
        case.system_organ_class or body.system_organ_class,
        case.preferred_term or body.preferred_term,
    )


def _cumulative_rows(
    counts: Mapping[str, Counter[tuple[str, str]]], total: Counter[tuple[str, str]]
) -> list[Row]:
    rows = [_sum_row("All serious adverse events", 0, counts, lambda key: True)]
    for organ_class in sorted({key[0] for key in total}):
        rows.append(_class_row(organ_class, counts))
        rows += [
            label_cells("term", term, 2)
            | {name: each[found, term] for name, each in counts.items()}
            | {"total": total[found, term]}
            for found, term in sorted(total)
            if found == organ_class
        ]
    return rows


def _class_row(organ_class: str, counts: Mapping[str, Counter[tuple[str, str]]]) -> Row:
    return _sum_row(organ_class, 1, counts, lambda key: key[0] == organ_class)


def _sum_row(
    label: str,
    indent: int,
    counts: Mapping[str, Counter[tuple[str, str]]],
    matches: Callable[[tuple[str, str]], bool],
) -> Row:
    sums = {
        name: sum(n for key, n in each.items() if matches(key)) for name, each in counts.items()
    }
    return label_cells("class", label, indent) | sums | {"total": sum(sums.values())}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCase:
    """A serious case of the interval: when it was first known and known as serious.

    *is_initial* is false where it was known as serious before the interval.  Days are ordinals.
    """

    subject: SafetySubject
    case: SafetyCase
    known: int
    known_serious: int
    latest: int
    is_initial: bool


Versions = Mapping[str, Sequence[CaseVersion]]


def listed_cases(pooled: Population, versions: Versions, since: int | None) -> list[ListedCase]:
    """Return the serious cases with a version known on the ordinal day *since* or later, by day."""
    found: list[ListedCase] = []
    for subject in pooled.subjects:
        for case in filter(serious, subject.all_cases):
            days = [day_of(each.known_at) for each in versions[case.case_id]]
            if since is None or max(days) >= since:
                first = _first_serious(versions[case.case_id])
                listed = ListedCase(
                    subject=subject,
                    case=case,
                    known=min(days),
                    known_serious=first,
                    latest=max(days),
                    is_initial=since is None or first >= since,
                )
                found.append(listed)
    return sorted(found, key=lambda each: (each.known_serious, each.case.case_id))


def _first_serious(versions: Sequence[CaseVersion]) -> int:
    """Return the ordinal day from which on the case has been known as serious."""
    day = day_of(versions[-1].known_at)
    for version in reversed(versions):
        if not is_serious(version.body):
            break
        day = day_of(version.known_at)
    return day


LISTING_COLUMNS = (
    Column(key="subject", label="Subject"),
    Column(key="case", label="Case"),
    Column(key="version", label="Version", kind=ColumnKind.COUNT, shown=False),
    Column(key="report", label="Report"),
    Column(key="term", label="Event"),
    Column(key="organ_class", label="System organ class", shown=False),
    Column(key="onset", label="Onset"),
    Column(key="study_day", label="Study day", kind=ColumnKind.COUNT),
    Column(key="days_since_dose", label="Since last dose", kind=ColumnKind.COUNT, unit="days"),
    Column(key="known", label="First known", kind=ColumnKind.DAY, shown=False),
    Column(key="known_serious", label="Known as serious", kind=ColumnKind.DAY),
    Column(key="latest", label="Latest version", kind=ColumnKind.DAY, shown=False),
    Column(key="serious", label="Serious by"),
    Column(key="severity", label="Severity", unit="grade"),
    Column(key="relatedness", label="Related"),
    Column(key="outcome", label="Outcome"),
    Column(key="action", label="Action taken"),
)


def serious_listing(cases: Sequence[ListedCase], arms: Mapping[str, str] | None = None) -> Table:
    """Return the listing of *cases*; *arms* names the treatment of each where it is shown."""
    rows = [_listing_row(each) for each in cases]
    columns = list(LISTING_COLUMNS)
    if arms is not None:
        columns.insert(4, Column(key="arm", label="Treatment at onset"))
        rows = [row | {"arm": arms.get(str(row["case"]))} for row in rows]
    return Table(
        name="dsur_interval_listing",
        caption="Serious adverse events of the interval",
        columns=columns,
        rows=rows,
        note="Initial: known as serious for the first time in the interval.  Follow-up: known as "
        "serious before it, with a new version in it.  Study day 1 is the first day on treatment.",
    )


def _listing_row(listed: ListedCase) -> dict[str, Cell]:
    case, subject = listed.case, listed.subject
    return {
        "subject": subject.name,
        "case": case.case_id,
        "version": case.version,
        "report": "initial" if listed.is_initial else "follow-up",
        "organ_class": case.body.system_organ_class,
        "known": iso(listed.known),
        "known_serious": iso(listed.known_serious),
        "latest": iso(listed.latest),
        **event_cells(case.body, case.onset, subject.start, subject.doses),
    }
