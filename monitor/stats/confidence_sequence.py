"""A confidence sequence of the rate ratio: an interval that holds at all looks at once."""

from __future__ import annotations

from math import exp, inf, log

import numpy as np

from monitor.stats.bisection import bisection
from monitor.stats.e_value import LOG_TWO_SIDED_RATIOS, Floats, LogLikelihood, log_mean_exp
from monitor.stats.estimate import check_probability
from monitor.stats.maximum_likelihood import LOG_LIMIT, rate_ratio_mle


def confidence_sequence(
    likelihood: LogLikelihood, alpha: float, *, maximum: float | None = None
) -> tuple[float, float]:
    """Return the limits (low, high) of the rate ratio at confidence ``1 - alpha`` over all looks.

    The set is ``{theta0: mixture / L(theta0) < 1 / alpha}``, where the mixture is the mean of L at
    65 log-uniform points on 1/20..20.  For each theta0 the ratio is an e-process, so the set ever
    misses the true ratio with probability at most *alpha* (Howard, Ramdas, McAuliffe & Sekhon
    2021, Annals of Statistics 49:1055-1080; docs/statistics.md states for which watches this is
    asymptotic).  *low* is 0 or *high* infinity where the likelihood does not fall to
    ``alpha * mixture`` between 1e-9 and 1e9.  Raises ValueError where *alpha* is not between 0 and
    1, or where the likelihood is not a number.  *maximum* is the maximum-likelihood ratio, where
    it is known already.

    >>> seven = lambda b: 7 * (b - np.log((1 + np.exp(b)) / 2))
    >>> low, high = confidence_sequence(seven, 0.05)
    >>> round(low, 6), high
    (0.98368, inf)
    """
    check_probability("alpha", alpha, "an error rate between 0 and 1, like 0.05")
    floor = log_mean_exp(likelihood(LOG_TWO_SIDED_RATIOS)) - log(1.0 / alpha)
    maximum = rate_ratio_mle(likelihood) if maximum is None else maximum
    log_maximum = min(
        LOG_LIMIT, max(-LOG_LIMIT, log(maximum) if 0 < maximum < inf else inf if maximum else -inf)
    )
    return (
        limit_between(likelihood, floor, inside=log_maximum, outside=-LOG_LIMIT, if_unbounded=0.0),
        limit_between(likelihood, floor, inside=log_maximum, outside=LOG_LIMIT, if_unbounded=inf),
    )


def limit_between(
    likelihood: LogLikelihood, floor: float, *, inside: float, outside: float, if_unbounded: float
) -> float:
    """Return the rate ratio at which the log-likelihood equals *floor*, by bisection to 1e-12.

    *inside* and *outside* are log rate ratios between which it falls to *floor*.  Returns
    *if_unbounded* where the two are equal, or where the log-likelihood at *outside* is above
    *floor*.
    """
    if inside == outside:
        return if_unbounded

    def above_floor(points: Floats) -> Floats:
        # One row for each point, so that each sum has the digits of a point alone.
        return likelihood(points[:, None])[:, 0] - floor

    if float(likelihood(np.array([outside]))[0]) > floor:
        return if_unbounded
    return exp(bisection(above_floor, inside, outside))
