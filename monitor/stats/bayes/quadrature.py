"""Integrals of densities on the real line with one peak, for posterior probabilities."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, pi

import numpy as np

from monitor.stats.e_value import Floats
from monitor.stats.estimate import check_positive

NEGLIGIBLE = 45.0
"""A log density so far below its peak is left out: a factor of 3e-20."""
GRID_POINTS = 801

STEPS: Floats = np.linspace(-3.2, 3.2, GRID_POINTS)
POINTS: Floats = np.tanh(pi / 2.0 * np.sinh(STEPS))
WEIGHTS: Floats = (
    (STEPS[1] - STEPS[0]) * pi / 2.0 * np.cosh(STEPS) / np.cosh(pi / 2.0 * np.sinh(STEPS)) ** 2
)
"""Points and weights of the tanh-sinh rule on -1..1 (Takahasi & Mori 1974, Publ. RIMS 9:721)."""


def log_beta_density(a: float, b: float) -> Callable[[Floats], Floats]:
    """Return the log density of the log odds of a ``Beta(a, b)`` probability, up to a constant.

    >>> log_beta_density(1.0, 1.0)(np.zeros(1)).round(6).tolist()
    [-1.386294]
    """
    check_positive("a", a)
    check_positive("b", b)
    return lambda log_odds: a * log_odds - (a + b) * np.logaddexp(0.0, log_odds)


def support(
    log_density: Callable[[Floats], Floats], slope: float, fall: float
) -> tuple[float, float]:
    """Return the ends of the interval where *log_density* is not negligible.

    It has one peak, rises with at least *slope* far on the left and falls with at least *fall* far
    on the right.  A grid is narrowed until it no longer shrinks.

    >>> low, high = support(lambda x: -x * x / 2.0, 1.0, 1.0)
    >>> -10.5 < low < -9.4, 9.4 < high < 10.5
    (True, True)
    """
    check_positive("slope", slope)
    check_positive("fall", fall)
    low, high = -2.0 * NEGLIGIBLE / slope - NEGLIGIBLE, 2.0 * NEGLIGIBLE / fall + NEGLIGIBLE
    while True:
        grid: Floats = np.linspace(low, high, GRID_POINTS)
        values = log_density(grid)
        inside = np.flatnonzero(values >= values.max() - NEGLIGIBLE)
        first, last = max(0, int(inside[0]) - 1), min(GRID_POINTS - 1, int(inside[-1]) + 1)
        low, high = float(grid[first]), float(grid[last])
        if last - first > GRID_POINTS // 4:
            return low, high


def integral(
    log_density: Callable[[Floats], Floats], low: float, high: float, peak: float
) -> float:
    """Return the integral of ``exp(log_density - peak)`` from *low* to *high*.

    The tanh-sinh rule bears any power at either end.

    >>> round(integral(lambda x: -x * x / 2.0, -10.0, 10.0, 0.0), 9)
    2.506628275
    """
    if not -inf < low <= high < inf:
        raise ValueError(
            f"low is {low!r} and high is {high!r}: give finite ends in ascending order"
        )
    half = (high - low) / 2.0
    values = log_density(low + half * (1.0 + POINTS)) - peak
    return half * float(np.exp(values) @ WEIGHTS)
