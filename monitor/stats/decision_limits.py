"""Limits of the rate ratio that agree with the decision of a watch (docs/statistics.md)."""

from __future__ import annotations

from math import inf, log

from monitor.stats.confidence_sequence import limit_between
from monitor.stats.e_value import (
    LOG_HARM_RATIOS,
    LOG_TWO_SIDED_RATIOS,
    LogLikelihood,
    log_mean_exp,
)
from monitor.stats.maximum_likelihood import LOG_LIMIT, rate_ratio_mle


def decision_limits(likelihood: LogLikelihood, error: float) -> tuple[float, float]:
    """Return the lower and the upper limit.

    Each is ever wrong, at any look, with probability *error* at most.  The lower limit is from the
    33 harmful ratios of the e-value: it is above 1 exactly where E is above ``1 / error``.  The
    upper limit is from the 65 ratios on both sides of 1.

    >>> import numpy as np
    >>> seven = lambda b: 7 * (b - np.log((1 + np.exp(b)) / 2))
    >>> [round(limit, 4) for limit in decision_limits(seven, 0.01)]
    [0.7809, inf]
    """
    maximum = rate_ratio_mle(likelihood)
    log_maximum = log(maximum) if 0 < maximum < inf else (inf if maximum else -inf)
    inside = min(LOG_LIMIT, max(-LOG_LIMIT, log_maximum))
    lower_floor = log_mean_exp(likelihood(LOG_HARM_RATIOS)) + log(error)
    upper_floor = log_mean_exp(likelihood(LOG_TWO_SIDED_RATIOS)) + log(error)
    return (
        limit_between(likelihood, lower_floor, inside=inside, outside=-LOG_LIMIT),
        limit_between(likelihood, upper_floor, inside=inside, outside=LOG_LIMIT),
    )
