"""The maximum-likelihood rate ratio of a watch."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, inf, isnan, log

import numpy as np

from monitor.stats.bisection import Bracket, bisection
from monitor.stats.e_value import Floats, LogLikelihood

LOG_LIMIT = log(1e9)
"""Log rate ratios are searched between minus and plus this."""
STEP = 1e-5
"""Distance on the log scale over which a slope is measured, to each side."""
ENDS_AND_MIDDLE: Floats = np.array([-LOG_LIMIT, 0.0, LOG_LIMIT])


def rate_ratio_mle(likelihood: LogLikelihood) -> float:
    """Return the rate ratio that maximises *likelihood*, by bisection on the sign of its slope.

    The log-likelihoods of this package are concave in ``log(theta)``, so the sign of the slope
    brackets the maximum.  Returns 0 where the likelihood already decreases at 1e-9, and infinity
    where it still increases at 1e9.  Raises ValueError where it is not a number.  With 12 of 14
    events on treatment and equal arms it is 6:

    >>> tilted = lambda b: 12 * b - 14 * np.log((1 + np.exp(b)) / 2)
    >>> round(rate_ratio_mle(tilted), 6)
    6.0
    """
    return rate_ratio_mles(likelihood, [None])[0]


def rate_ratio_mles(likelihoods: LogLikelihood, guesses: Sequence[float | None]) -> list[float]:
    """Return `rate_ratio_mle` of several likelihoods, with the digits of each alone.

    *likelihoods* takes points of shape (likelihoods, 1, m).  *guesses* are log rate ratios near
    the maxima, or None.
    """
    ends = np.broadcast_to(ENDS_AND_MIDDLE, (len(guesses), 3))
    results: list[float | None] = []
    brackets: list[Bracket] = []
    for (at_low, at_0, at_high), guess in zip(
        slopes(likelihoods, ends).tolist(), guesses, strict=True
    ):
        if isnan(at_0):
            raise ValueError("the log-likelihood is not a number: give one that is finite")
        result = inf if at_high > 0 else 0.0 if at_low < 0 else None
        results.append(result)
        # Of a maximum that is known, the interval has no width.
        end = LOG_LIMIT if result is None else -LOG_LIMIT
        brackets.append(Bracket(-LOG_LIMIT, end, guess))
    zeros = bisection(lambda points: slopes(likelihoods, points), brackets)
    return [
        exp(zero) if result is None else result for zero, result in zip(zeros, results, strict=True)
    ]


def slopes(likelihoods: LogLikelihood, points: Floats) -> Floats:
    """Return each likelihood just above its points less just below them: the sign of the slope.

    *points* has shape (likelihoods, m); so has the result.
    """
    around = likelihoods(np.concatenate((points - STEP, points + STEP), axis=1)[:, None, :])[:, 0]
    count = points.shape[1]
    return around[:, count:] - around[:, :count]
