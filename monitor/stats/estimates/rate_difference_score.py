"""A difference of two event rates with score limits (Miettinen & Nurminen 1985)."""

from __future__ import annotations

from math import inf, sqrt

from monitor.stats.estimate import Estimate, checked_rate, normal_quantile
from monitor.stats.root import root


def rate_difference_score(
    *,
    events: int,
    person_time: float,
    control_events: int,
    control_person_time: float,
    confidence: float = 0.95,
) -> Estimate:
    """Return the rate on treatment minus the rate on control, with limits from the score test.

    The interval holds the differences whose squared distance is at most z^2 variances, taken at
    the maximum-likelihood rates that are so far apart (Miettinen & Nurminen 1985, Statistics in
    Medicine 4:213-226).  Rates are per unit of person-time.  Without person-time on an arm the
    value is None and the limits are infinite.  Raises ValueError where an argument is out of range.

    >>> ours = rate_difference_score(
    ...     events=60, person_time=51.4775, control_events=30, control_person_time=54.3087
    ... )
    >>> [round(x, 6) for x in ours]
    [0.61316, 0.265796, 0.989192]

    Without events there are limits:

    >>> ours = rate_difference_score(
    ...     events=0, person_time=10.0, control_events=0, control_person_time=10.0
    ... )
    >>> [round(x, 6) for x in ours]
    [0.0, -0.384146, 0.384146]
    """
    arm = checked_rate(events, person_time)
    control = checked_rate(control_events, control_person_time)
    z = normal_quantile(confidence)
    if not arm[1] or not control[1]:
        return Estimate(None, -inf, inf)
    upper, mirrored = _upper_limit(*arm, *control, z), _upper_limit(*control, *arm, z)
    return Estimate(arm[0] / arm[1] - control[0] / control[1], -mirrored, upper)


def _upper_limit(x1: int, t1: float, x0: int, t0: float, z: float) -> float:
    """Return the largest difference whose squared distance is at most z^2 variances."""
    value = x1 / t1 - x0 / t0

    def excess(difference: float) -> float:
        control_rate = _restricted_control_rate(x1, t1, x0, t0, difference)
        treated_rate = max(0.0, control_rate + difference)
        variance = treated_rate / t1 + control_rate / t0
        return (value - difference) ** 2 - z * z * variance

    outside = value + (z * z + z * sqrt(x1 + x0 + 1.0)) * (1.0 / t1 + 1.0 / t0)
    while excess(outside) <= 0.0:
        outside = value + 2.0 * (outside - value)
    return root(excess, value, outside)


def _restricted_control_rate(x1: int, t1: float, x0: int, t0: float, difference: float) -> float:
    """Return the maximum-likelihood control rate where the rates are *difference* apart."""
    total = t1 + t0
    half = (x1 + x0 - total * difference) / 2.0
    constant = total * x0 * difference
    spread = sqrt(max(0.0, half * half + constant))
    # Of two equal forms of the positive root, each has no cancellation where it is used.
    rate = (half + spread) / total if half >= 0.0 else constant / (spread - half) / total
    return max(0.0, -difference, rate)
