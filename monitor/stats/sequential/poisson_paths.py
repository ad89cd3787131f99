"""Exact probabilities that a Poisson process reaches a boundary of whole numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.special import gammainc, gammaln, xlogy

from monitor.stats.e_value import Floats
from monitor.stats.estimate import (
    check_amount,
    check_equal_length,
    check_increasing,
    check_positive,
    checked_counts,
)


def poisson_crossing(times: Sequence[float], limits: Sequence[int], *, rate: float = 1.0) -> float:
    """Return the probability that the count is at least a limit at its time.

    The count at time t is Poisson with mean ``rate * t`` and has independent increments.  A path
    crosses where its count at ``times[i]`` is ``limits[i]`` or more.  Counts below the limit are
    convolved with the next increment, which is exact but for rounding (Kulldorff et al. 2011,
    Sequential Analysis 30:58-78).

    >>> round(poisson_crossing([1.0, 2.0], [3, 4]), 6)
    0.165432

    Raises ValueError where *times* do not increase, *limits* are no counts of at least 1 or
    decrease, or *rate* is not above zero.
    """
    check_positive("rate", rate)
    return max(0.0, 1.0 - float(_below(*checked_boundary(times, limits), rate)))


def poisson_mean_time(
    times: Sequence[float],
    limits: Sequence[int],
    *,
    rate: float = 1.0,
    monitored_from: float = 0.0,
) -> float:
    """Return the mean time at which a path crosses, or ends at the last of *times*.

    A path that is monitored continuously crosses within an interval at the event that reaches its
    limit.  Before *monitored_from*, it crosses at the end of an interval only; infinity means
    looks at *times* alone.  The mean is the integral of the probability not to have crossed.

    >>> round(poisson_mean_time([2.0], [1]), 6)  # 1 - exp(-2)
    0.864665
    >>> poisson_mean_time([2.0], [1], monitored_from=float("inf"))
    2.0

    Raises ValueError where *times* do not increase, *limits* are no counts of at least 1 or
    decrease, *rate* is not above zero, or *monitored_from* is negative or not a number.
    """
    check_positive("rate", rate)
    if not monitored_from >= 0.0:
        raise ValueError(f"monitored_from is {monitored_from!r}: give zero or more")
    mean, start = 0.0, 0.0
    times, limits = checked_boundary(times, limits)
    for time, limit, mass in zip(times, limits, _masses(times, limits, rate), strict=False):
        length = time - start
        if start >= monitored_from:
            # Mean time until the (i + 1)th next event, cut off at the end of the interval.
            waits = np.cumsum(gammainc(np.arange(1.0, limit + 1.0), rate * length)) / rate
            mean += float(mass @ waits[limit - 1 - np.arange(len(mass))])
        else:
            mean += length * float(mass.sum())
        start = time
    return mean


def checked_boundary(
    times: Sequence[float], limits: Sequence[int]
) -> tuple[list[float], list[int]]:
    """Return *times* and *limits* as plain lists.

    Raises ValueError where *times* do not increase, or *limits* are not as many counts of at
    least 1, none below the one before.
    """
    check_increasing("times", times)
    limits = checked_counts("limits", limits, at_least=1)
    check_equal_length("limits", limits, times)
    if limits != sorted(limits):
        raise ValueError("limits decrease: give limits that never fall over time")
    return [float(time) for time in times], limits


def poisson_probabilities(mean: float, count: int) -> Floats:
    """Return the Poisson probabilities of 0 to *count* - 1 events where *mean* are expected.

    >>> poisson_probabilities(0.0, 2).tolist()
    [1.0, 0.0]

    Raises ValueError where *mean* is negative or not finite, or *count* is no count.
    """
    check_amount("mean", mean)
    events = np.arange(checked_counts("count", [count])[0], dtype=float)
    return np.exp(xlogy(events, mean) - mean - gammaln(events + 1.0))


def _masses(times: list[float], limits: list[int], rate: float) -> Iterator[Floats]:
    """Yield the probability of each count not crossed, at the start and after each interval."""
    mass, start = np.ones(1), 0.0
    log_factorials = gammaln(np.arange(limits[-1]) + 1.0)
    for time, limit in zip(times, limits, strict=True):
        yield mass
        mean, events = rate * (time - start), np.arange(limit)
        increments = np.exp(xlogy(events, mean) - mean - log_factorials[:limit])
        mass, start = np.convolve(mass, increments)[:limit], time
    yield mass


def _below(times: list[float], limits: list[int], rate: float) -> float:
    """Return the probability that no limit is reached."""
    *_, mass = _masses(times, limits, rate)
    return min(1.0, float(mass.sum()))
