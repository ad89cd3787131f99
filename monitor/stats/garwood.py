"""An event rate with exact Poisson limits (Garwood 1936), for every displayed rate."""

from __future__ import annotations

from scipy.special import gammainccinv, gammaincinv

from monitor.stats.estimate import Estimate, checked_rate, tail_probability

DAYS_IN_100_YEARS = 36_525
"""Divide person-days by this for rates per 100 patient-years."""


def garwood(events: int, person_time: float, *, confidence: float = 0.95) -> Estimate:
    """Return ``events / person_time`` with exact Poisson limits, per unit of *person_time*.

    At each limit a count at least as extreme as *events* has probability
    ``(1 - confidence) / 2``, so the coverage is at least *confidence* (Garwood 1936, Biometrika
    28:437-442).  Recurrent events vary more than a Poisson count where frailty differs between
    patients: for them the interval is too short.

    Without person-time the value is None and the limits are 0 and infinity.  Raises ValueError
    where an argument is out of range, as `checked_rate` states.

    Two events in 5,000 patient-days, per 100 patient-years:

    >>> [round(x, 2) for x in garwood(2, 5000 / DAYS_IN_100_YEARS)]
    [14.61, 1.77, 52.78]

    No events, and no person-time:

    >>> [round(x, 6) for x in garwood(0, 1.0)]
    [0.0, 0.0, 3.688879]
    >>> garwood(0, 0.0)
    Estimate(value=None, low=0.0, high=inf)
    """
    events, person_time = checked_rate(events, person_time)
    low, high = poisson_limits(events, confidence=confidence)
    if not person_time:
        return Estimate(None, 0.0, float("inf"))
    return Estimate(events / person_time, low / person_time, high / person_time)


def poisson_limits(events: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Return Garwood's limits of the expected number of *events*, a count.

    Raises ValueError where *confidence* is not between 0 and 1.

    >>> low, high = poisson_limits(2)
    >>> round(low, 4), round(high, 4)
    (0.2422, 7.2247)
    """
    tail_area = tail_probability(confidence)
    low = float(gammaincinv(events, tail_area)) if events else 0.0
    return low, float(gammainccinv(events + 1, tail_area))
