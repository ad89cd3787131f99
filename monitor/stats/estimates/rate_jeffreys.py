"""An event rate with Jeffreys limits, the quantiles of a posterior."""

from __future__ import annotations

from scipy.special import gammainccinv, gammaincinv

from monitor.stats.estimate import Estimate, checked_rate, tail_probability


def rate_jeffreys(events: int, person_time: float, *, confidence: float = 0.95) -> Estimate:
    """Return ``events / person_time`` with the equal-tailed limits of the Jeffreys posterior.

    With x events the mean is gamma with shape ``x + 1/2`` (Brown, Cai & DasGupta 2003, Statistica
    Sinica 13:19-49).  Without events the lower limit is 0, as they recommend.  Coverage is
    *confidence* on average over rates.  Without person-time the value is None.  Raises ValueError
    where an argument is out of range, as `checked_rate` states.

    >>> [round(x, 4) for x in rate_jeffreys(15, 1.0)]
    [15.0, 8.7694, 24.1159]
    >>> rate_jeffreys(0, 1.0).low, round(rate_jeffreys(0, 1.0).high, 4)
    (0.0, 2.5119)
    """
    events, person_time = checked_rate(events, person_time)
    tail_area = tail_probability(confidence)
    if not person_time:
        return Estimate(None, 0.0, float("inf"))
    low = float(gammaincinv(events + 0.5, tail_area)) if events else 0.0
    high = float(gammainccinv(events + 0.5, tail_area))
    return Estimate(events / person_time, low / person_time, high / person_time)
