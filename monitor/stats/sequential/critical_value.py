"""The smallest critical value whose type I error is at most alpha."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from monitor.stats.e_value import Floats
from monitor.stats.estimate import check_number, check_probability
from monitor.stats.root import root

TIE = 1e-9
"""Statistics that differ by less, relative to their size, are equal but for rounding."""


def continuous_critical_value(
    type_i_error: Callable[[float], float], alpha: float, *, low: float, high: float
) -> float:
    """Return where *type_i_error* falls to *alpha*, between *low* and *high*.

    *type_i_error* decreases.  Where it jumps over *alpha*, the result is the smallest number found
    at which it is at most *alpha*, so that the error promised is never exceeded.

    >>> round(continuous_critical_value(lambda value: 1.0 / value, 0.25, low=1.0, high=8.0), 12)
    4.0

    Raises ValueError where *alpha* is not between 0 and 1, *low* or *high* is not finite, or
    *alpha* is not between the errors there.
    """
    check_probability("alpha", alpha, "a type I error between 0 and 1, like 0.05")
    check_number("low", low)
    check_number("high", high)
    if not type_i_error(low) >= alpha >= type_i_error(high):
        raise ValueError(
            f"alpha is {alpha!r}, but no rule of this size has that type I error: follow longer"
        )
    value = root(lambda value: alpha - type_i_error(value), low, high)
    step = 1e-15 * abs(value)
    while type_i_error(value) > alpha:
        value, step = value + step, 2.0 * step
    return value


def discrete_critical_value(
    type_i_error: Callable[[float], float], alpha: float, statistics: Floats
) -> float:
    """Return the smallest of *statistics*, used as a critical value, with an error at most *alpha*.

    Only values that the statistic can take make different rules.  Infinity means that no value
    signals seldom enough, so the rule never signals.

    >>> discrete_critical_value(lambda value: 1.0 / value, 0.3, np.array([1.0, 2.0, 4.0, 8.0]))
    4.0

    Raises ValueError where *alpha* is not between 0 and 1, or one of *statistics* is not a number.
    """
    check_probability("alpha", alpha, "a type I error between 0 and 1, like 0.05")
    if np.isnan(statistics).any():
        raise ValueError("statistics has nan: give numbers")
    values = np.unique(statistics[np.isfinite(statistics)])
    low, high = 0, len(values)
    while low < high:
        middle = (low + high) // 2
        if type_i_error(float(values[middle])) <= alpha:
            high = middle
        else:
            low = middle + 1
    return float(values[low]) if low < len(values) else float("inf")
