"""The fold: one record after another into the state of its study, and what follows from each."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.errors import Reason, Refusal
from monitor.evidence.active_watches import reset_study
from monitor.evidence.evaluate import can_change, evaluate
from monitor.exposure.first_events import MANY_SUBJECTS
from monitor.fold.change import apply_change
from monitor.fold.decided import affected_decisions, first_events_before
from monitor.plan.plan import PlanError, amendment_error, read_plan
from monitor.records import (
    AdverseEvent,
    Assessment,
    Body,
    Merge,
    PlanRecord,
    Record,
    Retraction,
    Review,
    Tick,
    day_of,
)
from monitor.state.entities import RecordOutcome
from monitor.state.episode import Crossing
from monitor.state.study import Study


@dataclass(frozen=True, slots=True)
class FoldResult:
    """What became of a record, and the watches that rose because of it.

    *changed* are those whose events it changed after people had decided on them; *review* says
    that it is a member's move, which the docket decides on.
    """

    outcome: RecordOutcome
    refusal: Refusal | None = None
    crossings: tuple[Crossing, ...] = ()
    affected_decisions: tuple[str, ...] = ()
    is_review: bool = False


FOLDED = FoldResult(RecordOutcome.FOLDED)
"""Of nearly every record: it is in the tables, and nobody need be told."""

REVIEWED = FoldResult(RecordOutcome.FOLDED, is_review=True)


def open_study(record: Record) -> tuple[Study | None, FoldResult]:
    """The study that its first record opens: only a plan can."""
    if not isinstance(record.body, PlanRecord):
        return None, _refused(Reason.NO_PLAN, "The study has no plan yet.")
    try:
        plan = read_plan(record.body.toml)
    except PlanError as error:
        return None, _refused(Reason.BAD_PLAN, f"The plan was not accepted: {error}")
    if plan.study != record.study:
        return None, _refused(Reason.BAD_PLAN, "The plan names another study than its record.")
    study = Study(record.study, plan)
    study.entities.add_version(record)
    reset_study(study)
    return study, FOLDED


def fold(study: Study, record: Record, *, shortcuts: bool = True) -> FoldResult:
    """Fold *record* into *study*.  Nothing but the two decides what comes of it.

    With *shortcuts* off every verdict is computed from the exact evidence; it is the same.
    """
    known_day = day_of(record.known_at)
    date_refusal = _check_known_at(study, record, known_day)
    version_outcome = date_refusal or study.entities.classify_version(record)
    if isinstance(version_outcome, Refusal):
        return FoldResult(RecordOutcome.REFUSED, version_outcome)
    if version_outcome is not RecordOutcome.FOLDED:
        return FoldResult(version_outcome)
    refusal = check_context(study, record)
    if refusal is not None:
        return FoldResult(RecordOutcome.REFUSED, refusal)
    study.changed_first_events.clear()
    if study.latest_day is None or known_day > study.latest_day or isinstance(record.body, Tick):
        _advance_as_of(study, record.body, known_day)
    before = first_events_before(study, record.body) if study.decided_watches else None
    evaluate_all = apply_change(study, record)
    if evaluate_all and study.as_of is not None:
        to_evaluate = list(study.active_watches())
    else:
        # What else brings a first event to be counted changes the risk sets as well.
        is_case = isinstance(record.body, AdverseEvent)
        to_evaluate = [
            watch
            for first_events, subject in study.changed_first_events.items()
            for watch in first_events.watches
            if can_change(watch, subject if is_case else MANY_SUBJECTS)
        ]
    study.evaluation_count += len(to_evaluate)
    crossings = evaluate(study, to_evaluate, shortcuts=shortcuts) if to_evaluate else ()
    affected = (
        affected_decisions(study, before if evaluate_all else None) if study.decided_watches else ()
    )
    if crossings or affected:
        return FoldResult(RecordOutcome.FOLDED, None, tuple(crossings), affected)
    return FOLDED if to_evaluate or not isinstance(record.body, Review) else REVIEWED


def check_context(study: Study, record: Record) -> Refusal | None:
    """What the study's state has against *record*."""
    body = record.body
    if isinstance(body, AdverseEvent):
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


def _check_known_at(study: Study, record: Record, known_day: int) -> Refusal | None:
    """One wrong date must not carry the as-of date away and so silence the study."""
    jump_max = study.plan.as_of_jump_days
    if study.latest_day is None or known_day <= study.latest_day + jump_max:
        return None
    if isinstance(record.body, (Tick, PlanRecord, Review)):
        return None
    detail = f"`known_at` is more than {jump_max} days after all that is known."
    return Refusal(Reason.TOO_FAR_AHEAD, detail)


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


def _advance_as_of(study: Study, body: Body, known_day: int) -> None:
    """Let the study's day be the latest of which a record shows that it has come.

    A plan may be signed before the first subject comes, and says nothing of the data; nor does
    what a member of the board thinks of an alert.
    """
    if not isinstance(body, (PlanRecord, Review)):
        day = max(known_day, body.date) if isinstance(body, Tick) else known_day
        study.latest_day = max(study.latest_day or 0, day)


def _refused(reason: Reason, detail: str) -> FoldResult:
    return FoldResult(RecordOutcome.REFUSED, Refusal(reason, detail))
