"""Mixtures of likelihood ratios in plain floats, one formula for each kind of watch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from math import comb, exp, fsum, log
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
    """Return log E by the exact partial likelihood; a risk set with an empty arm adds nothing.

    Of the events of one day every choice of as many subjects at risk is equally likely.
    """
    both = [factor for factor in factors if factor.treated and factor.control]
    days = Counter((f.day, f.treated, f.control) for f in both)
    treated = sum(f.on_treatment for f in both)
    return log_mixture(
        lambda theta: (
            treated * log(theta)
            - sum(log(mean_of_choices(on, off, d, theta)) for (_, on, off), d in days.items())
        )
    )


def mean_of_choices(on: int, off: int, events: int, theta: float) -> float:
    """Return the mean of theta to the number of treated subjects among *events* drawn subjects."""
    ways = (
        comb(on, k) * comb(off, events - k) * theta**k
        for k in range(max(0, events - off), min(events, on) + 1)
    )
    return fsum(ways) / comb(on + off, events)


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
