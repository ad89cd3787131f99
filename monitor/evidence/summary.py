"""A summary of every watch as of now: exact evidence and the estimates from its likelihood."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from math import exp, nan
from typing import NamedTuple

from monitor.evidence.evaluate import (
    LOG_E_MAX,
    Likelihood,
    has_event_on_arms,
    likelihood_of,
    verdict_from_evidence,
)
from monitor.plan.watch import Watch
from monitor.state.shown import shown_watch
from monitor.state.study import ActiveWatch, Study
from monitor.state.verdict import Level, Verdict, VerdictReason
from monitor.stats.concurrent import PartialLikelihood
from monitor.stats.confidence_sequence import confidence_sequence
from monitor.stats.e_bh import e_bh
from monitor.stats.e_value import always_valid_p, log_e
from monitor.stats.maximum_likelihood import rate_ratio_mle
from monitor.stats.posterior import Posterior, posterior


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchSummary:
    """One watch as of now, with exact evidence even where a bound sufficed for its last verdict.

    *treatment_events* and *control_events* count the first events in its likelihood; a reference
    watch has no control.  *log_e* is a natural logarithm.  *rate_ratio* is the maximum-likelihood
    ratio, NaN without events.  *rate_ratio_interval* is the confidence sequence at the plan's
    alpha.
    """

    watch: Watch
    verdict: Verdict
    treatment_events: int
    control_events: int
    log_e: float
    p_always_valid: float
    rate_ratio: float
    rate_ratio_interval: tuple[float, float]
    posterior: Posterior


def watch_summaries(study: Study) -> list[WatchSummary]:
    """Return a summary of every watch: tier 1, then 3, then 2, each by decreasing evidence.

    e-BH is applied to all tier 2 summaries together.
    """
    estimates: dict[Hashable, LikelihoodEstimates] = {}
    summaries = [
        summary
        for watch in study.watches_by_id.values()
        for summary in watch_summary_of(study, watch, estimates)
    ]
    screened = [summary for summary in summaries if summary.watch.tier == 2]
    e_values = [exp(min(summary.log_e, LOG_E_MAX)) for summary in screened]
    rejected = {screened[index].watch.id for index in e_bh(e_values, q=study.plan.q)}
    final = [
        replace(summary, verdict=Verdict(Level.SIGNAL, VerdictReason.REJECTED, summary.log_e))
        if summary.watch.id in rejected
        else summary
        for summary in summaries
    ]
    return sorted(final, key=lambda s: (s.watch.tier == 2, s.watch.tier, -s.log_e, s.watch.id))


def watch_summary_of(
    study: Study, active_watch: ActiveWatch, estimates: dict[Hashable, LikelihoodEstimates]
) -> Iterator[WatchSummary]:
    """Yield the summary of one watch; *estimates* holds those of equal likelihoods.

    Yields nothing without an as-of date, and for a tier 2 watch without a first event on its arms.
    """
    watch = active_watch.watch
    if study.as_of is None or (watch.tier == 2 and not has_event_on_arms(active_watch)):
        return
    likelihood = likelihood_of(study, active_watch)
    key = _key_of(likelihood)
    if key not in estimates:
        estimates[key] = estimates_of(likelihood, study.plan.alpha)
    log_e_value, rate_ratio, interval, posterior_of_ratio = estimates[key]
    treated = getattr(likelihood, "treated", likelihood.events)
    yield WatchSummary(
        watch=shown_watch(study, active_watch),
        verdict=current_verdict(study, active_watch, likelihood, log_e_value),
        treatment_events=treated,
        control_events=likelihood.events - treated,
        log_e=log_e_value,
        p_always_valid=always_valid_p(log_e_value),
        rate_ratio=rate_ratio,
        rate_ratio_interval=interval,
        posterior=posterior_of_ratio,
    )


class LikelihoodEstimates(NamedTuple):
    """What a watch shows that depends on its likelihood alone."""

    log_e: float
    rate_ratio: float
    rate_ratio_interval: tuple[float, float]
    posterior: Posterior


def estimates_of(likelihood: Likelihood, alpha: float) -> LikelihoodEstimates:
    """Return the estimates from *likelihood*, with the confidence sequence at *alpha*."""
    function = likelihood.log_likelihood
    maximum = rate_ratio_mle(function)
    return LikelihoodEstimates(
        log_e(function),
        maximum if likelihood.events else nan,
        confidence_sequence(function, alpha, maximum=maximum),
        posterior(function),
    )


def _key_of(likelihood: Likelihood) -> Hashable:
    """Return what tells likelihoods apart: many terms have the same few events."""
    if isinstance(likelihood, PartialLikelihood):
        return likelihood.treated, tuple(sorted(likelihood.shares))
    return likelihood


def current_verdict(
    study: Study, active_watch: ActiveWatch, likelihood: Likelihood, log_e_value: float
) -> Verdict:
    """Return the verdict as of now with exact log E; e-BH is applied to tier 2 afterwards."""
    watch = active_watch.design.watch
    if active_watch.first_events and not likelihood.events and watch.tier != 3:
        empty_reason = (
            VerdictReason.NO_PERSON_TIME
            if has_event_by_now(study, active_watch)
            else VerdictReason.NO_EVENTS
        )
        return Verdict(Level.QUIET, empty_reason, log_e_value)
    if watch.tier == 1:
        verdict = verdict_from_evidence(study, active_watch, likelihood, log_e_value)
        return replace(verdict, log_e=log_e_value)
    reason = VerdictReason.NOT_JUDGED if watch.tier == 3 else VerdictReason.NOT_REJECTED
    return Verdict(Level.QUIET, reason, log_e_value)


def has_event_by_now(study: Study, active_watch: ActiveWatch) -> bool:
    """Return whether a first event on the watch's arms has its onset by the as-of date."""
    arms = (active_watch.design.treatment, active_watch.design.control)
    as_of = study.as_of or 0
    return any(onset <= as_of and arm in arms for _, onset, arm in active_watch.first_events)


def signal_boundary(study: Study, watch: Watch) -> float | None:
    """Return the e-value at which a tier 1 watch signals, None for other tiers."""
    return watch.signal_level(study.plan.alpha) if watch.tier == 1 else None
