"""Exact alpha spending for binomial data: whole-number limits that spend no more than planned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from monitor.stats.estimate import check_equal_length, check_probability, check_rising
from monitor.stats.sequential.binomial_paths import binomial_probabilities, checked_looks


class SpentLimits(NamedTuple):
    """The fewest events at each look that signal, and the alpha spent by each look in all.

    A limit above the number of trials at a look means that no number of events signals there.
    """

    limits: list[int]
    spent: list[float]


def binomial_spending_limits(
    looks: Sequence[int], null_probability: float, cumulative_alpha: Sequence[float]
) -> SpentLimits:
    """Return the smallest limits that spend at most *cumulative_alpha* by each look.

    *looks* are numbers of trials: patients of one arm, or events on both arms with the share of
    treatment as *null_probability*.  Counts are discrete, so less is spent than planned; what a
    look leaves over is there for the next one (Jennison & Turnbull 2000, section 12.1, with the
    spending of Lan & DeMets 1983).  The spent alpha is exact.

    >>> limits, spent = binomial_spending_limits([10, 20, 30], 0.2, [0.01, 0.02, 0.05])
    >>> limits, [round(value, 4) for value in spent]
    ([6, 9, 11], [0.0064, 0.014, 0.0318])

    Raises ValueError where *looks* do not increase, *null_probability* is not between 0 and 1, or
    *cumulative_alpha* falls, is not between 0 and 1 or has another length.
    """
    looks = checked_looks(looks)
    check_probability("null_probability", null_probability, "a probability between 0 and 1")
    check_equal_length("cumulative_alpha", cumulative_alpha, looks)
    check_rising("cumulative_alpha", cumulative_alpha)
    mass, trials, total = np.ones(1), 0, 0.0
    result = SpentLimits([], [])
    for look, planned in zip(looks, cumulative_alpha, strict=True):
        mass = np.convolve(mass, binomial_probabilities(look - trials, null_probability))
        # The probability of so many events or more, for each number of events.
        tails = np.cumsum(mass[::-1])[::-1]
        limit = int(np.sum(total + tails > planned))
        total += float(tails[limit]) if limit < len(tails) else 0.0
        result.limits.append(limit)
        result.spent.append(total)
        mass, trials = mass[: max(limit, 1)] if limit else np.zeros(1), look
    return result
