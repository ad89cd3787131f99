"""An event rate with normal limits on its logarithm, as oncology tables print it."""

from __future__ import annotations

from math import exp, sqrt

from monitor.stats.estimate import Estimate, checked_rate, normal_quantile
from monitor.stats.garwood import garwood


def rate_log_normal(events: int, person_time: float, *, confidence: float = 0.95) -> Estimate:
    """The rate of *events* in *person_time* with limits symmetric on the log scale.

    The logarithm of a Poisson count has variance near ``1 / events`` (Rothman & Greenland 1998,
    Modern Epidemiology, chapter 14); with few events it is only a shape, with none it is nothing,
    and Garwood's limits are given in its place.

    >>> [round(x, 6) for x in rate_log_normal(2, 200, confidence=0.9)]
    [0.01, 0.003125, 0.031998]
    >>> rate_log_normal(0, 1.0) == garwood(0, 1.0)
    True
    """
    events, person_time = checked_rate(events, person_time)
    if not events:
        return garwood(events, person_time, confidence=confidence)
    rate, factor = events / person_time, exp(normal_quantile(confidence) / sqrt(events))
    return Estimate(rate, rate / factor, rate * factor)
