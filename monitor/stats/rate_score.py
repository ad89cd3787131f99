"""An event rate with score limits, for comparison with tables that use them."""

from __future__ import annotations

from math import sqrt

from monitor.stats.estimate import Estimate, checked_rate, normal_quantile


def rate_score(events: int, person_time: float, *, confidence: float = 0.95) -> Estimate:
    """Return ``events / person_time`` with limits from inverting the Poisson score test.

    The limits are ``(x + z^2/2 -/+ z sqrt(x + z^2/4)) / person_time`` for x events (Barker 2002,
    American Statistician 56:85-89, score interval).  They are shorter than Garwood's; coverage is
    *confidence* on average, and not at every rate.  The unit is events per unit of
    *person_time*.  Without person-time the value is None.  Raises ValueError where an argument is
    out of range, as `checked_rate` states.

    >>> [round(x, 6) for x in rate_score(15, 400)]
    [0.0375, 0.022726, 0.061877]
    >>> rate_score(0, 1.0).low, round(rate_score(0, 1.0).high, 6)
    (0.0, 3.841459)
    """
    events, person_time = checked_rate(events, person_time)
    z = normal_quantile(confidence)
    if not person_time:
        return Estimate(None, 0.0, float("inf"))
    high = events + z * z / 2.0 + z * sqrt(events + z * z / 4.0)
    # Low is events squared over high: the product of the two roots, without cancellation.
    return Estimate(events / person_time, events * events / high / person_time, high / person_time)
