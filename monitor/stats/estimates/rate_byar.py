"""An event rate with Byar's limits, a closed form close to the exact ones."""

from __future__ import annotations

from math import sqrt

from monitor.stats.estimate import Estimate, checked_rate, normal_quantile


def rate_byar(events: int, person_time: float, *, confidence: float = 0.95) -> Estimate:
    """Return ``events / person_time`` with Byar's approximation of the exact Poisson limits.

    With x events the limits are ``x (1 - 1/(9x) - z/(3 sqrt(x)))^3`` and the same with x + 1 and
    ``+ z`` (Breslow & Day 1987, Statistical Methods in Cancer Research II, page 69; Rothman & Boice
    1979).  Without events the lower limit is 0.  Without person-time the value is None.  Raises
    ValueError where an argument is out of range, as `checked_rate` states.

    >>> [round(x, 4) for x in rate_byar(15, 1.0)]
    [15.0, 8.3893, 24.7416]
    >>> rate_byar(0, 0.0)
    Estimate(value=None, low=0.0, high=inf)
    """
    events, person_time = checked_rate(events, person_time)
    z = normal_quantile(confidence)
    if not person_time:
        return Estimate(None, 0.0, float("inf"))
    low = _wilson_hilferty(events, -z) if events else 0.0
    high = _wilson_hilferty(events + 1, z)
    return Estimate(events / person_time, low / person_time, high / person_time)


def _wilson_hilferty(count: int, z: float) -> float:
    """Return the cube of a normal variable that stands for a chi-squared quantile."""
    return count * max(0.0, 1.0 - 1.0 / (9.0 * count) + z / (3.0 * sqrt(count))) ** 3
