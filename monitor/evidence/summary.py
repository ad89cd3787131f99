"""A summary of every watch as of now: exact evidence and the estimates from its likelihood."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from math import exp, nan
from typing import NamedTuple

import numpy as np

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
from monitor.stats.concurrent import FILLED_EVENTS, PartialLikelihood, PartialLikelihoods
from monitor.stats.confidence_sequence import confidence_sequences
from monitor.stats.curve import LOG_RATIO_GRID, near_maximum
from monitor.stats.e_bh import e_bh
from monitor.stats.e_value import (
    LOG_HARM_RATIOS,
    Floats,
    LogLikelihood,
    always_valid_p,
    log_mean_exp,
)
from monitor.stats.maximum_likelihood import rate_ratio_mles
from monitor.stats.posterior import Posterior, posterior_of_curve

SHARES_MAX = 1 << 10
"""Shares that are evaluated together: those of most watches of a study, within a cache."""

REMEMBERED_MAX, REMEMBERED_EVENTS_MAX = 4_096, 64
"""Estimates that are remembered, and events of their likelihoods: about 10 MB at most."""


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


def watch_summaries(study: Study, memory: EstimateMemory | None = None) -> list[WatchSummary]:
    """Return a summary of every watch: tier 1, then 3, then 2, each by decreasing evidence.

    e-BH is applied to all tier 2 summaries together.
    """
    summaries = summaries_of(study, study.watches_by_id.values(), memory)
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


def summaries_of(
    study: Study, active_watches: Iterable[ActiveWatch], memory: EstimateMemory | None = None
) -> list[WatchSummary]:
    """Return a summary of each of *active_watches*, without e-BH.

    A tier 2 watch without a first event on its arms has none; without an as-of date there is none.
    """
    if study.as_of is None:
        return []
    likelihoods = [
        (active_watch, likelihood_of(study, active_watch))
        for active_watch in active_watches
        if active_watch.design.watch.tier != 2 or has_event_on_arms(active_watch)
    ]
    keys = [_key_of(likelihood) for _, likelihood in likelihoods]
    distinct = {key: each for key, (_, each) in zip(keys, likelihoods, strict=True)}
    estimate = estimates_of if memory is None else memory.estimates_of
    estimates = estimate(distinct, study.plan.alpha)
    return [
        _summary_of(study, active_watch, likelihood, estimates[key])
        for key, (active_watch, likelihood) in zip(keys, likelihoods, strict=True)
    ]


def _summary_of(
    study: Study, active_watch: ActiveWatch, likelihood: Likelihood, estimates: LikelihoodEstimates
) -> WatchSummary:
    treated = likelihood.treated if isinstance(likelihood, PartialLikelihood) else likelihood.events
    return WatchSummary(
        watch=shown_watch(study, active_watch),
        verdict=current_verdict(study, active_watch, likelihood, estimates.log_e),
        treatment_events=treated,
        control_events=likelihood.events - treated,
        log_e=estimates.log_e,
        p_always_valid=always_valid_p(estimates.log_e),
        rate_ratio=estimates.rate_ratio,
        rate_ratio_interval=estimates.rate_ratio_interval,
        posterior=estimates.posterior,
    )


class LikelihoodEstimates(NamedTuple):
    """What a watch shows that depends on its likelihood alone."""

    log_e: float
    rate_ratio: float
    rate_ratio_interval: tuple[float, float]
    posterior: Posterior


class EstimateMemory:
    """Estimates by likelihood that a process shows again and again, as a follower does.

    From one look to the next half of the likelihoods stay.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[float, Hashable], LikelihoodEstimates] = {}

    def estimates_of(
        self, likelihoods: dict[Hashable, Likelihood], alpha: float
    ) -> dict[Hashable, LikelihoodEstimates]:
        """Return `estimates_of` the likelihoods; those that are not known are computed."""
        if len(self._known) > REMEMBERED_MAX:
            self._known.clear()
        known = {key: self._known[alpha, key] for key in likelihoods if (alpha, key) in self._known}
        new = {key: each for key, each in likelihoods.items() if key not in known}
        computed = estimates_of(new, alpha)
        for key, each in computed.items():
            if likelihoods[key].events <= REMEMBERED_EVENTS_MAX:
                self._known[alpha, key] = each
        return known | computed


def estimates_of(
    likelihoods: dict[Hashable, Likelihood], alpha: float
) -> dict[Hashable, LikelihoodEstimates]:
    """Return the estimates from each likelihood, with the confidence sequence at *alpha*.

    Partial likelihoods without tied days, and with few or equally many events, are evaluated
    together: most watches have few, and then the number of calls takes the time.
    """
    estimates: dict[Hashable, LikelihoodEstimates] = {}
    stacks: defaultdict[int, list[tuple[Hashable, PartialLikelihood]]] = defaultdict(list)
    for key, likelihood in likelihoods.items():
        if isinstance(likelihood, PartialLikelihood) and not likelihood.days.size:
            stacks[max(likelihood.events, FILLED_EVENTS)].append((key, likelihood))
        else:
            function = likelihood.log_likelihood
            curve = (
                likelihood.curve()
                if isinstance(likelihood, PartialLikelihood)
                else function(LOG_RATIO_GRID)
            )
            estimates[key] = _estimates_together(function, [curve], alpha, [likelihood.events])[0]
    for size, stack in stacks.items():
        count = max(1, SHARES_MAX // size)
        for first in range(0, len(stack), count):
            keys, partial = zip(*stack[first : first + count], strict=True)
            function = PartialLikelihoods(partial).log_likelihood
            curves = [each.curve() for each in partial]
            events = [each.events for each in partial]
            together = _estimates_together(function, curves, alpha, events)
            estimates.update(zip(keys, together, strict=True))
    return estimates


def _estimates_together(
    function: LogLikelihood, curves: list[Floats], alpha: float, events: list[int]
) -> list[LikelihoodEstimates]:
    """Return the estimates from likelihoods of as many *events* as given.

    *function* takes points of shape (..., likelihoods, k, m).
    """
    points = np.broadcast_to(LOG_HARM_RATIOS, (len(curves), 1, len(LOG_HARM_RATIOS)))
    log_e_values = [log_mean_exp(row) for row in function(points)[:, 0]]
    maxima = rate_ratio_mles(function, [near_maximum(curve) for curve in curves])
    intervals = confidence_sequences(function, alpha, maxima, curves)
    return [
        LikelihoodEstimates(
            log_e_value, maximum if count else nan, interval, posterior_of_curve(curve)
        )
        for log_e_value, maximum, interval, curve, count in zip(
            log_e_values, maxima, intervals, curves, events, strict=True
        )
    ]


def _key_of(likelihood: Likelihood) -> Hashable:
    """Return what tells likelihoods apart: many terms have the same few events."""
    if isinstance(likelihood, PartialLikelihood):
        return likelihood.key
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
    arms = active_watch.design.treated_arms + active_watch.design.control_arms
    as_of = study.as_of or 0
    return any(onset <= as_of and arm in arms for _, onset, arm in active_watch.first_events)


def signal_boundary(study: Study, watch: Watch) -> float | None:
    """Return the e-value at which a tier 1 watch signals, None for other tiers."""
    return watch.signal_level(study.plan.alpha) if watch.tier == 1 else None
