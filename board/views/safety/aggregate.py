"""What 21 CFR 312.32(c)(1)(i)(C) asks for: events that occur more often in the drug group.

The rule concerns an aggregate analysis of specific events; whether one is reported is the
sponsor's decision.  The table has every term that is more frequent on treatment than on control,
the strongest evidence first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from board.views.evidence_now import LadderRow
from board.views.line_listing import case_row
from board.views.line_listing import columns as listing_columns
from board.views.rate_lines import RateLine, compared_arms_of, evidence_of, rate_lines
from board.views.rate_selection import RateSelection, selection_of
from board.views.table import Cell, Column, ColumnKind, Table, table_of_items
from monitor.records import TermKind
from monitor.state.entities import Entity
from monitor.state.shown import shown_term
from monitor.state.study import Study, SubjectState

KINDS: Mapping[TermKind, str] = {
    TermKind.GROUP: "group of the plan",
    TermKind.SYSTEM_ORGAN_CLASS: "system organ class",
    TermKind.PREFERRED_TERM: "preferred term",
}
QUIET = "quiet"
DELAYS = frozenset({"reported_after", "counted_after", "first"})
"""Columns of a watch's listing that need the versions of its cases."""

KINDS_OF_COUNTS = ("all", "serious")
NOTE = (
    "Terms more frequent on treatment than on control in the randomised period, by treatment "
    "received.  E is the evidence for harm, valid at any look; limits of the difference are "
    "Miettinen and Nurminen's, for one look.  Serious counts are subjects."
)


def aggregate_table(study: Study, treatment: str) -> Table:
    """Return the terms that are more frequent on *treatment* than on control."""
    rows = [
        _row(kind, line, serious.get(line.term))
        for kind, line, serious in _lines(study, treatment)
        if (line.difference or 0) > 0
    ]
    count, number = ColumnKind.COUNT, ColumnKind.NUMBER
    return Table(
        name=f"aggregate_{treatment}",
        caption=f"Events more frequent on {treatment} than on {study.plan.control}",
        columns=[
            Column(key="term", label="Event"),
            Column(key="kind", label="Level of terms"),
            Column(key="treated", label=treatment, kind=count),
            Column(key="treated percent", label="Percent", kind=ColumnKind.PERCENT, shown=False),
            Column(key="control", label=study.plan.control, kind=count),
            Column(key="control percent", label="Percent", kind=ColumnKind.PERCENT, shown=False),
            Column(key="treated_serious", label=f"Serious, {treatment}", kind=count),
            Column(key="control_serious", label=f"Serious, {study.plan.control}", kind=count),
            Column(key="difference", label="Difference", kind=number, unit="points (95 %)"),
            Column(key="low", label="95 % from", kind=number, shown=False),
            Column(key="high", label="95 % to", kind=number, shown=False),
            Column(key="e_value", label="E", kind=number, unit="valid at any look"),
            Column(key="rate_ratio", label="Rate ratio", kind=number),
            Column(key="rate_ratio_low", label="Ratio from", kind=number, unit="at any look"),
            Column(key="rate_ratio_high", label="Ratio to", kind=number, unit="at any look"),
            Column(key="level", label="Level"),
        ],
        rows=sorted(rows, key=lambda row: (-float(row["e_value"] or 0), str(row["term"]))),
        note=NOTE,
    )


Serious = Mapping[str, RateLine]


def _lines(study: Study, treatment: str) -> Iterator[tuple[str, RateLine, Serious]]:
    """Yield each line with the name of its kind and the lines of serious events of the kind."""
    for kind, label in KINDS.items():
        by_count: dict[str, Sequence[RateLine]] = {}
        for counted in KINDS_OF_COUNTS:
            arguments = {"kind": kind.value, "treatment": treatment, "count": counted}
            selection = selection_of(study, arguments)
            evidence = evidence_of(study, selection)
            by_count[counted] = rate_lines(study, selection, (), evidence)
        serious = {line.term: line for line in by_count["serious"]}
        for line in by_count["all"]:
            yield label, line, serious


def _row(kind: str, line: RateLine, serious: RateLine | None) -> dict[str, Cell]:
    evidence = line.evidence
    return {
        "term": line.term,
        "kind": kind,
        "treated": line.treated_subjects,
        "treated percent": line.treated_percent,
        "control": line.control_subjects,
        "control percent": line.control_percent,
        "treated_serious": 0 if serious is None else serious.treated_subjects,
        "control_serious": 0 if serious is None else serious.control_subjects,
        "difference": line.difference,
        "low": line.low,
        "high": line.high,
        "e_value": None if evidence is None else evidence.e_value,
        "rate_ratio": None if evidence is None else evidence.rate_ratio,
        "rate_ratio_low": None if evidence is None else evidence.low,
        "rate_ratio_high": None if evidence is None else evidence.high,
        "level": "not evaluated" if evidence is None else evidence.level,
    }


def historical_table(ladder: Sequence[LadderRow]) -> Table:
    """Return the watches against a reference rate: the historical controls of the rule."""
    number = ColumnKind.NUMBER
    return table_of_items(
        [row for row in ladder if row.control_events is None],
        Column(key="title", label="Watch"),
        Column(key="comparison", label="Compared with"),
        Column(key="treatment_events", label="First events", kind=ColumnKind.COUNT),
        Column(key="rate_ratio", label="Rate ratio", kind=number),
        Column(key="rate_ratio_low", label="Ratio from", kind=number, unit="at any look"),
        Column(key="rate_ratio_high", label="Ratio to", kind=number, unit="at any look"),
        Column(key="e_value", label="E", kind=number, unit="valid at any look"),
        Column(key="boundary", label="Signals at", kind=number),
        Column(key="level", label="Level"),
        Column(key="reason", label="Reason"),
        name="aggregate_historical",
        caption="Events compared with a historical rate",
        note="The plan names the source of each reference rate.",
    )


def aggregate_cases(study: Study, treatment: str) -> Iterator[dict[str, Cell]]:
    """Yield the cases on *treatment* and control of each term at the level watch or signal."""
    for kind, line, _ in _lines(study, treatment):
        evidence = line.evidence
        if evidence is None or evidence.level == QUIET or (line.difference or 0) <= 0:
            continue
        selection = selection_of(study, {"treatment": treatment})
        for subject, case_id, entity in _cases_of(study, selection, line.term):
            row = case_row(study, subject, case_id, entity)
            yield {"aggregate": line.term, "kind": kind, **row}


def _cases_of(
    study: Study, selection: RateSelection, term: str
) -> Iterator[tuple[SubjectState, str, Entity]]:
    """Yield the cases of *term* that the arms of *selection* count, by subject and onset."""
    arms = compared_arms_of(study, selection)
    for _, subject in sorted(study.subjects.items()):
        counted = (each for each in subject.cases.items() if each[1].counted_versions)
        for case_id, entity in sorted(counted, key=lambda each: (each[1].onset, each[0])):
            names = {shown_term(study, number).name for number in entity.terms}
            counts = [arm.counts(subject, entity.period, entity.treatment) for arm in arms]
            if term in names and any(counts):
                yield subject, case_id, entity


def aggregate_cases_table(study: Study) -> Table:
    """Return the cases behind the terms of the aggregate analysis that stand out."""
    rows = [row for each in study.plan.active_treatments for row in aggregate_cases(study, each)]
    listed = [each for each in listing_columns(adjudicated=False) if each.key not in DELAYS]
    return Table(
        name="aggregate_cases",
        caption="The cases of the terms at the level watch or signal",
        columns=[
            Column(key="aggregate", label="Aggregate"),
            Column(key="kind", label="Level of terms"),
            *listed,
        ],
        rows=rows,
    )
