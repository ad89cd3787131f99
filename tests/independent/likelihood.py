"""Mix likelihood ratios over the harm points with plain floats, one formula a kind of watch."""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log
from typing import NamedTuple

# 33 harm points, log-uniform on 1.25 .. 20, equal weights (STATISTICS.md section 2).
HARM_POINTS = [1.25 * 16 ** (point / 32) for point in range(33)]


class Factor(NamedTuple):
    """One first event: its day, whether on treatment, and who was at risk on either arm."""

    day: int
    on_treatment: int
    treated: int
    control: int


def log_mixture(log_likelihood: Callable[[float], float]) -> float:
    """The log of the mean likelihood ratio over the harm points, without overflow."""
    logs = [log_likelihood(theta) for theta in HARM_POINTS]
    top = max(logs)
    return top + log(sum(exp(value - top) for value in logs) / len(logs))


def concurrent_log_e(factors: list[Factor]) -> float:
    """Cox partial likelihood; a day with one arm empty says nothing."""
    both = [factor for factor in factors if factor.treated and factor.control]
    return log_mixture(
        lambda theta: sum(
            f.on_treatment * log(theta)
            + log((f.treated + f.control) / (theta * f.treated + f.control))
            for f in both
        )
    )


def known_rate_log_e(n: int, expected: float) -> float:
    """*n* first events where *expected* were expected at the reference rate."""
    return log_mixture(lambda theta: n * log(theta) - (theta - 1) * expected)


def estimated_rate_log_e(n: int, ratio: float, historical: int) -> float:
    """*n* first events in *ratio* times the person-time in which history saw *historical*."""
    return log_mixture(
        lambda theta: n * log(theta) + (n + historical) * log((1 + ratio) / (1 + theta * ratio))
    )
