"""Poisson MaxSPRT with scheduled looks: counts at which each look signals."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import numpy as np
from scipy.special import xlogy

from monitor.stats.e_value import Floats
from monitor.stats.estimate import (
    check_increasing,
    check_positive,
    check_probability,
    checked_counts,
)
from monitor.stats.sequential.critical_value import TIE, discrete_critical_value
from monitor.stats.sequential.poisson_maxsprt import PoissonPerformance, performance_of
from monitor.stats.sequential.poisson_paths import poisson_crossing


def poisson_maxsprt_group_limits(
    expected: Sequence[float], critical_value: float, *, minimum_events: int = 1
) -> list[int]:
    """Return the fewest events at each look whose log likelihood ratio is *critical_value* or more.

    *expected* is the number of events expected under the null up to each look.  The rule is stored
    as these whole numbers: critical values between two attainable ratios make the same rule
    (Kulldorff et al. 2011, Sequential Analysis 30:58-78).

    >>> poisson_maxsprt_group_limits([5.0, 11.0, 17.0, 22.0, 30.0], 2.131834)
    [11, 19, 27, 33, 43]

    Raises ValueError where *expected* does not increase, *critical_value* is not above zero, or
    *minimum_events* is not at least 1.
    """
    check_increasing("expected", expected)
    check_positive("critical_value", critical_value)
    (least,) = checked_counts("minimum_events", [minimum_events], at_least=1)
    ratios = _ratios(np.asarray(expected, dtype=float), critical_value)
    fewest = np.sum(ratios < critical_value * (1.0 - TIE), axis=1)
    return np.maximum(fewest, least).astype(int).tolist()


def poisson_maxsprt_group_type_i_error(expected: Sequence[float], limits: Sequence[int]) -> float:
    """Return the exact probability that a look has its limit of events where the rate is expected.

    >>> round(poisson_maxsprt_group_type_i_error([5, 11, 17, 22, 30], [11, 19, 27, 33, 43]), 8)
    0.04622338

    Raises ValueError where *expected* does not increase, and as `poisson_paths.poisson_crossing`
    does.
    """
    check_increasing("expected", expected)
    return poisson_crossing(expected, limits)


def poisson_maxsprt_group_critical_value(
    expected: Sequence[float], alpha: float, *, minimum_events: int = 1
) -> float:
    """Return the smallest attainable log likelihood ratio whose rule has error at most *alpha*.

    Every critical value from just above the next smaller ratio up to this one makes the same rule.

    >>> round(poisson_maxsprt_group_critical_value([5.0, 11.0, 17.0, 22.0, 30.0], 0.05), 4)
    2.3803

    Raises ValueError as `poisson_maxsprt_group_limits` does, and where *alpha* is not between 0
    and 1.
    """
    check_probability("alpha", alpha, "a type I error between 0 and 1, like 0.05")
    check_increasing("expected", expected)

    def type_i_error(critical_value: float) -> float:
        limits = poisson_maxsprt_group_limits(
            expected, critical_value, minimum_events=minimum_events
        )
        return poisson_crossing(expected, limits)

    # One look alone exceeds this ratio with probability below alpha / looks (Chernoff's bound).
    highest = float(np.log(len(expected) / alpha)) + 1.0
    ratios = _ratios(np.asarray(expected, dtype=float), highest)
    return discrete_critical_value(type_i_error, alpha, ratios[ratios > 0.0])


def poisson_maxsprt_group_performance(
    expected: Sequence[float], limits: Sequence[int], rate_ratio: float
) -> PoissonPerformance:
    """Return power, mean time to a signal and mean length at *rate_ratio*, in expected events.

    >>> power = poisson_maxsprt_group_performance([5, 11, 17, 22, 30], [11, 19, 27, 33, 43], 2.0)
    >>> round(power.power, 3)
    0.994

    Raises ValueError where *expected* does not increase or *rate_ratio* is not above zero, and as
    `poisson_paths.poisson_crossing` does.
    """
    check_increasing("expected", expected)
    check_positive("rate_ratio", rate_ratio)
    return performance_of(list(expected), list(limits), rate_ratio, monitored_from=inf)


def _ratios(expected: Floats, highest: float) -> Floats:
    """Return the log likelihood ratio of each look (row) and count, until *highest* is passed."""
    most = expected[-1] + np.sqrt(2.0 * highest * expected[-1]) + highest
    counts = np.arange(int(most) + 3, dtype=float)
    means = expected[:, np.newaxis]
    return np.where(counts > means, means - counts + xlogy(counts, counts / means), 0.0)
