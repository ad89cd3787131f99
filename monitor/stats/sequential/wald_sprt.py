"""Wald's sequential probability ratio test of a risk, as two parallel lines."""

from __future__ import annotations

from math import log
from typing import NamedTuple

from monitor.stats.estimate import check_probability


class SprtLines(NamedTuple):
    """The lines ``slope * patients + intercept`` between which the events stay undecided."""

    slope: float
    upper_intercept: float
    lower_intercept: float


def wald_sprt_binomial(
    null_probability: float, alternative_probability: float, alpha: float, beta: float
) -> SprtLines:
    """Return the lines at which the test accepts the one or the other risk.

    With events above the upper line the alternative is accepted, below the lower line the null.
    The thresholds of the log likelihood ratio are ``log((1 - beta) / alpha)`` and ``log(beta / (1 -
    alpha))`` (Wald 1947, Sequential Analysis, section 5.3).  The error is at most ``alpha / (1 -
    beta)`` and close to alpha; the test has no last look.

    >>> [round(value, 6) for value in wald_sprt_binomial(0.05, 0.25, 0.1, 0.15)]
    [0.128067, 1.159408, -0.970708]

    Raises ValueError where the risks are not between 0 and 1 in increasing order, or *alpha* or
    *beta* is not between 0 and 1, or they are 1 or more together.
    """
    check_probability("null_probability", null_probability, "a risk between 0 and 1, like 0.05")
    if not null_probability < alternative_probability < 1.0:
        raise ValueError(
            f"alternative_probability is {alternative_probability!r}: give a number between "
            f"{null_probability!r} and 1"
        )
    check_probability("alpha", alpha, "a type I error between 0 and 1, like 0.05")
    check_probability("beta", beta, "a type II error between 0 and 1, like 0.1")
    if alpha + beta >= 1.0:
        raise ValueError(f"alpha is {alpha!r} and beta {beta!r}: give less than 1 together")
    without = log((1.0 - null_probability) / (1.0 - alternative_probability))
    total = log(alternative_probability / null_probability) + without
    upper, lower = log((1.0 - beta) / alpha), log(beta / (1.0 - alpha))
    return SprtLines(without / total, upper / total, lower / total)
