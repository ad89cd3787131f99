"""Limits for the rate ratio that hold at every look at once."""

from __future__ import annotations

from math import exp, inf, log

import numpy as np

from monitor.stats.e_value import LOG_TWO_SIDED_RATIOS, LogLikelihood, log_mean_exp
from monitor.stats.maximum_likelihood import LOG_LIMIT, rate_ratio_mle


def confidence_sequence(likelihood: LogLikelihood, alpha: float) -> tuple[float, float]:
    """``{theta0 : mixture / L(theta0) < 1/alpha}`` with 65 log-uniform points on 1/20..20.

    For each theta0 the ratio is an e-process, so the set misses the truth at any time with
    probability at most *alpha* (Howard, Ramdas, McAuliffe & Sekhon 2021).  Ends where the
    likelihood never falls far enough are 0 and infinity.

    >>> seven = lambda b: 7 * (b - np.log((1 + np.exp(b)) / 2))
    >>> low, high = confidence_sequence(seven, 0.05)
    >>> round(low, 6), high
    (0.98368, inf)
    """
    floor = log_mean_exp(likelihood(LOG_TWO_SIDED_RATIOS)) - log(1.0 / alpha)
    maximum = rate_ratio_mle(likelihood)
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
    """Rate ratio between *inside* and *outside* where the likelihood meets *floor*."""
    if inside == outside or float(likelihood(np.array([outside]))[0]) > floor:
        return if_unbounded
    while abs(outside - inside) > 1e-12:
        middle = (inside + outside) / 2
        if float(likelihood(np.array([middle]))[0]) > floor:
            inside = middle
        else:
            outside = middle
    return exp((inside + outside) / 2)
