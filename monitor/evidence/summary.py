"""A summary of every watch as of now: exact evidence and the estimates from its likelihood."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import exp

from monitor.evidence.evaluate import (
    LOG_E_MAX,
    Likelihood,
    boundary_verdict,
    has_event_on_arms,
    likelihood_and_log_e,
)
from monitor.plan.watch import Watch
from monitor.state.study import ActiveWatch, Study
from monitor.state.verdict import Level, Verdict, VerdictReason
from monitor.stats.confidence_sequence import confidence_sequence
from monitor.stats.e_bh import e_bh
from monitor.stats.e_value import always_valid_p
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
    summaries = [
        summary
        for watch in study.watches_by_id.values()
        for summary in watch_summary_of(study, watch)
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


def watch_summary_of(study: Study, active_watch: ActiveWatch) -> Iterator[WatchSummary]:
    """Yield the summary of one watch.

    Yields nothing without an as-of date, and for a tier 2 watch without a first event on its arms.
    """
    if study.as_of is None:
        return
    evaluated = likelihood_and_log_e(study, active_watch, None)
    assert evaluated is not None
    likelihood, log_e = evaluated
    treated = getattr(likelihood, "treated", likelihood.events)
    if active_watch.watch.tier == 2 and not has_event_on_arms(active_watch):
        return
    yield WatchSummary(
        watch=active_watch.watch,
        verdict=current_verdict(study, active_watch, likelihood, log_e),
        treatment_events=treated,
        control_events=likelihood.events - treated,
        log_e=log_e,
        p_always_valid=always_valid_p(log_e),
        rate_ratio=rate_ratio_mle(likelihood.log_likelihood) if likelihood.events else float("nan"),
        rate_ratio_interval=confidence_sequence(likelihood.log_likelihood, study.plan.alpha),
        posterior=posterior(likelihood.log_likelihood),
    )


def current_verdict(
    study: Study, active_watch: ActiveWatch, likelihood: Likelihood, log_e: float
) -> Verdict:
    """Return the verdict as of now with exact log E; e-BH is applied to tier 2 afterwards."""
    if active_watch.first_events and not likelihood.events and active_watch.watch.tier != 3:
        empty_reason = (
            VerdictReason.NO_PERSON_TIME
            if has_event_by_now(study, active_watch)
            else VerdictReason.NO_EVENTS
        )
        return Verdict(Level.QUIET, empty_reason, log_e)
    if active_watch.watch.tier == 1:
        return replace(boundary_verdict(study, active_watch, shortcuts=False), log_e=log_e)
    reason = (
        VerdictReason.NOT_JUDGED if active_watch.watch.tier == 3 else VerdictReason.NOT_REJECTED
    )
    return Verdict(Level.QUIET, reason, log_e)


def has_event_by_now(study: Study, active_watch: ActiveWatch) -> bool:
    """Return whether a first event on the watch's arms has its onset by the as-of date."""
    arms = (active_watch.design.treatment, active_watch.design.control)
    as_of = study.as_of or 0
    return any(onset <= as_of and arm in arms for _, onset, arm in active_watch.first_events)


def signal_boundary(study: Study, watch: Watch) -> float | None:
    """Return the e-value at which a tier 1 watch signals, None for other tiers."""
    return watch.signal_level(study.plan.alpha) if watch.tier == 1 else None
