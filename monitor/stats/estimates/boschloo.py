"""Boschloo's exact unconditional test of equal risks (1970)."""

from __future__ import annotations

import numpy as np

from monitor.stats.e_value import Floats
from monitor.stats.estimate import checked_proportion
from monitor.stats.estimates.nuisance import (
    Alternative,
    UnconditionalTest,
    check_alternative,
    largest_probability,
    log_combinations,
)

TIE_FACTOR = 1.0 + 1e-9
"""Fisher's p-values within this factor are equal."""


def boschloo(
    *,
    events: int,
    patients: int,
    control_events: int,
    control_patients: int,
    alternative: Alternative = "two-sided",
) -> UnconditionalTest:
    """Return Fisher's one-sided p as the statistic, and the p-value of equal risk it leads to.

    p is the probability of a Fisher p at most the observed one, at the common risk that makes it
    largest (Boschloo 1970, Statistica Neerlandica 24:1-35).  The test is exact and never less
    powerful than Fisher's.  *two-sided* is twice the smaller of the one-sided p-values, at most 1.
    Without patients on an arm p is 1.  Raises ValueError where an argument is out of range.

    >>> ours = boschloo(
    ...     events=2, patients=10, control_events=7, control_patients=9, alternative="less"
    ... )
    >>> round(ours.statistic, 6), round(ours.p_value, 6)
    (0.018522, 0.009886)
    """
    x1, n1 = checked_proportion(events, patients)
    x0, n0 = checked_proportion(control_events, control_patients)
    check_alternative(alternative)
    if not n1 or not n0:
        return UnconditionalTest(1.0, 1.0)
    greater, less = _fisher_greater(n1, n0), _fisher_greater(n0, n1).T
    if alternative == "greater":
        return _one_sided(greater, x1, x0)
    if alternative == "less":
        return _one_sided(less, x1, x0)
    smaller = min((_one_sided(each, x1, x0) for each in (greater, less)), key=lambda one: one[1])
    return UnconditionalTest(smaller.statistic, min(1.0, 2.0 * smaller.p_value))


def _one_sided(fisher_p: Floats, events: int, control_events: int) -> UnconditionalTest:
    observed = min(1.0, float(fisher_p[events, control_events]))
    return UnconditionalTest(observed, largest_probability(fisher_p <= observed * TIE_FACTOR))


def _fisher_greater(patients: int, other_patients: int) -> Floats:
    """Return Fisher's p of a higher risk in the rows, for every table."""
    x1: Floats = np.arange(patients + 1.0)
    x0: Floats = np.arange(other_patients + 1.0)
    totals = x1[:, np.newaxis] + x0
    rows = log_combinations(patients, x1)[:, np.newaxis]
    tail: Floats = np.exp(
        rows
        + log_combinations(other_patients, x0)
        - log_combinations(patients + other_patients, totals)
    )
    # With the same total, the next more extreme table has one event more here and one less there.
    for row in range(patients - 1, -1, -1):
        tail[row, 1:] += tail[row + 1, :-1]
    return tail
