"""The rates page: every term on two arms, by how strong the evidence is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from board.views.arms import later_arms
from board.views.catalogue import Arguments
from board.views.facts import StudyFacts
from board.views.moved import MovedTerm, moved_table, moved_terms
from board.views.rate_lines import (
    ArmHeading,
    RateLine,
    arm_heading,
    compared_arms_of,
    evidence_of,
    rate_lines,
)
from board.views.rate_selection import (
    ANALYSIS_LABELS,
    KIND_LABELS,
    ChoicePart,
    RateSelection,
    parts_of,
    selection_of,
)
from board.views.safety.comparison import comparison_table
from board.views.screened import TermEvidence
from board.views.table import Cell, Column, ColumnKind, Table
from board.views.term_counts import CountedCases
from monitor.dates import iso
from monitor.state.study import Study

LINES_SHOWN = 25
"""Lines of the page unless it asks for all; CSV and JSON have all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RatesView:
    """The page: what is compared, the links to choose otherwise, the lines, and what moved.

    *single_boundary* is the e-value at which one screened term alone would signal at the false
    discovery rate *q*, None where the plan does not screen on this basis.  *screened* is the number
    of terms that are screened.
    """

    title: str
    kind: str
    form: str
    query: str
    sentence: str
    period: str
    analysis: str
    treated: ArmHeading
    control: ArmHeading
    others: Sequence[ArmHeading]
    parts: Sequence[ChoicePart]
    search: str
    lines: Sequence[RateLine]
    line_count: int
    all_query: str
    marks: Sequence[tuple[str, float | None, float, int, str]]
    percent_max: float
    evidence_max: float
    single_boundary: float | None
    q: float
    screened: int
    moved: Sequence[MovedTerm]
    moved_since: str | None
    tables: tuple[Table, ...]


def build(facts: StudyFacts, arguments: Arguments) -> RatesView:
    """Return the rates page of a study."""
    study, selection = facts.study, selection_of(facts.study, arguments)
    others = list(later_arms(study))
    lines = rate_lines(study, selection, others, evidence_of(study, selection))
    arms = (*compared_arms_of(study, selection), *others)
    treated, control, *further = [arm_heading(study, arm) for arm in arms]
    baseline = facts.baseline()
    moved = [] if baseline is None else moved_terms(baseline, study, selection)
    titles = {period.id: period.title or period.id for period in study.plan.periods}
    boundary = _single_boundary(study, selection)
    tables = [rates_table(lines, further), moved_table(moved)]
    if selection.form:
        tables.append(comparison_table(study, selection))
    return RatesView(
        title=KIND_LABELS[selection.kind],
        kind=selection.kind.value,
        form=selection.form,
        query=selection.query,
        sentence=_sentence(lines, selection),
        period=titles[selection.period],
        analysis=ANALYSIS_LABELS[selection.analysis],
        treated=treated,
        control=control,
        others=further,
        parts=list(parts_of(study, selection)),
        search=selection.search,
        lines=lines if selection.all else lines[:LINES_SHOWN],
        line_count=len(lines),
        all_query=replace(selection, all="yes").query,
        marks=[_mark(line, line.evidence) for line in lines if line.evidence is not None],
        percent_max=_largest_percent(lines),
        evidence_max=max([1000.0, boundary or 0.0, *[line.e_value for line in lines]]),
        single_boundary=boundary,
        q=study.plan.q,
        screened=study.hypotheses,
        moved=moved,
        moved_since=None if facts.baseline_day is None else iso(facts.baseline_day),
        tables=tuple(tables),
    )


def _largest_percent(lines: Sequence[RateLine]) -> float:
    percents = [p for line in lines for p in (line.treated_percent, line.control_percent)]
    return max((percent for percent in percents if percent is not None), default=1.0)


def _mark(line: RateLine, evidence: TermEvidence) -> tuple[str, float | None, float, int, str]:
    """Return what the chart of effect and evidence shows of a line."""
    ratio = None if evidence.only_treatment else evidence.rate_ratio or 0.0
    patients = line.treated_subjects + line.control_subjects
    return line.term, ratio, evidence.e_value, patients, evidence.level


def rates_table(lines: Sequence[RateLine], others: Sequence[ArmHeading]) -> Table:
    """Return the table of the lines; *others* are the headings of the further arms."""
    count, number = ColumnKind.COUNT, ColumnKind.NUMBER
    columns = [
        Column(key="term", label="Term"),
        Column(key="treated_subjects", label="Treatment", kind=count, unit="patients"),
        Column(key="treated_events", label="Treatment", kind=count, unit="events"),
        Column(key="treated_percent", label="Treatment", kind=ColumnKind.PERCENT),
        Column(key="control_subjects", label="Control", kind=count, unit="patients"),
        Column(key="control_events", label="Control", kind=count, unit="events"),
        Column(key="control_percent", label="Control", kind=ColumnKind.PERCENT),
        Column(key="difference", label="Difference", kind=number, unit="points"),
        Column(key="low", label="95 % from", kind=number, unit="points, nominal"),
        Column(key="high", label="95 % to", kind=number, unit="points, nominal"),
        Column(key="e_value", label="E", kind=number, unit="valid at any look"),
        Column(key="rate_ratio", label="Rate ratio", kind=number),
        Column(key="rate_ratio_low", label="Ratio from", kind=number, unit="at any look"),
        Column(key="rate_ratio_high", label="Ratio to", kind=number, unit="at any look"),
        Column(key="level", label="Level"),
    ]
    for number_of, heading in enumerate(others):
        columns += [
            Column(key=f"other_{number_of}_subjects", label=heading.label, kind=count),
            Column(key=f"other_{number_of}_events", label=heading.label, kind=count),
            Column(key=f"other_{number_of}_rate", label=heading.label, kind=number),
        ]
    return Table(
        name="terms",
        caption="Every term on treatment and control",
        columns=columns,
        rows=[_row(line) for line in lines],
        note="Limits of the difference are Miettinen and Nurminen's, for one look; E decides.",
    )


def _row(line: RateLine) -> dict[str, Cell]:
    evidence = line.evidence
    row: dict[str, Cell] = {
        "term": line.term,
        "treated_subjects": line.treated_subjects,
        "treated_events": line.treated_events,
        "treated_percent": line.treated_percent,
        "control_subjects": line.control_subjects,
        "control_events": line.control_events,
        "control_percent": line.control_percent,
        "difference": line.difference,
        "low": line.low,
        "high": line.high,
        "e_value": None if evidence is None else evidence.e_value,
        "rate_ratio": None if evidence is None else evidence.rate_ratio,
        "rate_ratio_low": None if evidence is None else evidence.low,
        "rate_ratio_high": None if evidence is None else evidence.high,
        "level": None if evidence is None else evidence.level,
    }
    for number, other in enumerate(line.others):
        row[f"other_{number}_subjects"] = other.subjects
        row[f"other_{number}_events"] = other.events
        row[f"other_{number}_rate"] = other.rate
    return row


def _single_boundary(study: Study, selection: RateSelection) -> float | None:
    basis = study.plan.screening_basis
    is_screened = (basis.period, basis.analysis) == (selection.period, selection.analysis)
    if not is_screened or selection.count is not CountedCases.ALL or not study.hypotheses:
        return None
    return study.hypotheses / study.plan.q if study.plan.screening_enabled else None


def _sentence(lines: Sequence[RateLine], selection: RateSelection) -> str:
    judged = [line for line in lines if line.evidence is not None]
    if not lines:
        return "No event is counted here."
    if not judged:
        largest = max(lines, key=lambda line: line.difference or 0.0)
        return f"{largest.term} differs most; no watch judges this selection."
    signals = [line.term for line in judged if line.evidence and line.evidence.level == "signal"]
    leader = max(judged, key=lambda line: line.e_value)
    leading = f"{leader.term} leads with E = {leader.e_value:,.3g}."
    if not signals:
        return f"Nothing signals. {leading}"
    verb = "signals" if len(signals) == 1 else "signal"
    return f"{' and '.join(signals)} {verb}. {leading}"
