"""An event rate with exact limits, for every rate the page shows."""

from __future__ import annotations

from scipy.special import gammainccinv, gammaincinv

from monitor.stats.estimate import Estimate, checked_rate, tail_probability

DAYS_IN_100_YEARS = 36_525
"""Person-days divided by this give rates per 100 patient-years."""


def garwood(events: int, person_time: float, *, confidence: float = 0.95) -> Estimate:
    """The rate of *events* in *person_time* with exact Poisson limits.

    Each limit is the rate at which a count this far out has half of ``1 - confidence``, so the
    interval holds the true rate at least as often as it says (Garwood 1936, Biometrika
    28:437-442).  Recurrent events of frail patients are not Poisson: there it is too short.

    Two events in 5,000 patient-days, per 100 patient-years:

    >>> [round(x, 2) for x in garwood(2, 5000 / DAYS_IN_100_YEARS)]
    [14.61, 1.77, 52.78]

    No events is a finding with an upper limit; no person-time is no finding at all:

    >>> [round(x, 6) for x in garwood(0, 1.0)]
    [0.0, 0.0, 3.688879]
    >>> garwood(0, 0.0)
    Estimate(value=None, low=0.0, high=inf)
    """
    events, person_time = checked_rate(events, person_time)
    tail_area = tail_probability(confidence)
    if not person_time:
        return Estimate(None, 0.0, float("inf"))
    low = float(gammaincinv(events, tail_area)) if events else 0.0
    high = float(gammainccinv(events + 1, tail_area))
    return Estimate(events / person_time, low / person_time, high / person_time)
