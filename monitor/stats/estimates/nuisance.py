"""The largest probability of a set of 2x2 tables over the common risk, for unconditional tests."""

from __future__ import annotations

from math import pi, sqrt
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, xlog1py, xlogy

from monitor.stats.e_value import Floats
from monitor.stats.estimate import checked_count

Alternative: TypeAlias = Literal["two-sided", "greater", "less"]
"""The direction of a test; *greater* means that treatment has the higher risk."""
Tables: TypeAlias = NDArray[np.bool_]
"""One entry for each pair of event counts: rows are treatment, columns are control."""

GRID_MIN, ZOOM_POINTS, PEAKS = 513, 33, 3
"""Points of the first grid, of each closer one, and how many of its peaks are looked at closely."""
WIDTH_MIN = 1e-9


class UnconditionalTest(NamedTuple):
    """The statistic that orders the tables, and the p-value of the test."""

    statistic: float
    p_value: float


def check_alternative(alternative: str) -> None:
    """Raise ValueError where *alternative* is no direction of a test."""
    if alternative not in ("two-sided", "greater", "less"):
        raise ValueError(f"alternative is {alternative!r}: give two-sided, greater or less")


def largest_probability(is_extreme: Tables) -> float:
    """Return the largest probability of the tables in *is_extreme*, over all common risks.

    The risk is ``sin^2`` of an angle, on which a proportion has the same variance everywhere.  A
    grid is searched, and then closer ones around its three highest peaks.

    >>> round(largest_probability(np.array([[False, True], [True, False]])), 9)
    0.5
    """
    if is_extreme.ndim != 2 or not is_extreme.size:
        raise ValueError(f"is_extreme is {is_extreme!r}: give one entry for each table")
    patients = sum(is_extreme.shape) - 2
    angles: Floats = np.linspace(0.0, pi / 2.0, max(GRID_MIN, int(16.0 * sqrt(patients))))
    values = _probabilities(is_extreme, angles)
    inner = values[1:-1]
    peaks = 1 + np.flatnonzero((inner >= values[:-2]) & (inner >= values[2:]))
    highest = peaks[np.argsort(values[peaks])[::-1][:PEAKS]]
    step = float(angles[1])
    closer = [_highest_near(is_extreme, float(angle), step) for angle in angles[highest]]
    return min(1.0, max([float(values.max()), *closer]))


def _highest_near(is_extreme: Tables, angle: float, width: float) -> float:
    """Return the peak of the probability within *width* of *angle*."""
    highest = 0.0
    while width > WIDTH_MIN:
        angles: Floats = np.linspace(angle - width, angle + width, ZOOM_POINTS)
        values = _probabilities(is_extreme, angles)
        angle, highest = float(angles[values.argmax()]), float(values.max())
        width *= 4.0 / ZOOM_POINTS
    return highest


def _probabilities(is_extreme: Tables, angles: Floats) -> Floats:
    """Return the probability of the tables at each common risk."""
    treated, control = (_binomial(size - 1, angles) for size in is_extreme.shape)
    total: Floats = ((treated @ is_extreme.astype(np.float64)) * control).sum(axis=1)
    return total


def _binomial(patients: int, angles: Floats) -> Floats:
    """Return the probability of each number of events (columns) at each angle (rows)."""
    counts: Floats = np.arange(patients + 1.0)
    risks = (np.sin(angles) ** 2)[:, np.newaxis]
    combinations: Floats = log_combinations(patients, counts)
    logs = combinations + xlogy(counts, risks) + xlog1py(patients - counts, -risks)
    return np.exp(logs)


def log_combinations(patients: int, counts: Floats) -> Floats:
    """Return the logarithm of the number of ways to choose each of *counts* of *patients*.

    >>> log_combinations(4, np.array([2.0])).round(6).tolist()
    [1.791759]
    """
    patients = checked_count("patients", patients)
    all_orders = float(gammaln(patients + 1.0))
    ways: Floats = all_orders - gammaln(counts + 1.0) - gammaln(patients - counts + 1.0)
    return ways
