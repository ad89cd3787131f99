"""A confidence sequence of the rate ratio: an interval that holds at all looks at once."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, inf, log

import numpy as np

from monitor.stats.bisection import Bracket, bisection
from monitor.stats.curve import near_limits
from monitor.stats.e_value import LOG_TWO_SIDED_RATIOS, Floats, LogLikelihood, log_mean_exp
from monitor.stats.estimate import check_probability
from monitor.stats.maximum_likelihood import LOG_LIMIT, rate_ratio_mle


def confidence_sequence(
    likelihood: LogLikelihood, alpha: float, *, maximum: float | None = None
) -> tuple[float, float]:
    """Return the limits (low, high) of the rate ratio at confidence ``1 - alpha`` over all looks.

    The set is ``{theta0: mixture / L(theta0) < 1 / alpha}``, where the mixture is the mean of L at
    65 log-uniform points on 1/20..20.  For each theta0 the ratio is an e-process, so the set ever
    misses the true ratio with probability at most *alpha* (Howard, Ramdas, McAuliffe & Sekhon
    2021, Annals of Statistics 49:1055-1080; docs/statistics.md states for which watches this is
    asymptotic).  *low* is 0 or *high* infinity where the likelihood does not fall to
    ``alpha * mixture`` between 1e-9 and 1e9.  Raises ValueError where *alpha* is not between 0 and
    1, or where the likelihood is not a number.  *maximum* is the maximum-likelihood ratio, where
    it is known already.

    >>> seven = lambda b: 7 * (b - np.log((1 + np.exp(b)) / 2))
    >>> low, high = confidence_sequence(seven, 0.05)
    >>> round(low, 6), high
    (0.98368, inf)
    """
    check_probability("alpha", alpha, "an error rate between 0 and 1, like 0.05")
    maximum = rate_ratio_mle(likelihood) if maximum is None else maximum
    return confidence_sequences(likelihood, alpha, [maximum], [None])[0]


def confidence_sequences(
    likelihoods: LogLikelihood,
    alpha: float,
    maxima: Sequence[float],
    curves: Sequence[Floats | None],
) -> list[tuple[float, float]]:
    """Return `confidence_sequence` of several likelihoods, with the digits of each alone.

    *likelihoods* takes points of shape (..., likelihoods, k, m).  *curves* are their values on
    ``LOG_RATIO_GRID``, or None: from them it is guessed where the limits are.
    """
    check_probability("alpha", alpha, "an error rate between 0 and 1, like 0.05")
    count = len(maxima)
    mixtures = likelihoods(np.broadcast_to(LOG_TWO_SIDED_RATIOS, (count, 1, 65)))[:, 0]
    floors = [log_mean_exp(row) - log(1.0 / alpha) for row in mixtures]
    floor_column = np.array(floors)[:, None]

    def above_floor(points: Floats) -> Floats:
        # Each point is alone on the last axis, so that each sum has the digits of a point alone.
        alone = points.reshape(2, count, -1, 1)
        return (likelihoods(alone)[..., 0] - floor_column).reshape(points.shape)

    insides = [_log_within_limits(maximum) for maximum in maxima]
    guesses = [
        (None, None) if curve is None else near_limits(curve, floor)
        for curve, floor in zip(curves, floors, strict=True)
    ]
    brackets = [
        Bracket(inside, outside, guess[side])
        for side, outside in enumerate((-LOG_LIMIT, LOG_LIMIT))
        for inside, guess in zip(insides, guesses, strict=True)
    ]
    limits = _limits(above_floor, brackets)
    return list(zip(limits[:count], limits[count:], strict=True))


def limit_between(
    likelihood: LogLikelihood, floor: float, *, inside: float, outside: float
) -> float:
    """Return the ratio between exp(*inside*) and exp(*outside*) at which log L falls to *floor*.

    It is 0 or infinity, by the sign of *outside*, where log L is above *floor* there.
    """

    def above_floor(points: Floats) -> Floats:
        return (likelihood(points[0]) - floor)[None]

    return _limits(above_floor, [Bracket(inside, outside)])[0]


def _log_within_limits(ratio: float) -> float:
    log_ratio = log(ratio) if 0 < ratio < inf else inf if ratio else -inf
    return min(LOG_LIMIT, max(-LOG_LIMIT, log_ratio))


def _limits(above_floor: LogLikelihood, brackets: list[Bracket]) -> list[float]:
    """Return the rate ratio at which each function is 0, by bisection to 1e-12.

    It is 0 or infinity where the maximum is at that end, or where the function is above 0 there.
    """
    ends = np.array([[bracket.outside] for bracket in brackets])
    results: list[float | None] = []
    for bracket, (value,) in zip(brackets, above_floor(ends).tolist(), strict=True):
        is_unbounded = bracket.inside == bracket.outside or value > 0.0
        results.append((0.0 if bracket.outside < 0.0 else inf) if is_unbounded else None)
        if is_unbounded:
            bracket.inside = bracket.outside  # There is nothing to search.
    zeros = bisection(above_floor, brackets)
    return [
        exp(zero) if result is None else result for zero, result in zip(zeros, results, strict=True)
    ]
