"""One look at the evidence: verdicts of the watches that a record affects, and new crossings."""

from __future__ import annotations

from collections.abc import Iterable
from math import exp, inf, log

from monitor.exposure.first_events import MANY_SUBJECTS
from monitor.plan.watch import Analysis
from monitor.state.episode import Crossing, Episode
from monitor.state.shown import shown_watch
from monitor.state.study import ActiveWatch, Study
from monitor.state.verdict import Level, Verdict, VerdictReason
from monitor.stats.concurrent import PartialLikelihood
from monitor.stats.e_bh import e_bh
from monitor.stats.e_value import log_e, log_e_bound_of_treated
from monitor.stats.log_e_bounds import excess_needed
from monitor.stats.reference import EstimatedRate, KnownRate

Likelihood = PartialLikelihood | KnownRate | EstimatedRate
DAYS_PER_YEAR = 365.25
LOG_E_MAX = 700.0
"""Cap of log E before ``exp``, which overflows above 709.  No boundary is near it."""

REJECTED = Level.SIGNAL, VerdictReason.REJECTED
NOT_REJECTED = Level.QUIET, VerdictReason.NOT_REJECTED
NO_EVENTS_VERDICT = Verdict(Level.QUIET, VerdictReason.NO_EVENTS, 0.0)
NOT_REJECTED_VERDICT = Verdict(*NOT_REJECTED, None)
BELOW_WATCH_VERDICT = Verdict(Level.QUIET, VerdictReason.BELOW_WATCH, None)

LOOP_EVENTS_MAX, LOOP_EVENTS_MAX_WITH_SNAPSHOT = 20, 6
"""First events up to which a loop is faster than NumPy columns.

The second applies where another watch has had the columns of the day made.
"""


def evaluate(
    study: Study, active_watches: Iterable[ActiveWatch], *, shortcuts: bool = True
) -> list[Crossing]:
    """Evaluate *active_watches* as of now; return crossings above the highest level of an episode.

    Without *shortcuts* all evidence is computed exactly; verdicts are the same.
    """
    e_bh_due = False
    changed: list[ActiveWatch] = []
    for watch in active_watches:
        previous_verdict, tier = watch.verdict, watch.design.watch.tier
        if tier == 2:
            e_bh_due |= evaluate_screened(study, watch, shortcuts=shortcuts)
        elif tier == 1:
            watch.verdict = boundary_verdict(study, watch, shortcuts=shortcuts)
        if watch.verdict is not previous_verdict:
            changed.append(watch)
            if study.dirty is not None:
                study.dirty.watches.add(watch.id)
    if e_bh_due:
        changed += apply_e_bh(study)
    watches_by_id = {watch.id: watch for watch in changed if affects_episode(study, watch)}
    crossings = (update_episode(study, watches_by_id[name], name) for name in sorted(watches_by_id))
    return [crossing for crossing in crossings if crossing]


def can_change(active_watch: ActiveWatch, subject: int) -> bool:
    """Return whether a first event of *subject* (MANY_SUBJECTS: other changes) can move a verdict.

    An event off the watch's own arm adds ``-log(1 + share (theta - 1))`` to the log-likelihood,
    and takes its subject out of later risk sets, whose treated shares rise.  Both lower the
    evidence, so evidence that was too weak remains too weak.
    """
    verdict, follow_up = active_watch.verdict, active_watch.design.follow_up
    if subject == MANY_SUBJECTS or verdict is None or follow_up is None:
        return True
    if verdict.log_e is not None or verdict.reason is VerdictReason.NO_EVENTS:
        return True
    return follow_up.has_interval_on(active_watch.design.treatment, subject)


def affects_episode(study: Study, active_watch: ActiveWatch) -> bool:
    """Return whether the verdict is above quiet, or is quiet and the watch has an episode."""
    if active_watch.verdict is None:
        return False
    if active_watch.verdict.level is not Level.QUIET:
        return True
    return bool(study.episodes) and active_watch.id in study.episodes


def boundary_verdict(study: Study, active_watch: ActiveWatch, *, shortcuts: bool = True) -> Verdict:
    """Return the verdict of a tier 1 watch: log E against its watch and signal levels."""
    watch = active_watch.design.watch
    if not active_watch.first_events:
        return NO_EVENTS_VERDICT
    log_e_floor = log(min(watch.watch_level, watch.signal_level(study.plan.alpha)))
    evaluated = likelihood_and_log_e(study, active_watch, log_e_floor if shortcuts else None)
    if evaluated is None:
        return BELOW_WATCH_VERDICT
    return verdict_from_evidence(study, active_watch, *evaluated)


def verdict_from_evidence(
    study: Study, active_watch: ActiveWatch, likelihood: Likelihood, log_e_value: float
) -> Verdict:
    """Return the verdict of a tier 1 watch from its likelihood and exact log E."""
    watch = active_watch.design.watch
    signal_level = watch.signal_level(study.plan.alpha)
    if not active_watch.first_events:
        return NO_EVENTS_VERDICT
    if log_e_value < log(min(watch.watch_level, signal_level)):
        return BELOW_WATCH_VERDICT
    if likelihood.events < watch.minimum_events:
        return Verdict(Level.QUIET, VerdictReason.TOO_FEW_EVENTS, log_e_value)
    if log_e_value >= log(signal_level):
        return Verdict(Level.SIGNAL, VerdictReason.CROSSED, log_e_value)
    return Verdict(Level.WATCH, VerdictReason.BELOW_BOUNDARY, log_e_value)


def likelihood_and_log_e(
    study: Study, active_watch: ActiveWatch, log_e_floor: float | None
) -> tuple[Likelihood, float] | None:
    """Return the likelihood and log E, or None where a bound shows log E below *log_e_floor*.

    Bounds are tried in order of cost: the number of treated events; their excess over the sum of
    the treated shares; the extremes and mean of the shares.  Without a floor none is tried.
    """
    if log_e_floor is None:
        likelihood = likelihood_of(study, active_watch)
        return likelihood, log_e(likelihood.log_likelihood)
    if log_e_upper_bound(active_watch) < log_e_floor:
        return None
    if active_watch.design.follow_up is None:
        likelihood = reference_likelihood(study, active_watch)
    else:
        partial = concurrent_likelihood(study, active_watch, excess_needed(log_e_floor))
        if partial is None or partial.log_e_bound(minimum=log_e_floor) < log_e_floor:
            return None
        likelihood = partial
    return likelihood, log_e(likelihood.log_likelihood)


def log_e_upper_bound(active_watch: ActiveWatch) -> float:
    """Return an upper bound of log E that needs no risk sets.

    Each treated event adds at most ``log(theta)``; as randomised, every event may be treated.
    """
    first_events, design = active_watch.first_events, active_watch.design
    follow_up = design.follow_up
    if follow_up is None or follow_up.analysis is Analysis.AS_RANDOMISED:
        return log_e_bound_of_treated(len(first_events))
    return log_e_bound_of_treated(first_events.count_on_arms(design.treated_arms))


def likelihood_of(study: Study, active_watch: ActiveWatch) -> Likelihood:
    """Return the likelihood, as of now, from which everything a watch reports is computed."""
    if active_watch.design.follow_up is None:
        return reference_likelihood(study, active_watch)
    likelihood = concurrent_likelihood(study, active_watch)
    assert likelihood is not None
    return likelihood


def concurrent_likelihood(
    study: Study, active_watch: ActiveWatch, minimum_excess: float = -inf
) -> PartialLikelihood | None:
    """Return the partial likelihood over the risk sets, computed in the way that is faster.

    None where the treated events less the sum of their shares are below *minimum_excess*.
    """
    first_events, design, day = active_watch.first_events, active_watch.design, study.as_of
    follow_up, treatment, control = design.follow_up, design.treatment, design.control
    assert follow_up is not None and control is not None and day is not None
    has_snapshot = follow_up.has_snapshot(first_events, day)
    if len(first_events) > (LOOP_EVENTS_MAX_WITH_SNAPSHOT if has_snapshot else LOOP_EVENTS_MAX):
        counts = follow_up.risk_set_counts(first_events, day).for_arms(treatment, control)
        return PartialLikelihood.from_counts(
            treated=counts.treated,
            on_treatment=counts.on_treatment,
            on_control=counts.on_control,
            study_days=counts.study_days,
        )
    event_days = follow_up.count_event_days(first_events, day, treatment, control, minimum_excess)
    return event_days and PartialLikelihood.from_days(*event_days)


def reference_likelihood(study: Study, active_watch: ActiveWatch) -> KnownRate | EstimatedRate:
    """Return the likelihood of first events on one treatment against the reference rate."""
    first_events = active_watch.first_events
    reference_rate = active_watch.design.watch.reference_rate
    assert reference_rate is not None and first_events.person_days is not None
    assert study.as_of is not None
    patient_years = first_events.person_days.total_until(study.as_of) / DAYS_PER_YEAR
    event_count = first_events.count_until(study.as_of)
    if reference_rate.per_100_patient_years is not None:
        return KnownRate(
            events=event_count, expected=patient_years * reference_rate.per_100_patient_years / 100
        )
    assert (
        reference_rate.historical_events is not None
        and reference_rate.historical_patient_years is not None
    )
    time_ratio = patient_years / reference_rate.historical_patient_years
    return EstimatedRate(
        events=event_count,
        historical_events=reference_rate.historical_events,
        time_ratio=time_ratio,
    )


def evaluate_screened(study: Study, active_watch: ActiveWatch, *, shortcuts: bool = True) -> bool:
    """Evaluate a tier 2 watch; return whether e-BH must be applied again.

    E-values below ``1/q`` are never rejected, so they are counted and not stored.
    """
    previous_log_e = (
        study.e_bh_candidates.pop(active_watch, None) if study.e_bh_candidates else None
    )
    previous_verdict, active_watch.verdict = active_watch.verdict, NO_EVENTS_VERDICT
    was_hypothesis = (
        previous_verdict is not None and previous_verdict.reason is not VerdictReason.NO_EVENTS
    )
    is_hypothesis = has_event_on_arms(active_watch)
    study.hypotheses += is_hypothesis - was_hypothesis
    if is_hypothesis:
        log_e_floor = -log(study.plan.q)
        evaluated = likelihood_and_log_e(study, active_watch, log_e_floor if shortcuts else None)
        active_watch.verdict = NOT_REJECTED_VERDICT
        if evaluated is not None and evaluated[1] >= log_e_floor:
            active_watch.verdict = Verdict(*NOT_REJECTED, evaluated[1])
            study.e_bh_candidates[active_watch] = evaluated[1]
            return True
    return previous_log_e is not None or (
        is_hypothesis != was_hypothesis and bool(study.e_bh_candidates)
    )


def has_event_on_arms(active_watch: ActiveWatch) -> bool:
    """Return whether the watch has a first event on its arms, and is one of the K of e-BH."""
    design, first_events = active_watch.design, active_watch.first_events
    risk_set_basis = design.watch.risk_set_basis
    if risk_set_basis is not None and risk_set_basis.analysis is Analysis.AS_RANDOMISED:
        return bool(first_events)
    return bool(
        first_events.count_on_arms(design.treated_arms)
        or first_events.count_on_arms(design.control_arms)
    )


def apply_e_bh(study: Study) -> list[ActiveWatch]:
    """Apply e-BH (Wang & Ramdas 2022) to current e-values; return watches that changed level."""
    watches_by_id = {active_watch.id: active_watch for active_watch in study.e_bh_candidates}
    candidates = [watches_by_id[name] for name in sorted(watches_by_id)]
    e_values = [
        exp(min(study.e_bh_candidates[active_watch], LOG_E_MAX)) for active_watch in candidates
    ]
    rejected = set(e_bh(e_values, q=study.plan.q, hypotheses=study.hypotheses))
    changed: list[ActiveWatch] = []
    for index, active_watch in enumerate(candidates):
        assert active_watch.verdict is not None
        if (index in rejected) is not (active_watch.verdict.level is Level.SIGNAL):
            changed.append(active_watch)
            level_and_reason = REJECTED if index in rejected else NOT_REJECTED
            active_watch.verdict = Verdict(*level_and_reason, study.e_bh_candidates[active_watch])
            if study.dirty is not None:
                study.dirty.watches.add(active_watch.id)
    return changed


def update_episode(study: Study, active_watch: ActiveWatch, watch_id: str) -> Crossing | None:
    """Update the watch's episode; return the crossing where its highest level rises.

    Falling evidence changes the current level only.  A closed episode is followed by a new one
    when the evidence rises above the current level.
    """
    verdict = active_watch.verdict
    assert verdict is not None
    episode = study.episodes.get(watch_id)
    if episode is None:
        episode = study.episodes[watch_id] = Episode(1)
    elif episode.is_closed and verdict.level > episode.current_level:
        episode = study.episodes[watch_id] = Episode(episode.number + 1)
    if study.dirty is not None:
        study.dirty.episodes.add(watch_id)
    episode.current_level = verdict.level
    if verdict.level <= episode.highest_level:
        return None
    assert verdict.log_e is not None and study.as_of is not None
    episode.highest_level = verdict.level
    episode.revision += 1
    return Crossing(
        watch_id=watch_id,
        term=shown_watch(study, active_watch).term.name,
        episode=episode.number,
        revision=episode.revision,
        level=verdict.level,
        log_e=verdict.log_e,
        as_of=study.as_of,
    )
