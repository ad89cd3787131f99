"""An event rate with score limits, for readers who compare with a table that used them."""

from __future__ import annotations

from math import sqrt

from monitor.stats.estimate import Estimate, checked_rate, normal_quantile


def rate_score(events: int, person_time: float, *, confidence: float = 0.95) -> Estimate:
    """The rate of *events* in *person_time* with limits from inverting the Poisson score test.

    Shorter than Garwood's and right on average instead of always (Barker 2002, American
    Statistician 56:85-89, the score interval).

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
    # The product of the two roots is events squared; the difference would lose digits.
    return Estimate(events / person_time, events * events / high / person_time, high / person_time)
