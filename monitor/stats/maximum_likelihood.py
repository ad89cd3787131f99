"""The rate ratio at which a watch's likelihood is largest."""

from __future__ import annotations

from math import exp, inf, log

import numpy as np

from monitor.stats.e_value import LogLikelihood

LOG_LIMIT = log(1e9)
STEP = 1e-5


def rate_ratio_mle(likelihood: LogLikelihood) -> float:
    """Maximum-likelihood rate ratio: 0 where it only falls, infinity where it only rises.

    The log-likelihoods of this package are concave in ``log(theta)``, so the sign of the slope
    brackets the maximum.  With 12 of 14 events on treatment and equal arms it is 6:

    >>> tilted = lambda b: 12 * b - 14 * np.log((1 + np.exp(b)) / 2)
    >>> round(rate_ratio_mle(tilted), 6)
    6.0
    """
    low, high = -LOG_LIMIT, LOG_LIMIT
    if slope(likelihood, high) > 0:
        return inf
    if slope(likelihood, low) < 0:
        return 0.0
    while high - low > 1e-12:
        middle = (low + high) / 2
        if slope(likelihood, middle) > 0:
            low = middle
        else:
            high = middle
    return exp((low + high) / 2)


def slope(likelihood: LogLikelihood, at: float) -> float:
    """Central difference of *likelihood* at ``log(theta)`` = *at*, not divided by the step."""
    below, above = likelihood(np.array([at - STEP, at + STEP]))
    return float(above - below)
