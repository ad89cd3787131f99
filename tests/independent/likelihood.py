"""Mixtures of likelihood ratios in plain floats, one formula for each kind of watch."""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log
from typing import NamedTuple

HARM_POINTS = [1.25 * 16 ** (point / 32) for point in range(33)]
"""33 rate ratios, log-uniform on 1.25 to 20, with equal weights (docs/statistics.md)."""


class Factor(NamedTuple):
    """One first event: its day, whether it is on treatment, and the numbers at risk by arm."""

    day: int
    on_treatment: int
    treated: int
    control: int


def log_mixture(log_likelihood: Callable[[float], float]) -> float:
    """Return the log of the mean likelihood ratio over the harm points, without overflow."""
    logs = [log_likelihood(theta) for theta in HARM_POINTS]
    top = max(logs)
    return top + log(sum(exp(value - top) for value in logs) / len(logs))


def concurrent_log_e(factors: list[Factor]) -> float:
    """Return log E by the Cox partial likelihood; a risk set with an empty arm adds nothing."""
    both = [factor for factor in factors if factor.treated and factor.control]
    return log_mixture(
        lambda theta: sum(
            f.on_treatment * log(theta)
            + log((f.treated + f.control) / (theta * f.treated + f.control))
            for f in both
        )
    )


def known_rate_log_e(n: int, expected: float) -> float:
    """Return log E of *n* first events where the reference rate expects *expected*."""
    return log_mixture(lambda theta: n * log(theta) - (theta - 1) * expected)


def estimated_rate_log_e(n: int, ratio: float, historical: int) -> float:
    """Return log E of *n* first events against *historical* events.

    *ratio* is the person-time of the trial divided by that of the history.
    """
    return log_mixture(
        lambda theta: n * log(theta) + (n + historical) * log((1 + ratio) / (1 + theta * ratio))
    )
