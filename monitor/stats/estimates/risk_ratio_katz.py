"""A ratio of two risks with normal limits on the log scale (Katz et al. 1978)."""

from __future__ import annotations

from math import exp, inf, sqrt

from monitor.stats.estimate import Estimate, checked_proportion, normal_quantile


def risk_ratio_katz(
    *,
    events: int,
    patients: int,
    control_events: int,
    control_patients: int,
    confidence: float = 0.95,
) -> Estimate:
    """Return the risk on treatment over the risk on control, with limits on the log scale.

    The variance of the log is ``1/x1 - 1/n1 + 1/x0 - 1/n0`` (Katz, Baptista, Azen & Pike 1978,
    Biometrics 34:469-474).  Where an arm has no events the formula has none, and the limits are 0
    and infinity: show `risk_ratio_score` there.  The value is None without events on either arm
    or without patients on an arm.  Raises ValueError where an argument is out of range.

    >>> ours = risk_ratio_katz(events=7, patients=34, control_events=1, control_patients=34)
    >>> [round(x, 2) for x in ours]
    [7.0, 0.91, 53.87]
    >>> risk_ratio_katz(events=3, patients=30, control_events=0, control_patients=30)
    Estimate(value=inf, low=0.0, high=inf)
    """
    x1, n1 = checked_proportion(events, patients)
    x0, n0 = checked_proportion(control_events, control_patients)
    z = normal_quantile(confidence)
    if not (n1 and n0 and (x1 or x0)):
        return Estimate(None, 0.0, inf)
    if not (x1 and x0):
        return Estimate(inf if x1 else 0.0, 0.0, inf)
    ratio = x1 / n1 / (x0 / n0)
    factor = exp(z * sqrt(1.0 / x1 - 1.0 / n1 + 1.0 / x0 - 1.0 / n0))
    return Estimate(ratio, ratio / factor, ratio * factor)
