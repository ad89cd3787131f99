"""Recursive integration: a score process with independent normal increments between boundaries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil, inf, isnan, pi, sqrt
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, roots_legendre

from monitor.stats.e_value import Floats
from monitor.stats.estimate import check_equal_length, check_increasing, check_number

REACH = 10.0
"""Standard deviations from the mean beyond which a path has no probability worth counting."""
NODES = 8
"""Gauss-Legendre nodes on each panel, which is at most one standard deviation of a step wide."""
LEAST_STEP = 1e-4
"""The smallest step of information, relative to the information before, that is integrated."""


class NormalCrossing(NamedTuple):
    """The probabilities to cross the upper and the lower bound at each look, for the first time."""

    upper: list[float]
    lower: list[float]


@dataclass(slots=True)
class ScorePaths:
    """The paths that have not crossed: their scores at the last look and the mass at each.

    At information t the score is normal with mean ``drift * t`` and variance t, and increments are
    independent; ``score / sqrt(t)`` is the z-statistic (Armitage, McPherson & Rowe 1969, JRSS A
    132:235-244; Jennison & Turnbull 2000, chapter 19).
    """

    drift: float = 0.0
    information: float = 0.0
    scores: Floats = field(default_factory=lambda: np.zeros(1))
    masses: Floats = field(default_factory=lambda: np.ones(1))

    def above(self, z: float, information: float) -> float:
        """Return the probability of a z-statistic of *z* or more at *information*."""
        step = information - self.information
        distance = self.scores + self.drift * step - z * sqrt(information)
        return float(self.masses @ ndtr(distance / sqrt(step)))

    def below(self, z: float, information: float) -> float:
        """Return the probability of a z-statistic of *z* or less at *information*."""
        step = information - self.information
        distance = z * sqrt(information) - self.scores - self.drift * step
        return float(self.masses @ ndtr(distance / sqrt(step)))

    def stay(self, low: float, high: float, information: float, next_step: float) -> None:
        """Go on to *information* with the paths whose z-statistic is between *low* and *high*.

        *next_step* is the step of information that follows, which must be resolved as well.
        """
        root, step = sqrt(information), information - self.information
        centre = self.drift * information
        start, end = max(low * root, centre - REACH * root), min(high * root, centre + REACH * root)
        if start >= end:
            self.scores, self.masses, self.information = np.zeros(1), np.zeros(1), information
            return
        nodes, weights = _panels(start, end, sqrt(min(step, next_step)))
        distance = (nodes[:, np.newaxis] - self.scores - self.drift * step) / sqrt(step)
        density = np.exp(-0.5 * distance * distance) @ self.masses / sqrt(2.0 * pi * step)
        self.scores, self.masses, self.information = nodes, weights * density, information


def normal_crossing(
    information: Sequence[float],
    upper: Sequence[float],
    *,
    lower: Sequence[float] | None = None,
    drift: float = 0.0,
) -> NormalCrossing:
    """Return the probabilities to cross each bound, on the scale of the z-statistic.

    *information* is that at each look, in any unit; ``drift * sqrt(information)`` is the mean of
    the z-statistic.  Bounds may be infinite: no stop at that look.

    >>> crossing = normal_crossing([1.0, 2.0], [1.959964, 1.959964], lower=[-1.959964, -1.959964])
    >>> round(sum(crossing.upper) + sum(crossing.lower), 4)
    0.0831

    Raises ValueError where *information* does not increase by at least 1 in 10,000 of itself, a
    bound is not a number, or their numbers differ, or *drift* is not finite.
    """
    check_number("drift", drift)
    steps = checked_steps(information)
    lower = [-inf] * len(upper) if lower is None else lower
    for name, bounds in (("upper", upper), ("lower", lower)):
        check_equal_length(name, bounds, information)
        if any(isnan(bound) for bound in bounds):
            raise ValueError(f"{name} has {float('nan')!r}: give z-statistics, or an infinite one")
    paths, above, below = ScorePaths(drift), list[float](), list[float]()
    for time, high, low, next_step in zip(information, upper, lower, steps, strict=True):
        above.append(paths.above(high, time))
        below.append(paths.below(min(low, high), time))
        paths.stay(low, high, time, next_step)
    return NormalCrossing(above, below)


def checked_steps(information: Sequence[float]) -> list[float]:
    """Return the step of information after each look, infinite after the last.

    Raises ValueError where *information* does not increase by at least 1 in 10,000 of itself.
    """
    check_increasing("information", information)
    steps = [*np.diff(information).tolist(), inf]
    for time, step in zip(information, steps, strict=True):
        if step < LEAST_STEP * time:
            raise ValueError(
                f"information rises by {step!r} after {time!r}: leave out one of the two looks"
            )
    return steps


def _panels(start: float, end: float, width: float) -> tuple[Floats, Floats]:
    """Return the nodes and weights of an integral from *start* to *end* in panels of *width*."""
    nodes, weights = (np.asarray(part, dtype=float) for part in roots_legendre(NODES))
    edges = np.linspace(start, end, ceil((end - start) / width) + 1)
    half = np.diff(edges)[:, np.newaxis] / 2.0
    middle = (edges[:-1] + edges[1:])[:, np.newaxis] / 2.0
    return (middle + half * nodes).ravel(), (half * weights).ravel()
