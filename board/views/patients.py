"""Patients with at least one event of each kind, by period and treatment received."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from board.views.exposure import StudyTables
from board.views.naming import period_title, short_title, term_name
from board.views.table import Cell, Column, ColumnKind, Table
from board.views.wording import number
from monitor.plan.case_rules import is_fatal
from monitor.records import RELATED, ActionTaken, AdverseEvent, Disposition, Outcome, Status
from monitor.state.entities import Entity
from monitor.state.study import Study
from monitor.tables.exposure import ALL_PERIODS, TableKey
from monitor.terms import Group, is_serious

CaseTest = Callable[[AdverseEvent], bool]
Row = dict[str, Cell]

STANDARD_ROWS: tuple[tuple[str, str, CaseTest], ...] = (
    ("any", "Any event", lambda case: True),
    ("serious", "Serious", is_serious),
    (
        "serious_related",
        "Serious and related",
        lambda case: is_serious(case) and case.relatedness in RELATED,
    ),
    (
        "withdrawal",
        "Led to withdrawal",
        lambda case: case.action_taken is ActionTaken.DRUG_WITHDRAWN,
    ),
    ("fatal", "Fatal", is_fatal),
)
"""The rows of every study: key, label, and which cases they count."""

STANDARD_GROUPS = (
    Group(name="", serious=True),
    Group(name="", serious=True, related=True),
    Group(name="", action_taken=frozenset({ActionTaken.DRUG_WITHDRAWN})),
    Group(name="", outcome=frozenset({Outcome.FATAL})),
)
"""Groups of a plan that repeat a row of every study."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientTable:
    """The *table* of all rows; the groups in *folded* are not watched, and stand below."""

    table: Table
    folded: Table | None
    deaths: int
    deaths_by_treatment: tuple[tuple[str, int], ...]


def patient_table(study: Study, tables: StudyTables) -> PatientTable:
    """Return patients with at least one event, by the rows of every study and groups of the plan.

    A group that a tier 1 or tier 3 watch counts stands in the first table.
    """
    keys = [key for key in tables.numbers if tables.exposure[key].subjects]
    if len(study.period_numbers) == 1:
        keys = [key for key in keys if key[0] != ALL_PERIODS]
    patients = _patients_by_row(study, tables)
    standard = [_row(name, label, patients[name], keys, tables) for name, label, _ in STANDARD_ROWS]
    watched = {watch.term for watch in study.plan.watches}
    shown, others = list[Row](), list[Row]()
    for group in study.plan.groups:
        row = _group_row(study, group, keys, tables)
        if not _repeats_a_row(group, row, standard):
            (shown if group.term in watched else others).append(row)
    columns = _columns(study, keys, tables)
    table = Table(
        name="patients",
        caption="Patients with at least one event",
        columns=columns,
        rows=standard[:3] + shown + standard[3:],
        note="By treatment received at onset; each patient counts once in a cell. "
        "n: patients exposed; PY: person-years at risk.",
    )
    folded = replace(table, name="groups", caption="Other groups of the plan", rows=others)
    deaths = deaths_of(study)
    return PatientTable(
        table=table,
        folded=folded if others else None,
        deaths=sum(deaths.values()),
        deaths_by_treatment=tuple(sorted(deaths.items())),
    )


def _repeats_a_row(group: Group, row: Row, standard: list[Row]) -> bool:
    """Return whether the group is a row of every study by its definition and by its counts."""
    names = ("row", "label")
    counts = {key: cell for key, cell in row.items() if key not in names}
    return replace(group, name="", title="") in STANDARD_GROUPS and any(
        counts == {key: cell for key, cell in each.items() if key not in names} for each in standard
    )


def _patients_by_row(study: Study, tables: StudyTables) -> dict[str, dict[int, int]]:
    """Return, by row and number of the table, how many subjects have a counted case of it."""
    patients: dict[str, defaultdict[int, int]] = {
        name: defaultdict(int) for name, _, _ in STANDARD_ROWS
    }
    for subject in study.subjects.values():
        found: set[tuple[str, int]] = set()
        for entity in subject.cases.values():
            contribution, case = entity.contribution, entity.body
            if contribution is None or not isinstance(case, AdverseEvent):
                continue
            names = [name for name, _, matches in STANDARD_ROWS if matches(case)]
            for table in study.table_numbers(contribution.period, contribution.treatment):
                found.update((name, table) for name in names)
        for name, table in found:
            patients[name][table] += 1
    return {name: dict(each) for name, each in patients.items()}


def _row(
    name: str, label: str, patients: dict[int, int], keys: list[TableKey], tables: StudyTables
) -> Row:
    counts = {key: patients.get(tables.numbers[key], 0) for key in keys}
    return {"row": name, "label": label, **_cells(counts, tables)}


def _group_row(study: Study, group: Group, keys: list[TableKey], tables: StudyTables) -> Row:
    counts = {key: tables.cell(key, group.term).subjects for key in keys}
    return {
        "row": group.name,
        "label": term_name(study, group.term),
        **_cells(counts, tables),
    }


def _cells(counts: dict[TableKey, int], tables: StudyTables) -> Row:
    cells: Row = {}
    for key, count in counts.items():
        exposed = max(tables.exposure[key].subjects, count)
        cells[_column_key(key)] = count
        cells[f"{_column_key(key)} percent"] = 100 * count / exposed if exposed else None
    return cells


def _column_key(key: TableKey) -> str:
    return f"{key[0]} {key[1]}"


def _columns(study: Study, keys: list[TableKey], tables: StudyTables) -> list[Column]:
    columns = [
        Column(key="label", label="Patients with at least one"),
        Column(key="row", label="Row", shown=False),
    ]
    for key in keys:
        period, treatment = key
        title = "all periods" if period == ALL_PERIODS else period_title(study, period)
        exposed = f"n = {tables.exposure[key].subjects:,}"
        years = f"{number(tables.person_years(key))} PY"
        several = len(study.period_numbers) > 1
        name, is_shown = _column_key(key), period != ALL_PERIODS
        columns.append(
            Column(
                key=name,
                label=f"{treatment}, {short_title(title)}" if several else treatment,
                kind=ColumnKind.COUNT,
                unit=f"{exposed}, {years}",
                shown=is_shown,
            )
        )
        percent = f"{treatment}, {title}, percent"
        columns.append(
            Column(key=f"{name} percent", label=percent, kind=ColumnKind.PERCENT, shown=False)
        )
    return columns


def deaths_of(study: Study) -> dict[str, int]:
    """Return the subjects with a fatal case or who died by a disposition, by treatment.

    The treatment is that of the fatal case, "not on treatment" where none is counted.
    """
    names, deaths = list(study.treatment_numbers), defaultdict[str, int](int)
    for subject in study.subjects.values():
        fatal = [
            entity
            for entity in subject.cases.values()
            if isinstance(entity.body, AdverseEvent) and is_fatal(entity.body)
        ]
        counted = [each.contribution for each in fatal if each.contribution is not None]
        if counted:
            deaths[names[min(counted, key=lambda one: one.onset).treatment]] += 1
        elif fatal or any(_says_died(subject.facts.values())):
            deaths["not on treatment"] += 1
    return dict(deaths)


def _says_died(entities: Iterable[Entity]) -> Iterator[bool]:
    for entity in entities:
        yield isinstance(entity.body, Disposition) and entity.body.status is Status.DIED
