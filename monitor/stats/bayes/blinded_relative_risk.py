"""The posterior of the relative risk from blinded counts and a known background rate."""

from __future__ import annotations

from collections.abc import Callable
from math import log

import numpy as np

from monitor.stats.bayes.quadrature import integral, log_beta_density, support
from monitor.stats.e_value import Floats
from monitor.stats.estimate import check_beta_prior, check_positive, checked_rate

LOG_MAX = 300.0
"""Exponentials are taken of at most this: the density is 0 long before."""


def blinded_relative_risk_above(
    ratio: float,
    *,
    events: int,
    person_time: float,
    background_rate: float,
    allocation_ratio: float = 1.0,
    prior: tuple[float, float] = (1.0, 1.0),
    prior_at_equal_allocation: bool = False,
) -> float:
    """Return the posterior probability that the relative risk exceeds *ratio*, without unblinding.

    *events* and *person_time* are of both arms together, *allocation_ratio* k is treatment to
    control.  Events are Poisson with mean ``background_rate * person_time * (1 + k r) / (1 + k)``
    at relative risk r.  The share of events that are on treatment, ``k r / (1 + k r)``, has the
    beta *prior*; with *prior_at_equal_allocation* it is ``r / (1 + r)`` that has it (Mukhopadhyay,
    Waterhouse & Hartford 2018, Pharmaceutical Statistics 17:701-709).  The integral is computed
    on the log odds of the share.  It assumes that *background_rate* is known: a wrong one shifts
    the answer.  Raises ValueError where an argument is out of range.

    >>> blinded = dict(events=5, person_time=500, background_rate=0.0045, allocation_ratio=2)
    >>> [round(blinded_relative_risk_above(r, **blinded), 5) for r in (1.0, 1.5, 2.0)]
    [0.81538, 0.65199, 0.48732]
    """
    events, person_time = checked_rate(events, person_time)
    check_positive("ratio", ratio)
    check_positive("background_rate", background_rate)
    check_positive("allocation_ratio", allocation_ratio)
    check_beta_prior(prior)
    # The allocation times the relative risk is scale * exp(log odds).
    scale = allocation_ratio if prior_at_equal_allocation else 1.0
    base = background_rate * person_time / (1.0 + allocation_ratio)
    log_density = _log_density(events, base, scale, prior)
    low, high = support(log_density, *prior)
    start = max(low, log(ratio * allocation_ratio / scale))
    if start >= high:
        return 0.0
    peak = float(log_density(np.linspace(low, high, 801)).max())
    above = integral(log_density, start, high, peak)
    return min(1.0, above / integral(log_density, low, high, peak))


def _log_density(
    events: int, base: float, scale: float, prior: tuple[float, float]
) -> Callable[[Floats], Floats]:
    """Return the posterior log density of the log odds, up to a constant."""
    log_prior = log_beta_density(*prior)

    def log_density(log_odds: Floats) -> Floats:
        mean = base * (1.0 + scale * np.exp(np.minimum(log_odds, LOG_MAX)))
        return log_prior(log_odds) + events * np.logaddexp(0.0, log_odds + log(scale)) - mean

    return log_density
