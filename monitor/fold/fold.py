"""The fold: applies one record to the state of its study and returns what follows from it."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.errors import Reason, Refusal
from monitor.evidence.active_watches import reset_study
from monitor.evidence.evaluate import can_change, evaluate
from monitor.exposure.first_events import MANY_SUBJECTS
from monitor.fold.as_of import apply_limits, note_day
from monitor.fold.change import apply_change
from monitor.fold.decided import affected_decisions, first_events_before
from monitor.fold.limits import check_limits
from monitor.plan.plan import PlanError, amendment_error, read_plan
from monitor.records import (
    AdverseEvent,
    Assessment,
    Body,
    Dose,
    Merge,
    PlanRecord,
    Record,
    Retraction,
    Review,
    day_of,
)
from monitor.state.days_on_record import DaysOnRecord
from monitor.state.entities import RecordOutcome
from monitor.state.episode import Crossing
from monitor.state.study import ActiveWatch, Study


@dataclass(frozen=True, slots=True)
class FoldResult:
    """Outcome of one record, with the crossings that it caused.

    *affected_decisions* are ids of decided watches whose first events changed.  *is_review*
    marks a board member's review, which the alert register accepts or refuses.
    """

    outcome: RecordOutcome
    refusal: Refusal | None = None
    crossings: tuple[Crossing, ...] = ()
    affected_decisions: tuple[str, ...] = ()
    is_review: bool = False


FOLDED = FoldResult(RecordOutcome.FOLDED)
"""Result of a record that is folded without crossings: one shared object for most records."""

REVIEWED = FoldResult(RecordOutcome.FOLDED, is_review=True)
"""Result of a review, which changes no count."""


def open_study(record: Record) -> tuple[Study | None, FoldResult]:
    """Open a study with its first record, which must be its plan.

    Returns no study and a refused result where the record is no plan (NO_PLAN), or where its plan
    is inconsistent or names another study (BAD_PLAN).
    """
    if not isinstance(record.body, PlanRecord):
        return None, _refused(Reason.NO_PLAN, "The study has no plan yet.")
    try:
        plan = read_plan(record.body.toml)
    except PlanError as error:
        return None, _refused(Reason.BAD_PLAN, f"The plan was not accepted: {error}")
    if plan.study != record.study:
        return None, _refused(Reason.BAD_PLAN, "The plan names another study than its record.")
    study = Study(record.study, plan, days_on_record=DaysOnRecord(day_of(record.known_at)))
    apply_limits(study)
    study.entities.add_version(record)
    reset_study(study)
    return study, FOLDED


def fold(study: Study, record: Record, *, shortcuts: bool = True) -> FoldResult:
    """Fold *record* into *study*; the result depends on these two only.

    Without *shortcuts* each verdict is computed from exact evidence, with the same result.
    """
    outcome = study.entities.classify_version(record)
    if outcome is RecordOutcome.FOLDED:
        outcome = check_limits(study, record) or check_context(study, record) or outcome
    if isinstance(outcome, Refusal):
        return FoldResult(RecordOutcome.REFUSED, outcome)
    study.changed_first_events.clear()
    study.context_changes.clear()
    study.left_subject = None
    evaluate_all = note_day(study, record.body, day_of(record.known_at))
    if outcome is not RecordOutcome.FOLDED:
        watches = list(study.active_watches()) if evaluate_all else []
        crossings = evaluate(study, watches, shortcuts=shortcuts) if watches else ()
        return FoldResult(outcome, crossings=tuple(crossings))
    before = first_events_before(study, record.body) if study.decided_watches else None
    is_recounted = apply_change(study, record)
    if isinstance(record.body, PlanRecord):
        apply_limits(study)
    to_evaluate = _watches_to_evaluate(study, record.body, evaluate_all or is_recounted)
    study.evaluation_count += len(to_evaluate)
    crossings = evaluate(study, to_evaluate, shortcuts=shortcuts) if to_evaluate else ()
    affected = (
        affected_decisions(study, before if is_recounted else None) if study.decided_watches else ()
    )
    if crossings or affected:
        return FoldResult(RecordOutcome.FOLDED, None, tuple(crossings), affected)
    return FOLDED if to_evaluate or not isinstance(record.body, Review) else REVIEWED


def _watches_to_evaluate(study: Study, body: Body, evaluate_all: bool) -> list[ActiveWatch]:
    """Return all watches, or those of the changed first events; none without an as-of date."""
    if study.as_of is None:
        return []
    if evaluate_all:
        return list(study.active_watches())
    # Records other than cases that change first events change the risk sets as well.
    is_case = isinstance(body, AdverseEvent)
    return [
        watch
        for first_events, subject in study.changed_first_events.items()
        for watch in first_events.watches
        if can_change(watch, subject if is_case else MANY_SUBJECTS)
    ]


def check_context(study: Study, record: Record) -> Refusal | None:
    """Return a refusal where *record* contradicts the state of the study, or None."""
    body = record.body
    if isinstance(body, (AdverseEvent, Dose)):
        return None
    if isinstance(body, PlanRecord):
        return _check_plan(study, body)
    treatment = getattr(body, "treatment", None) or getattr(body, "randomised_treatment", None)
    if treatment is not None and treatment not in study.treatment_numbers:
        return Refusal(Reason.UNKNOWN_TREATMENT, "The treatment is not one of the plan's.")
    period = getattr(body, "period", None)
    if period is not None and period not in study.period_numbers:
        return Refusal(Reason.UNKNOWN_PERIOD, "The period is not one of the plan's.")
    if isinstance(body, Assessment) and body.instrument not in study.plan.instruments:
        return Refusal(Reason.NO_BENEFIT_RISK, "The plan has no panel for this instrument.")
    if isinstance(body, (Retraction, Merge)) and study.entities.would_close_cycle(
        record.entity_id, body
    ):
        return Refusal(Reason.MERGE_CYCLE, "The record would close a circle.")
    return None


def _check_plan(study: Study, body: PlanRecord) -> Refusal | None:
    try:
        plan = read_plan(body.toml)
    except PlanError as error:
        return Refusal(Reason.BAD_PLAN, f"The plan was not accepted: {error}")
    amendment_problem = amendment_error(study.plan, plan, study.spent_shares)
    return (
        None
        if amendment_problem is None
        else Refusal(Reason.BAD_PLAN, f"The plan was not accepted: {amendment_problem}.")
    )


def _refused(reason: Reason, detail: str) -> FoldResult:
    return FoldResult(RecordOutcome.REFUSED, Refusal(reason, detail))
