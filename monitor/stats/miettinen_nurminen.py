"""A risk difference with score limits (Miettinen & Nurminen 1985), as safety tables show it."""

from __future__ import annotations

from math import acos, cos, pi, sqrt
from typing import NamedTuple

from scipy.special import ndtr

from monitor.stats.estimate import Estimate, checked_proportion, normal_quantile
from monitor.stats.root import root


class ScoreTest(NamedTuple):
    """The score statistic *z* and its p-values; *greater* is small when treatment has more risk.

    *two_sided* is twice the smaller of *greater* and *less*, and at most 1.
    """

    z: float
    two_sided: float
    greater: float
    less: float


def miettinen_nurminen(
    *,
    events: int,
    patients: int,
    control_events: int,
    control_patients: int,
    confidence: float = 0.95,
    correction: bool = True,
) -> Estimate:
    """Return the risk difference, treatment minus control, with limits from the score test.

    The interval holds the differences that the test of `miettinen_nurminen_test` does not reject
    (Miettinen & Nurminen 1985, Statistics in Medicine 4:213-226).  *correction* is their variance
    factor N/(N-1); without it the interval is Mee's (1984, Biometrics 40:1175-1176).  Raises
    ValueError where an argument is out of range.

    >>> ours = miettinen_nurminen(events=6, patients=7, control_events=2, control_patients=7)
    >>> [round(x, 4) for x in ours]
    [0.5714, 0.0342, 0.8534]

    Without events there are limits; without patients on an arm they are -1 and 1:

    >>> ours = miettinen_nurminen(events=0, patients=10, control_events=0, control_patients=10)
    >>> [round(x, 4) for x in ours]
    [0.0, -0.2879, 0.2879]
    >>> miettinen_nurminen(events=0, patients=0, control_events=1, control_patients=9)
    Estimate(value=None, low=-1.0, high=1.0)
    """
    events, patients = checked_proportion(events, patients)
    control_events, control_patients = checked_proportion(control_events, control_patients)
    z = normal_quantile(confidence)
    if not patients or not control_patients:
        return Estimate(None, -1.0, 1.0)
    factor = z * z * _factor(patients + control_patients, correction)
    upper = _upper_limit(events, patients, control_events, control_patients, factor)
    # The lower limit is the upper one with arms exchanged, so a swap of arms mirrors every digit.
    mirrored = _upper_limit(control_events, control_patients, events, patients, factor)
    return Estimate(events / patients - control_events / control_patients, -mirrored, upper)


def miettinen_nurminen_test(
    *,
    events: int,
    patients: int,
    control_events: int,
    control_patients: int,
    null_difference: float = 0.0,
    correction: bool = True,
) -> ScoreTest:
    """Return the score test of a true risk difference of *null_difference*, inside -1..1.

    z is the distance from the null over its standard error at the restricted maximum-likelihood
    risks.  Raises ValueError where an argument is out of range.

    >>> ours = miettinen_nurminen_test(
    ...     events=70, patients=116, control_events=49, control_patients=119
    ... )
    >>> round(ours.z, 6), round(ours.greater, 6)
    (2.932195, 0.001683)
    """
    events, patients = checked_proportion(events, patients)
    control_events, control_patients = checked_proportion(control_events, control_patients)
    if not -1.0 < null_difference < 1.0:
        raise ValueError(f"null_difference is {null_difference!r}: give one between -1 and 1")
    if not patients or not control_patients:
        return ScoreTest(0.0, 1.0, 1.0, 1.0)
    counts = (events, patients, control_events, control_patients)
    distance = events / patients - control_events / control_patients - null_difference
    variance = _variance(*counts, null_difference)
    # The variance is 0 only where both arms have all or no events, in agreement with the null.
    standard_error = sqrt(variance * _factor(patients + control_patients, correction))
    z = distance / standard_error if standard_error else 0.0
    greater, less = float(ndtr(-z)), float(ndtr(z))
    return ScoreTest(z, min(1.0, 2.0 * min(greater, less)), greater, less)


def _factor(total: int, correction: bool) -> float:
    return total / (total - 1) if correction else 1.0


def _upper_limit(
    events: int, patients: int, other_events: int, other_patients: int, factor: float
) -> float:
    """Return the largest difference at which the squared distance is at most *factor* variances.

    The comparison avoids a division, because at its own estimate the variance may be zero.
    """
    value = events / patients - other_events / other_patients

    def excess(difference: float) -> float:
        variance = _variance(events, patients, other_events, other_patients, difference)
        return (value - difference) ** 2 - factor * variance

    return root(excess, value, 1.0)


def _variance(x1: int, n1: int, x0: int, n0: int, difference: float) -> float:
    """Return the variance at the maximum-likelihood risks that are *difference* apart."""
    p0 = _restricted_control_risk(x1, n1, x0, n0, difference)
    p1 = min(1.0, max(0.0, p0 + difference))
    return p1 * (1.0 - p1) / n1 + p0 * (1.0 - p0) / n0


def _restricted_control_risk(x1: int, n1: int, x0: int, n0: int, difference: float) -> float:
    """Return the root of the likelihood's cubic that is a risk (their 1985 paper, appendix I)."""
    n, x = n1 + n0, x1 + x0
    a = ((n1 + 2 * n0) * difference - n - x) / (3.0 * n)
    b = ((n0 * difference - n - 2 * x0) * difference + x) / (3.0 * n)
    c = x0 * difference * (1.0 - difference) / n
    q = a * a * a - 1.5 * a * b + c / 2.0
    # Where roots coincide, rounding may take either argument just outside its range.
    p = sqrt(max(0.0, a * a - b)) * (1.0 if q > 0.0 else -1.0)
    angle = acos(min(1.0, max(-1.0, q / (p * p * p)))) if p else 0.0
    risk = 2.0 * p * cos((pi + angle) / 3.0) - a
    return min(1.0, 1.0 - difference, max(0.0, -difference, risk))
