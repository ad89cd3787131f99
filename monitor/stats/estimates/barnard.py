"""Barnard's exact unconditional test of equal risks (1945)."""

from __future__ import annotations

import numpy as np

from monitor.stats.e_value import Floats
from monitor.stats.estimate import checked_proportion
from monitor.stats.estimates.nuisance import (
    Alternative,
    UnconditionalTest,
    check_alternative,
    largest_probability,
)

TIE = 1e-12
"""Statistics this close, relative to the observed one, are equal."""


def barnard(
    *,
    events: int,
    patients: int,
    control_events: int,
    control_patients: int,
    alternative: Alternative = "two-sided",
) -> UnconditionalTest:
    """Return the pooled z statistic and the p-value of equal risk, without fixing the events.

    p is the probability of a z at least as extreme, at the common risk that makes it largest
    (Barnard 1945, Nature 156:177; 1947, Biometrika 34:123-138; Suissa & Shuster 1985, JRSS A
    148:317-327).  The test is exact, and mostly more powerful than Fisher's.  Without patients on
    an arm p is 1.  Raises ValueError where an argument is out of range.

    >>> ours = barnard(events=2, patients=10, control_events=7, control_patients=9)
    >>> round(ours.statistic, 6), round(ours.p_value, 6)
    (-2.518475, 0.019211)
    """
    x1, n1 = checked_proportion(events, patients)
    x0, n0 = checked_proportion(control_events, control_patients)
    check_alternative(alternative)
    if not n1 or not n0:
        return UnconditionalTest(0.0, 1.0)
    z = _pooled_z(n1, n0)
    observed = float(z[x1, x0])
    if alternative == "two-sided":
        is_extreme = np.abs(z) >= abs(observed) * (1.0 - TIE)
    else:
        sign = 1.0 if alternative == "greater" else -1.0
        is_extreme = sign * z >= sign * observed - abs(observed) * TIE
    return UnconditionalTest(observed, largest_probability(is_extreme))


def _pooled_z(patients: int, control_patients: int) -> Floats:
    """Return z of every table; it is 0 where no patient or every patient has an event."""
    x1: Floats = np.arange(patients + 1.0)[:, np.newaxis]
    x0: Floats = np.arange(control_patients + 1.0)
    pooled = (x1 + x0) / (patients + control_patients)
    variance = pooled * (1.0 - pooled) * (1.0 / patients + 1.0 / control_patients)
    distance = x1 / patients - x0 / control_patients
    return distance / np.sqrt(np.where(variance > 0.0, variance, 1.0))
