"""Risk differences with normal limits: Wald's, and Agresti and Caffo's with four added patients."""

from __future__ import annotations

from math import sqrt

from monitor.stats.estimate import Estimate, checked_proportion, normal_quantile


def risk_difference_wald(
    *,
    events: int,
    patients: int,
    control_events: int,
    control_patients: int,
    confidence: float = 0.95,
) -> Estimate:
    """Return the risk difference, treatment minus control, with Wald's limits, inside -1..1.

    The half width is z times ``sqrt(p1 (1 - p1) / n1 + p0 (1 - p0) / n0)``.  With few events it is
    too short, and 0 where neither arm has any: show `newcombe` or `miettinen_nurminen` instead
    (Newcombe 1998, Statistics in Medicine 17:873-890, method 1).  Without patients on an arm the
    value is None.  Raises ValueError where an argument is out of range.

    >>> ours = risk_difference_wald(events=7, patients=34, control_events=1, control_patients=34)
    >>> [round(x, 6) for x in ours]
    [0.176471, 0.029169, 0.323772]
    """
    arms = (
        checked_proportion(events, patients),
        checked_proportion(control_events, control_patients),
    )
    return _difference(*arms, added=0, z=normal_quantile(confidence))


def agresti_caffo(
    *,
    events: int,
    patients: int,
    control_events: int,
    control_patients: int,
    confidence: float = 0.95,
) -> Estimate:
    """Return the risk difference with Wald's limits after one event and one other on each arm.

    The value is the observed difference; the limits are around the difference of
    ``(x + 1) / (n + 2)``, inside -1..1 (Agresti & Caffo 2000, American Statistician 54:280-288).
    Without patients on an arm the value is None.  Raises ValueError where an argument is out of
    range.

    >>> ours = agresti_caffo(events=9, patients=10, control_events=3, control_patients=10)
    >>> [round(x, 2) for x in ours]
    [0.6, 0.16, 0.84]
    """
    arms = (
        checked_proportion(events, patients),
        checked_proportion(control_events, control_patients),
    )
    return _difference(*arms, added=1, z=normal_quantile(confidence))


def _difference(
    arm: tuple[int, int], control: tuple[int, int], *, added: int, z: float
) -> Estimate:
    if not arm[1] or not control[1]:
        return Estimate(None, -1.0, 1.0)
    (x1, n1), (x0, n0) = ((x + added, n + 2 * added) for x, n in (arm, control))
    p1, p0 = x1 / n1, x0 / n0
    half_width = z * sqrt(p1 * (1.0 - p1) / n1 + p0 * (1.0 - p0) / n0)
    value = arm[0] / arm[1] - control[0] / control[1]
    return Estimate(value, max(-1.0, p1 - p0 - half_width), min(1.0, p1 - p0 + half_width))
