"""Exact probabilities that a number of successes reaches boundaries of whole numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import gammaln, xlog1py, xlogy

from monitor.stats.e_value import Floats
from monitor.stats.estimate import (
    check_equal_length,
    check_increasing,
    check_probability,
    checked_counts,
)


class BinomialCrossing(NamedTuple):
    """How paths of a binomial rule end, at one probability of a success.

    *upper* and *lower* are the probabilities to cross that boundary at each look, for the first
    time.  *mean_trials* is the mean number of trials when a path crosses or ends.
    """

    upper: list[float]
    lower: list[float]
    mean_trials: float

    @property
    def upper_probability(self) -> float:
        """The probability to cross the upper boundary at any look."""
        return sum(self.upper)


def binomial_crossing(
    looks: Sequence[int],
    upper: Sequence[int],
    probability: float,
    *,
    lower: Sequence[int] | None = None,
) -> BinomialCrossing:
    """Return the probabilities that the successes reach a boundary, for each look.

    After ``looks[i]`` trials a path crosses upwards with ``upper[i]`` successes or more, and
    downwards with ``lower[i]`` or fewer.  A limit above the number of trials is out of reach, and
    so is a lower one of -1.  Exact, by convolution over the counts between the boundaries
    (Jennison & Turnbull 2000, section 12.1).

    >>> crossing = binomial_crossing([50, 100], [13, 17], 0.1)
    >>> [round(p, 6) for p in crossing.upper], round(crossing.mean_trials, 4)
    ([0.001005, 0.0198], 99.9498)

    Raises ValueError where *looks* do not increase, a limit is no whole number of at least 0 (of
    at least -1 in *lower*), their numbers differ, or *probability* is not between 0 and 1.
    """
    looks, upper, lower = _checked(looks, upper, lower)
    check_probability("probability", probability, "a probability between 0 and 1, like 0.2")
    mass, trials, mean = np.ones(1), 0, 0.0
    above: list[float] = []
    below: list[float] = []
    for look, high, low in zip(looks, upper, lower, strict=True):
        mean += (look - trials) * float(mass.sum())
        mass = np.convolve(mass, binomial_probabilities(look - trials, probability))
        counts = np.arange(len(mass))
        is_above, is_below = counts >= high, counts <= low
        above.append(float(mass[is_above].sum()))
        below.append(float(mass[is_below & ~is_above].sum()))
        mass, trials = np.where(is_above | is_below, 0.0, mass), look
        mass = mass[: max(1, min(len(mass), high))]
    return BinomialCrossing(above, below, mean)


def binomial_probabilities(trials: int, probability: float) -> Floats:
    """Return the probabilities of 0 to *trials* successes.

    >>> binomial_probabilities(2, 0.5).round(12).tolist()
    [0.25, 0.5, 0.25]

    Raises ValueError where *trials* is no count or *probability* is not between 0 and 1.
    """
    (trials,) = checked_counts("trials", [trials])
    check_probability("probability", probability, "a probability between 0 and 1, like 0.2")
    x = np.arange(trials + 1.0)
    log_ways = gammaln(trials + 1.0) - gammaln(x + 1.0) - gammaln(trials - x + 1.0)
    return np.exp(log_ways + xlogy(x, probability) + xlog1py(trials - x, -probability))


def checked_looks(looks: Sequence[int]) -> list[int]:
    """Return *looks* as plain ints.

    Raises ValueError where there is none, where one is not a whole number of at least 1, or where
    they do not increase.
    """
    whole = checked_counts("looks", looks, at_least=1)
    check_increasing("looks", whole)
    return whole


def _checked(
    looks: Sequence[int], upper: Sequence[int], lower: Sequence[int] | None
) -> tuple[list[int], list[int], list[int]]:
    """Return looks and limits as plain ints."""
    looks = checked_looks(looks)
    upper = checked_counts("upper", upper)
    lower = [-1] * len(looks) if lower is None else checked_counts("lower", lower, at_least=-1)
    check_equal_length("upper", upper, looks)
    check_equal_length("lower", lower, looks)
    return looks, upper, lower
