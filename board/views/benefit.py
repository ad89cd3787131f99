"""Benefit beside the harm: responders by the plan's thresholds, for the board only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from board.views.table import Cell, Column, ColumnKind, Table
from board.views.wording import humanize, number, plural
from monitor.records import Assessment, Treatment
from monitor.state.study import Study
from monitor.stats.miettinen_nurminen import miettinen_nurminen
from monitor.tables.flow import ResponderSummary, responder_summaries

SWITCHED_MAX = 0.5
"""Share of the control arm that may have received another treatment where arms are compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BenefitRow:
    """Responders at one visit on *treatment* and on control, as randomised.

    *difference* is in percentage points with nominal Miettinen-Nurminen limits; None where more
    than half of the control arm had received another treatment by the visit (*switched*).
    """

    instrument: str
    visit: str
    threshold: float
    treatment: str
    control: str
    responders: int
    subjects: int
    control_responders: int
    control_subjects: int
    imputed: int
    control_imputed: int
    switched: int
    difference: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Benefit:
    """The benefit of a study: its rows, the same as a table, and what the panel is."""

    rows: tuple[BenefitRow, ...]
    table: Table


def benefit_of(study: Study) -> Benefit | None:
    """Return the benefit of *study*; None where its plan declares none or no score is known."""
    if not study.plan.instruments:
        return None
    summaries = {(each.instrument, each.visit, each.treatment): each for each in _summaries(study)}
    switched = _switched_by_visit(study)
    rows = [
        _benefit_row(summary, control, threshold, switched.get((instrument, visit), 0))
        for (instrument, visit, treatment), summary in summaries.items()
        if treatment != study.plan.control
        and (control := summaries.get((instrument, visit, study.plan.control))) is not None
        for threshold in study.plan.responder_thresholds
    ]
    if not rows:
        return None
    return Benefit(rows=tuple(rows), table=_table(rows))


def _summaries(study: Study) -> list[ResponderSummary]:
    return list(responder_summaries(study))


def _benefit_row(
    summary: ResponderSummary, control: ResponderSummary, threshold: float, switched: int
) -> BenefitRow:
    responders, control_responders = summary.responders[threshold], control.responders[threshold]
    estimate = miettinen_nurminen(
        events=responders,
        patients=summary.subjects,
        control_events=control_responders,
        control_patients=control.subjects,
    )
    comparable = switched <= SWITCHED_MAX * control.subjects and estimate.value is not None
    difference = 100 * estimate.value if comparable and estimate.value is not None else None
    return BenefitRow(
        instrument=summary.instrument,
        visit=summary.visit,
        threshold=threshold,
        treatment=summary.treatment,
        control=control.treatment,
        responders=responders,
        subjects=summary.subjects,
        control_responders=control_responders,
        control_subjects=control.subjects,
        imputed=summary.imputed,
        control_imputed=control.imputed,
        switched=switched,
        difference=difference,
        low=100 * estimate.low if comparable else None,
        high=100 * estimate.high if comparable else None,
    )


def _switched_by_visit(study: Study) -> dict[tuple[str, str], int]:
    """Return how many of the control arm had received another treatment before each visit."""
    control = study.treatment_numbers[study.plan.control]
    switched: defaultdict[tuple[str, str], int] = defaultdict(int)
    for entity_id, entity in study.entities.by_id.items():
        body = entity.body
        if isinstance(body, Assessment) and study.entities.is_active(entity_id):
            subject = study.subjects.get(study.entities.surviving_subject(body.subject))
            if subject is None or subject.allocated_arm != control:
                continue
            if body.date is not None:
                switched[body.instrument, body.visit] += any(
                    isinstance(each.body, Treatment)
                    and each.body.treatment != study.plan.control
                    and each.body.start < body.date
                    for each in subject.facts.values()
                )
    return switched


def _table(rows: list[BenefitRow]) -> Table:
    shown = {"responders": rows[0].treatment, "control_responders": rows[0].control}
    hidden_texts = ("instrument", "visit", "treatment", "control")
    hidden_counts = ("subjects", "control_subjects", "imputed", "control_imputed", "switched")
    number_kind = ColumnKind.NUMBER
    columns = [
        Column(key="label", label="Responders"),
        *(Column(key=key, label=shown[key], kind=ColumnKind.COUNT) for key in shown),
        Column(key="difference", label="difference", kind=number_kind, unit="points (95 %)"),
        Column(key="low", label="Lower limit", kind=number_kind, shown=False),
        Column(key="high", label="Upper limit", kind=number_kind, shown=False),
        Column(key="threshold", label="Threshold", kind=number_kind, shown=False),
        *(Column(key=name, label=humanize(name), shown=False) for name in hidden_texts),
        *(
            Column(key=name, label=humanize(name), kind=ColumnKind.COUNT, shown=False)
            for name in hidden_counts
        ),
    ]
    return Table(
        name="benefit",
        caption="Benefit beside it",
        columns=columns,
        rows=[_table_row(row) for row in rows],
        note=" ".join(_notes(rows)),
    )


def _notes(rows: list[BenefitRow]) -> Iterator[str]:
    yield "As randomised, for the board only: no watch reads it."
    yield "Miettinen-Nurminen limits, nominal: for one look."
    not_compared = {
        f"{row.visit}: {row.switched} of {row.control_subjects}"
        for row in rows
        if row.difference is None
    }
    if not_compared:
        visits = "; ".join(sorted(not_compared))
        yield f"Not compared where most of {rows[0].control} had switched before ({visits})."
    imputed = {(row.instrument, row.visit, row.treatment): row.imputed for row in rows}
    imputed |= {(row.instrument, row.visit, row.control): row.control_imputed for row in rows}
    if total := sum(imputed.values()):
        yield f"{total} {plural(total, 'score is', 'scores are')} imputed."


def _table_row(row: BenefitRow) -> dict[str, Cell]:
    cells: dict[str, Cell] = {name: getattr(row, name) for name in BenefitRow.__slots__}
    return {**cells, "label": f"{row.instrument} ≥ {number(row.threshold)}, {row.visit}"}
