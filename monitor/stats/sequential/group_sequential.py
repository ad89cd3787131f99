"""Group-sequential bounds of the z-statistic: by alpha spending, or of a fixed shape."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, log

import numpy as np

from monitor.stats.estimate import (
    check_amount,
    check_equal_length,
    check_increasing,
    check_positive,
    check_probability,
    check_rising,
    checked_counts,
)
from monitor.stats.root import root
from monitor.stats.sequential.alpha_spending import Spending, alpha_spending_function
from monitor.stats.sequential.critical_value import continuous_critical_value
from monitor.stats.sequential.score_paths import ScorePaths, checked_steps, normal_crossing

TINY = 1e-300
FARTHEST = 40.0
"""No z-statistic is looked for beyond: its tail probability is not a number above 0."""


def gs_bounds_by_spending(
    information: Sequence[float], cumulative_alpha: Sequence[float], *, sides: int = 1
) -> list[float]:
    """Return the upper bound of the z-statistic at each look, for alpha spent as stated.

    The bound of a look is where the probability to cross there for the first time is the alpha
    spent since the look before (Lan & DeMets 1983, Biometrika 70:659-663).  A bound needs only the
    looks up to its own, so later information times may be unknown.  With two *sides*, the lower
    bound is minus the upper one, and each side spends half.  A look that spends nothing has an
    infinite bound.

    >>> bounds = gs_bounds_by_spending([0.25, 0.5, 0.75, 1.0], [0.01, 0.02, 0.03, 0.05])
    >>> [round(bound, 4) for bound in bounds]
    [2.3263, 2.2193, 2.1201, 1.819]

    Raises ValueError where *information* does not increase by at least 1 in 10,000 of itself,
    *cumulative_alpha* falls, is not between 0 and 1 or has another length, or *sides* is not 1
    or 2.
    """
    steps = checked_steps(information)
    _check_sides(sides)
    check_equal_length("cumulative_alpha", cumulative_alpha, information)
    check_rising("cumulative_alpha", cumulative_alpha)
    before, paths = 0.0, ScorePaths()
    bounds: list[float] = []
    for time, spent, next_step in zip(information, cumulative_alpha, steps, strict=True):
        bounds.append(_bound(paths, time, (spent - before) / sides, sides))
        low = -bounds[-1] if sides == 2 else -inf
        paths.stay(low, bounds[-1], time, next_step)
        before = spent
    return bounds


def gs_spending_bounds(
    information: Sequence[float],
    alpha: float,
    spending: Spending,
    parameter: float | None = None,
    *,
    sides: int = 1,
) -> list[float]:
    """Return the upper bound at each look for a spending function.

    *information* is the share of the planned information at each look.  With two *sides*, half of
    *alpha* is spent on each.

    >>> bounds = gs_spending_bounds([0.2, 0.4, 1.0], 0.03, Spending.HWANG_SHIH_DECANI, 0.0)
    >>> [round(bound, 4) for bound in bounds]
    [2.5121, 2.4229, 2.028]

    Raises ValueError as `gs_bounds_by_spending` and `alpha_spending.alpha_spending_function` do.
    """
    check_increasing("information", information)
    _check_sides(sides)
    check_probability("alpha", alpha, "a type I error between 0 and 1, like 0.025")
    one_side = alpha_spending_function(spending, alpha / sides, information, parameter)
    return gs_bounds_by_spending(information, [sides * spent for spent in one_side], sides=sides)


def gs_wang_tsiatis_bounds(
    information: Sequence[float], alpha: float, delta: float, *, sides: int = 1
) -> list[float]:
    """Return bounds ``C (t / T)^(delta - 0.5)``, T being the information at the last look.

    *delta* 0 is O'Brien & Fleming's shape, 0.5 Pocock's (Wang & Tsiatis 1987, Biometrics
    43:193-199).  The last bound is the constant C, for which the type I error is *alpha* in all.

    >>> bounds = gs_wang_tsiatis_bounds([1, 2, 3], 0.025, 0.0)
    >>> [round(bound, 6) for bound in bounds]
    [3.471091, 2.454432, 2.004036]

    Raises ValueError where *information* does not increase by at least 1 in 10,000 of itself,
    *alpha* is not between 0 and 1, *delta* is negative or not finite, or *sides* is not 1 or 2.
    """
    checked_steps(information)
    check_amount("delta", delta)
    _check_sides(sides)
    shape = (np.asarray(information, dtype=float) / information[-1]) ** (delta - 0.5)

    def type_i_error(constant: float) -> float:
        return _crossing_error(information, (constant * shape).tolist(), sides)

    constant = continuous_critical_value(type_i_error, alpha, low=-8.0 * (2 - sides), high=20.0)
    return (constant * shape).tolist()


def gs_unadjusted_type_i_error(looks: int, critical_z: float, *, sides: int = 2) -> float:
    """Return the type I error of the same bound at each of equally spaced looks.

    What repeated looks do to a test that ignores them (Armitage, McPherson & Rowe 1969).

    >>> round(gs_unadjusted_type_i_error(10, 1.959964), 3)
    0.193

    Raises ValueError where *looks* is not at least 1, *critical_z* is not above zero, or *sides* is
    not 1 or 2.
    """
    (looks,) = checked_counts("looks", [looks], at_least=1)
    check_positive("critical_z", critical_z)
    _check_sides(sides)
    return _crossing_error(range(1, looks + 1), [critical_z] * looks, sides)


def _crossing_error(information: Sequence[float], bounds: list[float], sides: int) -> float:
    """Return the probability to cross *bounds*, and their negatives where *sides* is 2."""
    lower = [-bound for bound in bounds] if sides == 2 else None
    crossing = normal_crossing(information, bounds, lower=lower)
    return sum(crossing.upper) + (sum(crossing.lower) if sides == 2 else 0.0)


def _bound(paths: ScorePaths, information: float, spent: float, sides: int) -> float:
    """Return the z-statistic that is exceeded with probability *spent* at *information*."""
    if spent < TINY:
        return inf

    def excess(z: float) -> float:
        return log(spent) - log(max(paths.above(z, information), TINY / 10.0))

    return root(excess, 0.0 if sides == 2 else -FARTHEST, FARTHEST)


def _check_sides(sides: int) -> None:
    if sides not in (1, 2):
        raise ValueError(f"sides is {sides!r}: give 1 or 2")
