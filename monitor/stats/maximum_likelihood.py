"""The maximum-likelihood rate ratio of a watch."""

from __future__ import annotations

from math import exp, inf, isnan, log

import numpy as np

from monitor.stats.bisection import bisection
from monitor.stats.e_value import Floats, LogLikelihood

LOG_LIMIT = log(1e9)
"""Log rate ratios are searched between minus and plus this."""
STEP = 1e-5
"""Distance on the log scale over which a slope is measured, to each side."""


def rate_ratio_mle(likelihood: LogLikelihood) -> float:
    """Return the rate ratio that maximises *likelihood*, by bisection on the sign of its slope.

    The log-likelihoods of this package are concave in ``log(theta)``, so the sign of the slope
    brackets the maximum.  Returns 0 where the likelihood already decreases at 1e-9, and infinity
    where it still increases at 1e9.  Raises ValueError where it is not a number.  With 12 of 14
    events on treatment and equal arms it is 6:

    >>> tilted = lambda b: 12 * b - 14 * np.log((1 + np.exp(b)) / 2)
    >>> round(rate_ratio_mle(tilted), 6)
    6.0
    """
    at_low, at_0, at_high = slopes(likelihood, np.array([-LOG_LIMIT, 0.0, LOG_LIMIT])).tolist()
    if isnan(at_0):
        raise ValueError("the log-likelihood is not a number: give one that is finite")
    if at_high > 0:
        return inf
    if at_low < 0:
        return 0.0
    return exp(bisection(lambda points: slopes(likelihood, points), -LOG_LIMIT, LOG_LIMIT))


def slopes(likelihood: LogLikelihood, points: Floats) -> Floats:
    """Return *likelihood* just above each log ratio less just below it: the sign of the slope."""
    around = likelihood(np.concatenate((points - STEP, points + STEP)))
    return around[len(points) :] - around[: len(points)]
