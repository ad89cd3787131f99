"""The E-test of two Poisson rates (Krishnamoorthy & Thomson 2004)."""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln, pdtrik

from monitor.stats.e_value import Floats
from monitor.stats.estimate import check_amount, checked_rate
from monitor.stats.rate_ratio import TailProbabilities

TAIL = 1e-13
"""Counts with less probability than this on either side are left out of the sums."""
TIE_FACTOR = 1.0 - 1e-12
"""Statistics within this factor of the observed one are as extreme as it."""


def poisson_e_test(
    *,
    events: int,
    person_time: float,
    control_events: int,
    control_person_time: float,
    null_difference: float = 0.0,
) -> TailProbabilities:
    """Return the p-values of a rate difference of *null_difference* at the estimated rates.

    The statistic is the difference over its standard error; its distribution is summed over all
    pairs of counts, at the control rate estimated under the null (Krishnamoorthy & Thomson 2004,
    Journal of Statistical Planning and Inference 119:23-35).  *null_difference* is 0 or more.
    *greater* is small when treatment has the higher rate.  The test is near its level, and not
    exact.  Without person-time on an arm p is 1.  Raises ValueError where an argument is out of
    range.

    >>> ours = poisson_e_test(events=0, person_time=100, control_events=3, control_person_time=100)
    >>> round(ours.two_sided, 4)
    0.0884
    """
    x1, t1 = checked_rate(events, person_time)
    x0, t0 = checked_rate(control_events, control_person_time)
    check_amount("null_difference", null_difference)
    if not t1 or not t0:
        return TailProbabilities(1.0, 1.0, 1.0)
    control_rate = max(0.0, (x1 + x0 - null_difference * t1) / (t1 + t0))
    first, second = (control_rate + null_difference) * t1, control_rate * t0
    counts, weights = _poisson(first)
    control_counts, control_weights = _poisson(second)
    probability = np.outer(weights, control_weights)
    statistic = _statistic(counts[:, np.newaxis], t1, control_counts, t0, null_difference)
    observed = float(_statistic(np.array(float(x1)), t1, np.array(float(x0)), t0, null_difference))
    slack = abs(observed) * (1.0 - TIE_FACTOR)
    return TailProbabilities(
        two_sided=_sum(probability, np.abs(statistic) >= abs(observed) * TIE_FACTOR),
        greater=_sum(probability, statistic >= observed - slack),
        less=_sum(probability, statistic <= observed + slack),
    )


def _poisson(mean: float) -> tuple[Floats, Floats]:
    """Return the counts of a Poisson variable that matter, with their probabilities."""
    if not mean:
        return np.zeros(1), np.ones(1)
    low, high = (float(pdtrik(area, mean)) for area in (TAIL, 1.0 - TAIL))
    counts = np.arange(max(0.0, low // 1 - 1.0), high // 1 + 3.0)
    return counts, np.exp(counts * np.log(mean) - mean - gammaln(counts + 1.0))


def _statistic(counts: Floats, t1: float, control_counts: Floats, t0: float, null: float) -> Floats:
    """Return the distance from the null in standard errors, 0 where neither arm has events."""
    distance = counts / t1 - control_counts / t0 - null
    variance = counts / t1**2 + control_counts / t0**2
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio: Floats = distance / np.sqrt(variance)
    return np.nan_to_num(ratio, nan=0.0, posinf=np.inf, neginf=-np.inf)


def _sum(probability: Floats, is_extreme: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> float:
    return min(1.0, float(probability[is_extreme].sum()))
