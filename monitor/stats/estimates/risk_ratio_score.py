"""A ratio of two risks with score limits (Koopman 1984)."""

from __future__ import annotations

from math import inf, sqrt

from monitor.stats.estimate import Estimate, checked_proportion, normal_quantile
from monitor.stats.root import root


def risk_ratio_score(
    *,
    events: int,
    patients: int,
    control_events: int,
    control_patients: int,
    confidence: float = 0.95,
) -> Estimate:
    """Return the risk on treatment over the risk on control, with limits from the score test.

    The interval holds the ratios at which Pearson's chi-squared, at the maximum-likelihood risks
    with that ratio, is at most z^2 (Koopman 1984, Biometrics 40:513-517; Miettinen & Nurminen 1985
    without the factor N/(N-1)).  The value is None without events on either arm or without
    patients on an arm; the limits are then 0 and infinity.  Raises ValueError where an argument is
    out of range.

    >>> ours = risk_ratio_score(events=7, patients=34, control_events=1, control_patients=34)
    >>> [round(x, 6) for x in ours]
    [7.0, 1.220853, 42.575718]
    >>> risk_ratio_score(events=3, patients=30, control_events=0, control_patients=30).high
    inf
    """
    x1, n1 = checked_proportion(events, patients)
    x0, n0 = checked_proportion(control_events, control_patients)
    z = normal_quantile(confidence)
    if not (n1 and n0 and (x1 or x0)):
        return Estimate(None, 0.0, inf)
    low, swapped_low = _lower_limit(x1, n1, x0, n0, z), _lower_limit(x0, n0, x1, n1, z)
    value = x1 / n1 / (x0 / n0) if x0 else inf
    return Estimate(value, low, 1.0 / swapped_low if swapped_low else inf)


def _lower_limit(x1: int, n1: int, x0: int, n0: int, z: float) -> float:
    """Return the smallest ratio at which the squared distance is at most z^2 variances."""
    if not x1:
        return 0.0

    def excess(share: float) -> float:
        # The ratio is share / (1 - share), so that an infinite value is in the bracket.
        ratio = share / (1.0 - share) if share < 1.0 else inf
        if ratio == inf:
            return -1.0
        p0 = _restricted_control_risk(x1, n1, x0, n0, ratio)
        p1 = min(1.0, ratio * p0)
        variance = p1 * (1.0 - p1) / n1 + ratio * ratio * p0 * (1.0 - p0) / n0
        distance = x1 / n1 - ratio * x0 / n0
        return distance * distance - z * z * variance

    treated, control = x1 / n1, x0 / n0
    share = root(excess, treated / (treated + control), 0.0)
    return share / (1.0 - share)


def _restricted_control_risk(x1: int, n1: int, x0: int, n0: int, ratio: float) -> float:
    """Return the control risk of maximum likelihood where the ratio of risks is *ratio*."""
    a = (n1 + n0) * ratio
    b = (n1 + x0) * ratio + x1 + n0
    total = x1 + x0
    # The smaller root of ``a p^2 - b p + x = 0``, without cancellation.
    risk = 2.0 * total / (b + sqrt(max(0.0, b * b - 4.0 * a * total)))
    return min(1.0, risk, 1.0 / ratio if ratio > 1.0 else 1.0)
