"""An event rate with mid-p limits, shorter than the exact ones."""

from __future__ import annotations

from scipy.special import pdtr, pdtrc

from monitor.stats.estimate import Estimate, checked_rate, tail_probability
from monitor.stats.garwood import poisson_limits
from monitor.stats.root import root


def rate_mid_p(events: int, person_time: float, *, confidence: float = 0.95) -> Estimate:
    """Return ``events / person_time`` with limits at which the mid-p of the count is the tail area.

    The observed number is counted half, so the interval lies inside Garwood's; coverage is
    *confidence* on average over rates, and not guaranteed (Cohen & Yang 1994, Statistics in
    Medicine 13:2189-2203).  Without person-time the value is None.  Raises ValueError where an
    argument is out of range, as `checked_rate` states.

    >>> [round(x, 4) for x in rate_mid_p(15, 1.0)]
    [15.0, 8.7161, 24.185]
    >>> rate_mid_p(0, 1.0).low, round(rate_mid_p(0, 1.0).high, 4)
    (0.0, 2.9957)
    """
    events, person_time = checked_rate(events, person_time)
    tail_area = tail_probability(confidence)
    if not person_time:
        return Estimate(None, 0.0, float("inf"))
    exact_low, exact_high = poisson_limits(events, confidence=confidence)
    middle = float(events)

    def below(mean: float) -> float:
        """Return the mid-p of so few events, less the tail area, with its sign turned."""
        fewer = float(pdtr(events - 1, mean)) if events else 0.0
        return tail_area - (fewer + float(pdtr(events, mean))) / 2.0

    def above(mean: float) -> float:
        """Return the mid-p of so many events, less the tail area, with its sign turned."""
        return tail_area - (float(pdtrc(events - 1, mean)) + float(pdtrc(events, mean))) / 2.0

    low = root(above, middle, exact_low) if events else 0.0
    high = root(below, middle, exact_high)
    return Estimate(events / person_time, low / person_time, high / person_time)
