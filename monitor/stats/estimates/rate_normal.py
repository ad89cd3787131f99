"""An event rate with normal limits, clipped at 0, as some journals print it."""

from __future__ import annotations

from math import sqrt

from monitor.stats.estimate import Estimate, checked_rate, normal_quantile
from monitor.stats.garwood import garwood


def rate_normal(events: int, person_time: float, *, confidence: float = 0.95) -> Estimate:
    """Return ``events / person_time`` with limits ``rate -/+ z sqrt(events) / person_time``.

    A Poisson count has a variance near itself (Wald's interval).  The lower limit is at least 0.
    With few events coverage is far below *confidence*; without events the formula gives 0 to 0,
    and Garwood's limits are returned.  Raises ValueError where an argument is out of range, as
    `checked_rate` states.

    >>> [round(x, 4) for x in rate_normal(2, 224.1424)]
    [0.0089, 0.0, 0.0213]
    >>> rate_normal(0, 1.0) == garwood(0, 1.0)
    True
    """
    events, person_time = checked_rate(events, person_time)
    half_width = normal_quantile(confidence) * sqrt(events)
    if not events:
        return garwood(events, person_time, confidence=confidence)
    low, high = max(0.0, events - half_width), events + half_width
    return Estimate(events / person_time, low / person_time, high / person_time)
