"""Betting on the mean of bounded observations: a martingale, and limits valid at all looks."""

from __future__ import annotations

from collections.abc import Sequence
from math import log

import numpy as np

from monitor.stats.e_value import Floats
from monitor.stats.estimate import Estimate, check_probability
from monitor.stats.root import root

TRUNCATION = 0.5
"""The share of the capital that a bet risks at most."""


def betting_martingale(
    observations: Sequence[float], null_mean: float, *, theta: float = 0.5, alpha: float = 0.05
) -> list[float]:
    """Return the capital after each observation of a gambler who doubts *null_mean*.

    One gambler bets on a higher, one on a lower mean; the result is the larger of *theta* times
    the first and ``1 - theta`` times the second capital.  Bets depend on earlier observations only:
    ``sqrt(2 log(1 / alpha) / (variance t log(1 + t)))``, with mean and variance estimated from them
    and one pretended observation, cut off where half of the capital is at risk.  Under the null
    P(ever 1/a or more) <= a, whatever the distribution on 0 to 1 (Waudby-Smith & Ramdas 2024, JRSS
    B 86:1-27).

    >>> path = betting_martingale([0, 0, 1, 0, 1, 1, 0, 1, 1, 1], 0.3, theta=1.0)
    >>> round(path[-1], 6)
    4.449257

    Raises ValueError where an observation or *theta* is not from 0 to 1, or *null_mean* or *alpha*
    is not between 0 and 1.
    """
    x = _checked(observations)
    check_probability("null_mean", null_mean, "a mean between 0 and 1, like 0.5")
    check_probability("alpha", alpha, "an error probability between 0 and 1, like 0.05")
    if not 0.0 <= theta <= 1.0:
        raise ValueError(f"theta is {theta!r}: give a weight from 0 to 1")
    higher, lower = _capitals(x, _bets(x, alpha), null_mean)
    return np.maximum(theta * higher, (1.0 - theta) * lower).tolist()


def betting_confidence_sequence(observations: Sequence[float], *, alpha: float = 0.05) -> Estimate:
    """Return the mean with limits that hold after every observation, with error *alpha* in all.

    The limits are the means against which the capital of `betting_martingale` (*theta* 1/2) has
    never been ``1 / alpha``.  Capital falls as the mean doubted rises to meet the higher gambler,
    so these means are an interval, and they may exclude today's mean.  Limits that cross leave no
    mean, with probability at most *alpha*.  Without observations the value is None, the limits 0
    and 1.

    >>> [round(x, 4) for x in betting_confidence_sequence([0, 1] * 50)]
    [0.5, 0.3348, 0.6518]

    Raises ValueError where an observation is not from 0 to 1 or *alpha* is not between 0 and 1.
    """
    x = _checked(observations)
    check_probability("alpha", alpha, "an error probability between 0 and 1, like 0.05")
    if not len(x):
        return Estimate(None, 0.0, 1.0)
    bets, threshold = _bets(x, alpha), log(2.0 / alpha)

    def excess(mean: float, gambler: int) -> float:
        if not 0.0 < mean < 1.0:
            return 1.0
        return log(float(_capitals(x, bets, mean)[gambler].max())) - threshold

    mean = float(x.mean())
    low = root(lambda m: excess(m, 0), 1.0 - 1e-12, 0.0)
    high = root(lambda m: excess(m, 1), 1e-12, 1.0)
    return Estimate(mean, low, high)


def _bets(x: Floats, alpha: float) -> Floats:
    """Return the bet before each observation."""
    t = np.arange(1.0, len(x) + 1.0)
    means = (0.5 + np.cumsum(x)) / (t + 1.0)
    variances = (0.25 + np.cumsum((x - means) ** 2)) / (t + 1.0)
    before = np.concatenate(([0.25], variances[:-1]))
    return np.sqrt(-2.0 * log(alpha) / (t * np.log1p(t) * before))


def _capitals(x: Floats, bets: Floats, mean: float) -> tuple[Floats, Floats]:
    """Return the capital of the gambler on a higher and of the one on a lower mean."""
    higher = 1.0 + np.minimum(bets, TRUNCATION / mean) * (x - mean)
    lower = 1.0 - np.minimum(bets, TRUNCATION / (1.0 - mean)) * (x - mean)
    return np.cumprod(higher, dtype=np.float64), np.cumprod(lower, dtype=np.float64)


def _checked(observations: Sequence[float]) -> Floats:
    """Return *observations* as an array."""
    for value in observations:
        if not 0.0 <= value <= 1.0:
            raise ValueError(f"observations has {value!r}: give numbers from 0 to 1")
    return np.array(observations, dtype=float)
