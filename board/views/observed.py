"""What a watch has observed: first events, expected number, ratio and evidence, as of now."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, isfinite

from board.views.arms import Arm, ArmExposure, exposure_of
from board.views.estimates import ESTIMATES
from board.views.naming import is_as_randomised
from board.views.term_counts import NO_EVENTS, CountedCases, count_terms
from monitor.evidence.evaluate import DAYS_PER_YEAR, LOG_E_MAX, Likelihood, likelihood_of
from monitor.evidence.summary import WatchSummary, signal_boundary, summaries_of
from monitor.plan.plan import ARMS_MAX
from monitor.plan.watch import Analysis, Watch
from monitor.state.cell import COUNT_MASK, SERIOUS_UNIT
from monitor.state.study import ActiveWatch, Study
from monitor.stats.concurrent import PartialLikelihood
from monitor.stats.decision_limits import decision_limits
from monitor.stats.e_value import log_e
from monitor.stats.reference import EstimatedRate
from monitor.tables.exposure import ALL_PERIODS, exposure_row


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What a watch has observed as of now.

    *first_events* and *expected* are those on treatment in the likelihood; *events* and
    *serious_events* are all counted cases of the scope.  *ratio_low* and *ratio_high* hold at every
    look together with probability *confidence*.  *decision_low* agrees with the decision: it is
    above 1 exactly where the boundary is crossed; each decision limit is ever wrong with
    probability at most *decision_error*.  A limit that is unbounded is None.
    """

    first_events: int
    events: int
    serious_events: int
    expected: float | None
    patient_years: float
    ratio: float | None
    ratio_low: float
    ratio_high: float | None
    confidence: float
    decision_low: float | None
    decision_high: float | None
    decision_error: float | None
    e_value: float
    log_e: float
    boundary: float | None
    watch_level: float | None
    control: str
    control_first_events: int
    control_subjects: int
    control_patient_years: float
    level: str
    verdict: str


def observe(study: Study, active_watch: ActiveWatch) -> Observed | None:
    """Return what *active_watch* has observed; None where it is not evaluated."""
    summary = next(iter(summaries_of(study, [active_watch], ESTIMATES)), None)
    if summary is None:
        return None
    watch, likelihood = active_watch.watch, likelihood_of(study, active_watch)
    boundary = signal_boundary(study, watch)
    low, high = summary.rate_ratio_interval
    decision = decision_limits(likelihood.log_likelihood, 1 / boundary) if boundary else None
    control_name = watch.control or study.plan.control
    events, serious = count_cases(study, active_watch)
    controls = watch.controls or (study.plan.control,)
    arm, control = (exposure_on(study, watch, each) for each in (watch.treatments, controls))
    level, verdict = level_and_verdict(active_watch, summary)
    return Observed(
        first_events=summary.treatment_events,
        events=events,
        serious_events=serious,
        expected=expected_of(likelihood),
        patient_years=_days_to_first(study, active_watch, arm.person_days) / DAYS_PER_YEAR,
        ratio=finite(summary.rate_ratio),
        ratio_low=low,
        ratio_high=finite(high),
        confidence=1 - study.plan.alpha,
        decision_low=None if decision is None else decision[0],
        decision_high=None if decision is None else finite(decision[1]),
        decision_error=None if boundary is None else 1 / boundary,
        e_value=exp(min(summary.log_e, LOG_E_MAX)),
        log_e=summary.log_e,
        boundary=boundary,
        watch_level=watch.watch_level if watch.tier == 1 else None,
        control=control_name,
        control_first_events=control_first_events(study, active_watch, summary),
        control_subjects=control.subjects,
        control_patient_years=control.person_days / DAYS_PER_YEAR,
        level=level,
        verdict=verdict,
    )


def finite(value: float) -> float | None:
    """Return *value*, or None where it is infinite or not a number."""
    return value if isfinite(value) else None


def period_of(watch: Watch) -> str | None:
    """Return the period to which *watch* is limited; None for all periods."""
    return watch.risk_set_basis.period if watch.risk_set_basis else watch.period


def treated_count_and_evidence(
    study: Study, active_watch: ActiveWatch
) -> tuple[int, float] | tuple[None, None]:
    """Return the first events on treatment in the watch's likelihood, and E, both as of now.

    None before any data.
    """
    if study.as_of is None:
        return None, None
    likelihood = likelihood_of(study, active_watch)
    is_partial = isinstance(likelihood, PartialLikelihood)
    treated = likelihood.treated if is_partial else likelihood.events
    return treated, exp(min(log_e(likelihood.log_likelihood), LOG_E_MAX))


def level_and_verdict(active_watch: ActiveWatch, summary: WatchSummary) -> tuple[str, str]:
    """Return level and reason of the watch; for tier 2 those of e-BH at the last look."""
    verdict = summary.verdict
    if summary.watch.tier == 2 and active_watch.verdict is not None:
        verdict = active_watch.verdict
    return verdict.level.word, verdict.reason.value


def expected_of(likelihood: Likelihood) -> float | None:
    """Return how many first events on treatment are expected at a rate ratio of 1."""
    if isinstance(likelihood, PartialLikelihood):
        return likelihood.expected
    if isinstance(likelihood, EstimatedRate):
        return likelihood.historical_events * likelihood.time_ratio
    return likelihood.expected


def count_cases(study: Study, active_watch: ActiveWatch) -> tuple[int, int]:
    """Return all events and the serious events on the watch's treatment, recurrent ones included.

    They are counted in the period of the watch, by its analysis.
    """
    if active_watch.first_events.own_spells is not None:
        return _count_on_own_days(study, active_watch)
    watch, term = active_watch.watch, active_watch.first_events.term
    every = serious = 0
    for treatment in watch.treatments:
        arm = _randomised_arm(study, watch, treatment)
        if arm is not None:
            every += count_terms(study, arm, CountedCases.ALL).get(term, NO_EVENTS).events
            serious += count_terms(study, arm, CountedCases.SERIOUS).get(term, NO_EVENTS).events
            continue
        own = study.treatment_numbers[treatment]
        cell = study.tables[_table_number(study, period_of(watch), own)].get(term)
        every += 0 if cell is None else cell.events
        serious += 0 if cell is None else cell.serious_events
    return every, serious


def _count_on_own_days(study: Study, active_watch: ActiveWatch) -> tuple[int, int]:
    """Return all events and the serious ones of a watch that counts some days only."""
    first_events, arms = active_watch.first_events, active_watch.design.treated_arms
    as_randomised = is_as_randomised(active_watch.watch)
    every = serious = 0
    for subject in study.subjects.values():
        for entity in subject.cases.values():
            arm = subject.allocated_arm if as_randomised else entity.treatment
            if (
                entity.counted_versions
                and first_events.term in entity.terms
                and arm in arms
                and first_events.covers(entity.period, entity.treatment)
                and first_events.accepts(subject.number, entity.onset * ARMS_MAX)
            ):
                every += 1
                serious += bool(entity.increment // SERIOUS_UNIT & COUNT_MASK)
    return every, serious


def exposure_on(study: Study, watch: Watch, treatments: tuple[str, ...]) -> ArmExposure:
    """Return subjects and days at risk on *treatments* in the watch's period, by its analysis.

    A subject who received several of pooled treatments counts once for each.
    """
    subjects = person_days = 0
    for treatment in treatments:
        arm = _randomised_arm(study, watch, treatment)
        if arm is None:
            row = exposure_row(study, (period_of(watch) or ALL_PERIODS, treatment))
            subjects, person_days = subjects + row.subjects, person_days + row.person_days
        else:
            exposure = exposure_of(study, arm)
            subjects += exposure.subjects
            person_days += exposure.person_days
    return ArmExposure(subjects=subjects, person_days=person_days)


def control_first_events(study: Study, active_watch: ActiveWatch, summary: WatchSummary) -> int:
    """Return the first events of the control.

    For a reference watch these are of the plan's control arm, for comparison by eye.
    """
    watch = active_watch.watch
    if watch.risk_set_basis is not None:
        return summary.control_events
    arm = study.treatment_numbers[study.plan.control]
    cell = study.tables[_table_number(study, watch.period, arm)].get(active_watch.first_events.term)
    return 0 if cell is None else cell.subjects


def _randomised_arm(study: Study, watch: Watch, treatment: str) -> Arm | None:
    """Return the arm randomised to *treatment*, None for a watch by the treatment received."""
    basis = watch.risk_set_basis
    if basis is None or basis.analysis is not Analysis.AS_RANDOMISED:
        return None
    period, own = study.period_numbers[basis.period], study.treatment_numbers[treatment]
    return Arm(label=treatment, period=period, randomised=own)


def _table_number(study: Study, period: str | None, arm: int) -> int:
    """Return the number of the rate table of (*period*, *arm*); None is all periods."""
    count = len(study.period_numbers)
    number = (count if count > 1 else 0) if period is None else study.period_numbers[period]
    return number * len(study.treatment_numbers) + arm


def _days_to_first(study: Study, active_watch: ActiveWatch, person_days: int) -> int:
    """Return the person-days up to the first events of a reference watch, else all days at risk."""
    days = active_watch.first_events.person_days
    return person_days if days is None else days.total_until(study.as_of or 0)
