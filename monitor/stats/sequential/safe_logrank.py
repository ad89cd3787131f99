"""The safe log-rank test: e-values from risk sets, or from the log-rank z-statistic."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log, sqrt
from typing import NamedTuple

import numpy as np
from scipy.special import gammaln, logsumexp

from monitor.stats.e_value import Floats
from monitor.stats.estimate import (
    check_equal_length,
    check_number,
    check_positive,
    checked_count,
    checked_counts,
)


class SafeLogrank(NamedTuple):
    """E-values against equal hazards: for a lower ratio, a higher one, and the mean of both."""

    less: float
    greater: float
    two_sided: float


def safe_logrank_exact(
    at_risk_control: Sequence[int],
    at_risk_treatment: Sequence[int],
    events_control: Sequence[int],
    events_treatment: Sequence[int],
    hazard_ratio: float,
) -> SafeLogrank:
    """Return the e-values at *hazard_ratio*, treatment relative to control, and its reciprocal.

    On each day with events the factor is the likelihood of the events on treatment at the hazard
    ratio over that at 1, given the risk sets and the number of events: noncentral hypergeometric
    (ter Schure, Perez-Ortiz, Ly & Grunwald 2024, arXiv 2011.06931).  Its mean is 1 under equal
    hazards, so P(ever 1/a or more) <= a.  *less* is the e-value for the smaller of *hazard_ratio*
    and its reciprocal.

    >>> e = safe_logrank_exact(
    ...     [5, 4, 3, 3, 2, 1], [5, 5, 4, 2, 2, 0], [1, 1, 0, 1, 0, 1], [0, 0, 1, 0, 1, 0], 0.7
    ... )
    >>> [round(value, 6) for value in e]
    [1.116161, 0.766582, 0.941371]

    Raises ValueError where there is no risk set, a count is none, the numbers of sets differ, there
    are more events than patients at risk, or *hazard_ratio* is not above zero or is 1.
    """
    sets = _checked(at_risk_control, at_risk_treatment, events_control, events_treatment)
    _check_ratio(hazard_ratio)
    log_ratio = -abs(log(hazard_ratio))
    less, greater = (
        exp(min(sum(_log_factor(*counts, sign * log_ratio) for counts in sets), 700.0))
        for sign in (1.0, -1.0)
    )
    return SafeLogrank(less, greater, (less + greater) / 2.0)


def safe_logrank_gaussian(
    z: float, events: int, hazard_ratio: float, *, allocation_ratio: float = 1.0
) -> SafeLogrank:
    """Return the e-values from the log-rank *z* of *events* events, by its normal approximation.

    With *allocation_ratio* r of treatment to control, z is close to normal with mean ``sqrt(m)
    log(hazard ratio)`` and variance 1, where ``m = events r / (1 + r)^2``; the e-value is
    ``exp(mean z - mean^2 / 2)`` (ter Schure et al. 2024, arXiv 2011.06931, section 3).  An
    approximation: for few events or an unequal allocation use `safe_logrank_exact`.

    >>> round(safe_logrank_gaussian(-2.5, 100, 0.5).two_sided, 6)
    7.138695

    Raises ValueError where *z* is not finite, *events* is no count, *hazard_ratio* is not above
    zero or is 1, or *allocation_ratio* is not above zero.
    """
    check_number("z", z)
    events = checked_count("events", events)
    _check_ratio(hazard_ratio)
    check_positive("allocation_ratio", allocation_ratio)
    information = events * allocation_ratio / (1.0 + allocation_ratio) ** 2
    mean = -sqrt(information) * abs(log(hazard_ratio))
    less, greater = (exp(min(sign * mean * z - mean * mean / 2.0, 700.0)) for sign in (1.0, -1.0))
    return SafeLogrank(less, greater, (less + greater) / 2.0)


def logrank_z(
    at_risk_control: Sequence[int],
    at_risk_treatment: Sequence[int],
    events_control: Sequence[int],
    events_treatment: Sequence[int],
) -> float | None:
    """Return the log-rank z-statistic, above zero where treatment has more events than expected.

    Events on treatment less their hypergeometric means, over the root of the sum of hypergeometric
    variances (Mantel 1966, Cancer Chemotherapy Reports 50:163-170).  None where the variance is 0:
    no risk set holds both arms.

    >>> round(logrank_z([6, 4, 4, 1, 0], [6, 6, 5, 2, 2], [1, 0, 2, 1, 0], [0, 1, 1, 0, 1]), 6)
    -1.272992

    Raises ValueError where there is no risk set, a count is none, the numbers of sets differ, or
    there are more events than patients at risk.
    """
    sets = _checked(at_risk_control, at_risk_treatment, events_control, events_treatment)
    excess, variance = 0.0, 0.0
    for y0, y1, d0, d1 in sets:
        n, d = y0 + y1, d0 + d1
        excess += d1 - (d * y1 / n if n else 0.0)
        variance += d * y1 * y0 * (n - d) / (n * n * (n - 1.0)) if n > 1 else 0.0
    return excess / sqrt(variance) if variance else None


def _log_factor(y0: int, y1: int, d0: int, d1: int, log_ratio: float) -> float:
    """Return the log likelihood of *d1* of *d0* + *d1* events on treatment, relative to ratio 1."""
    k = np.arange(max(0, d0 + d1 - y0), min(d0 + d1, y1) + 1.0)
    log_ways = _log_choose(y1, k) + _log_choose(y0, d0 + d1 - k)
    at_ratio, at_1 = logsumexp(log_ways + k * log_ratio), logsumexp(log_ways)
    return d1 * log_ratio - float(at_ratio - at_1)


def _log_choose(n: int, k: Floats) -> Floats:
    return gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0)


def _check_ratio(hazard_ratio: float) -> None:
    check_positive("hazard_ratio", hazard_ratio)
    if hazard_ratio == 1.0:
        raise ValueError("hazard_ratio is 1, the null: give the smallest ratio that matters")


def _checked(
    at_risk_control: Sequence[int],
    at_risk_treatment: Sequence[int],
    events_control: Sequence[int],
    events_treatment: Sequence[int],
) -> list[tuple[int, int, int, int]]:
    """Return the risk sets as (control, treatment, events on control, events on treatment)."""
    y0 = checked_counts("at_risk_control", at_risk_control)
    y1 = checked_counts("at_risk_treatment", at_risk_treatment)
    d0 = checked_counts("events_control", events_control)
    d1 = checked_counts("events_treatment", events_treatment)
    for name, counts in (
        ("at_risk_treatment", y1),
        ("events_control", d0),
        ("events_treatment", d1),
    ):
        check_equal_length(name, counts, y0)
    for name, events, patients in (("events_control", d0, y0), ("events_treatment", d1, y1)):
        for d, y in zip(events, patients, strict=True):
            if d > y:
                raise ValueError(f"{name} has {d} of {y} patients at risk: count them at risk")
    return list(zip(y0, y1, d0, d1, strict=True))
