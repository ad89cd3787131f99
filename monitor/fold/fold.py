"""The fold: one record after another into the state of its study, and what follows from each."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.errors import Reason, Refusal
from monitor.evidence.active_watches import begin
from monitor.evidence.evaluate import judge, may_move
from monitor.exposure.first_events import SEVERAL
from monitor.fold.change import enter
from monitor.fold.decided import before, changed
from monitor.plan.plan import PlanError, amends, read_plan
from monitor.records import (
    AdverseEvent,
    Assessment,
    Body,
    Merge,
    Plan,
    Record,
    Retraction,
    Review,
    Tick,
    day_of,
)
from monitor.state.entities import Outcome
from monitor.state.episode import Crossing
from monitor.state.study import Study


@dataclass(frozen=True, slots=True)
class Step:
    """What became of a record, and the watches that rose because of it.

    *changed* are those whose events it changed after people had decided on them; *review* says
    that it is a member's move, which the docket decides on.
    """

    outcome: Outcome
    refusal: Refusal | None = None
    crossings: tuple[Crossing, ...] = ()
    changed: tuple[str, ...] = ()
    review: bool = False


FOLDED = Step(Outcome.FOLDED)
"""Of nearly every record: it is in the tables, and nobody need be told."""

REVIEWED = Step(Outcome.FOLDED, review=True)


def first_step(record: Record) -> tuple[Study | None, Step]:
    """The study that its first record opens: only a plan can."""
    if not isinstance(record.body, Plan):
        return None, _refused(Reason.NO_PLAN, "The study has no plan yet.")
    try:
        plan = read_plan(record.body.toml)
    except PlanError as error:
        return None, _refused(Reason.BAD_PLAN, f"The plan was not accepted: {error}")
    if plan.study != record.study:
        return None, _refused(Reason.BAD_PLAN, "The plan names another study than its record.")
    study = Study(record.study, plan)
    study.ledger.enter(record)
    begin(study)
    return study, FOLDED


def fold(study: Study, record: Record, *, shortcuts: bool = True) -> Step:
    """Fold *record* into *study*.  Nothing but the two decides what comes of it.

    With *shortcuts* off every verdict is computed from the exact evidence; it is the same.
    """
    known = day_of(record.known_at)
    early = _too_far_ahead(study, record, known)
    weighed = early or study.ledger.weigh(record)
    if isinstance(weighed, Refusal):
        return Step(Outcome.REFUSED, weighed)
    if weighed is not Outcome.FOLDED:
        return Step(weighed)
    refusal = objection(study, record)
    if refusal is not None:
        return Step(Outcome.REFUSED, refusal)
    study.touched.clear()
    if study.latest is None or known > study.latest or isinstance(record.body, Tick):
        _move_on(study, record.body, known)
    beneath = before(study, record.body) if study.decided else None
    everything = enter(study, record)
    if everything and study.as_of is not None:
        running = list(study.running())
    else:
        # What else brings a first event to be counted changes the risk sets as well.
        is_case = isinstance(record.body, AdverseEvent)
        running = [
            watch
            for events, subject in study.touched.items()
            for watch in events.watches
            if may_move(watch, subject if is_case else SEVERAL)
        ]
    study.looks += len(running)
    crossings = judge(study, running, shortcuts=shortcuts) if running else ()
    others = changed(study, beneath if everything else None) if study.decided else ()
    if crossings or others:
        return Step(Outcome.FOLDED, None, tuple(crossings), others)
    return FOLDED if running or not isinstance(record.body, Review) else REVIEWED


def objection(study: Study, record: Record) -> Refusal | None:
    """What the study's state has against *record*."""
    body = record.body
    if isinstance(body, AdverseEvent):
        return None
    if isinstance(body, Plan):
        return _plan_objection(study, body)
    treatment = getattr(body, "treatment", None) or getattr(body, "randomised_treatment", None)
    if treatment is not None and treatment not in study.treatments:
        return Refusal(Reason.UNKNOWN_TREATMENT, "The treatment is not one of the plan's.")
    period = getattr(body, "period", None)
    if period is not None and period not in study.periods:
        return Refusal(Reason.UNKNOWN_PERIOD, "The period is not one of the plan's.")
    if isinstance(body, Assessment) and body.instrument not in study.plan.instruments:
        return Refusal(Reason.NO_BENEFIT_RISK, "The plan has no panel for this instrument.")
    if isinstance(body, (Retraction, Merge)) and study.ledger.closes_cycle(record.thing, body):
        return Refusal(Reason.MERGE_CYCLE, "The record would close a circle.")
    return None


def _too_far_ahead(study: Study, record: Record, known: int) -> Refusal | None:
    """One wrong date must not carry the as-of date away and so silence the study."""
    jump = study.plan.as_of_jump_days
    if study.latest is None or known <= study.latest + jump:
        return None
    if isinstance(record.body, (Tick, Plan, Review)):
        return None
    says = f"`known_at` is more than {jump} days after all that is known."
    return Refusal(Reason.TOO_FAR_AHEAD, says)


def _plan_objection(study: Study, body: Plan) -> Refusal | None:
    try:
        plan = read_plan(body.toml)
    except PlanError as error:
        return Refusal(Reason.BAD_PLAN, f"The plan was not accepted: {error}")
    why = amends(study.plan, plan, study.spent)
    return None if why is None else Refusal(Reason.BAD_PLAN, f"The plan was not accepted: {why}.")


def _move_on(study: Study, body: Body, known: int) -> None:
    """Let the study's day be the latest of which a record shows that it has come.

    A plan may be signed before the first subject comes, and says nothing of the data; nor does
    what a member of the board thinks of an alert.
    """
    if not isinstance(body, (Plan, Review)):
        day = max(known, body.date) if isinstance(body, Tick) else known
        study.latest = max(study.latest or 0, day)


def _refused(reason: Reason, says: str) -> Step:
    return Step(Outcome.REFUSED, Refusal(reason, says))
