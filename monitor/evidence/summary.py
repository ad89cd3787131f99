"""Where every watch stands at this moment, with all that its likelihood can say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import exp

from monitor.evidence.evaluate import LOG_MAX, Likelihood, evidence, seen_on_its_arms, verdict_of
from monitor.plan.watch import Watch
from monitor.state.study import Running, Study
from monitor.state.verdict import Ground, Level, Verdict
from monitor.stats.confidence_sequence import confidence_sequence
from monitor.stats.e_bh import e_bh
from monitor.stats.e_value import always_valid_p
from monitor.stats.maximum_likelihood import rate_ratio
from monitor.stats.posterior import Posterior, posterior


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A watch as of now: exact evidence, whatever bound sufficed when it was last judged.

    *events* counts the first events in its likelihood, *control_events* those on control.
    *interval* is the confidence sequence at the plan's alpha.
    """

    watch: Watch
    verdict: Verdict
    events: int
    control_events: int
    log_e: float
    p_always_valid: float
    rate_ratio: float
    interval: tuple[float, float]
    posterior: Posterior


def standings(study: Study) -> list[Standing]:
    """Every watch of the study, tier 1 first, then by falling evidence."""
    found = [standing for watch in study.watches.values() for standing in standing_of(study, watch)]
    screened = [standing for standing in found if standing.watch.tier == 2]
    values = [exp(min(standing.log_e, LOG_MAX)) for standing in screened]
    rejected = {screened[index].watch.id for index in e_bh(values, q=study.plan.q)}
    judged = [
        replace(standing, verdict=Verdict(Level.SIGNAL, Ground.REJECTED, standing.log_e))
        if standing.watch.id in rejected
        else standing
        for standing in found
    ]
    return sorted(judged, key=lambda s: (s.watch.tier == 2, s.watch.tier, -s.log_e, s.watch.id))


def standing_of(study: Study, running: Running) -> Iterator[Standing]:
    """The standing of one watch; a tier 2 watch without a first event on its arms has none."""
    if study.as_of is None:
        return
    found = evidence(study, running, None)
    assert found is not None
    likelihood, value = found
    treated = getattr(likelihood, "treated", likelihood.events)
    if running.watch.tier == 2 and not seen_on_its_arms(running):
        return
    yield Standing(
        watch=running.watch,
        verdict=judged(study, running, likelihood, value),
        events=treated,
        control_events=likelihood.events - treated,
        log_e=value,
        p_always_valid=always_valid_p(value),
        rate_ratio=rate_ratio(likelihood.log_likelihood) if likelihood.events else float("nan"),
        interval=confidence_sequence(likelihood.log_likelihood, study.plan.alpha),
        posterior=posterior(likelihood.log_likelihood),
    )


def judged(study: Study, running: Running, likelihood: Likelihood, value: float) -> Verdict:
    """The verdict of now, with its evidence; e-BH is settled over all of tier 2 afterwards."""
    if running.events and not likelihood.events and running.watch.tier != 3:
        empty = Ground.NO_PERSON_TIME if happened(study, running) else Ground.NO_EVENTS
        return Verdict(Level.QUIET, empty, value)
    if running.watch.tier == 1:
        return replace(verdict_of(study, running, shortcuts=False), log_e=value)
    ground = Ground.NOT_JUDGED if running.watch.tier == 3 else Ground.NOT_REJECTED
    return Verdict(Level.QUIET, ground, value)


def happened(study: Study, running: Running) -> bool:
    """Whether a first event on one of the watch's arms has its onset by now."""
    arms = (running.bench.treatment, running.bench.control)
    as_of = study.as_of or 0
    return any(onset <= as_of and arm in arms for _, onset, arm in running.events)


def boundary(study: Study, watch: Watch) -> float | None:
    """The e-value at which a tier 1 watch signals, or None."""
    return watch.signal_level(study.plan.alpha) if watch.tier == 1 else None
