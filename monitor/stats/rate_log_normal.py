"""An event rate with normal limits on the log scale, as oncology tables print it."""

from __future__ import annotations

from math import exp, sqrt

from monitor.stats.estimate import Estimate, checked_rate, normal_quantile
from monitor.stats.garwood import garwood


def rate_log_normal(events: int, person_time: float, *, confidence: float = 0.95) -> Estimate:
    """Return ``events / person_time`` with limits ``rate * exp(-/+ z / sqrt(events))``.

    The log of a Poisson count has variance near ``1 / events`` (Rothman & Greenland 1998, Modern
    Epidemiology, chapter 14).  With few events the approximation is poor; without events
    Garwood's limits are returned.  The unit is events per unit of *person_time*.  Raises
    ValueError where an argument is out of range, as `checked_rate` states.

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
