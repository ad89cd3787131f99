"""The probability of so few events, where subjects differ in their rates (gamma-Poisson)."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from scipy.special import betainc, pdtr


def excess_variance(counts: Sequence[int], expected: Sequence[float]) -> float:
    """Return the variance of the subjects' rates relative to their mean, by moments, at least 0.

    *counts* are events by subject, *expected* those that a common rate expects.  For gamma rates
    with mean 1 and variance a, a count has variance m + a m^2; a is the sum of (x - m)^2 - x over
    the sum of m^2.  Equal rates give 0:

    >>> excess_variance([2, 3, 2, 3], [2.5, 2.5, 2.5, 2.5])
    0.0
    >>> round(excess_variance([0, 0, 0, 10], [2.5, 2.5, 2.5, 2.5]), 2)
    2.6

    Raises ValueError where a count or an expected number is negative or not finite.
    """
    for count, mean in zip(counts, expected, strict=True):
        _check(count, mean)
    squares = sum(mean * mean for mean in expected)
    if not squares:
        return 0.0
    spread = sum((x - m) ** 2 - x for x, m in zip(counts, expected, strict=True))
    return max(0.0, spread / squares)


def gamma_poisson_lower_tail(
    events: int, expected: float, *, subjects: int, variance: float
) -> float:
    """Return P(X <= *events*) for the events of *subjects* subjects, *expected* in all.

    Each subject's rate has the relative *variance* (0: Poisson).  One subject without an event is
    no proof where subjects differ; twenty are:

    >>> round(gamma_poisson_lower_tail(0, 8.0, subjects=1, variance=0.0), 4)
    0.0003
    >>> round(gamma_poisson_lower_tail(0, 8.0, subjects=1, variance=1.0), 4)
    0.1111
    >>> gamma_poisson_lower_tail(0, 160.0, subjects=20, variance=1.0) < 1e-9
    True

    Raises ValueError where an argument is negative or not finite, or *subjects* is 0.
    """
    _check(events, expected)
    if subjects < 1:
        raise ValueError(f"subjects is {subjects!r}: give at least 1")
    if not (isfinite(variance) and variance >= 0):
        raise ValueError(f"variance is {variance!r}: give a finite number of 0 or more")
    if not variance or not expected:
        return float(pdtr(events, expected))
    size = subjects / variance
    return float(betainc(size, events + 1, size / (size + expected)))


def _check(events: int, expected: float) -> None:
    if events < 0:
        raise ValueError(f"events is {events!r}: give a count of 0 or more")
    if not (isfinite(expected) and expected >= 0):
        raise ValueError(f"expected is {expected!r}: give a finite mean of 0 or more")
