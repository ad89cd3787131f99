"""Limits for one look in plain floats: of a difference of two risks, and of a Poisson rate."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import exp, inf, lgamma, log, sqrt

Z = 1.959963984540054
"""The 97.5 % quantile of the normal distribution."""


def root(function: Callable[[float], float], low: float, high: float) -> float:
    """Return where a falling *function* crosses 0 between *low* and *high*, by bisection."""
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if function(middle) > 0 else (low, middle)
    return (low + high) / 2


@cache
def score_limits(events: int, patients: int, others: int, control: int) -> tuple[float, float]:
    """Return the limits of the difference of two risks, in points (Miettinen & Nurminen 1985)."""

    def score(difference: float) -> float:
        risk = restricted_risk(events, patients, others, control, difference)
        other = min(max(risk + difference, 0.0), 1.0)
        variance = other * (1 - other) / patients + risk * (1 - risk) / control
        variance *= (patients + control) / (patients + control - 1)
        gap = events / patients - others / control - difference
        if variance <= 0:
            return 0.0 if abs(gap) < 1e-12 else gap * inf
        return gap / sqrt(variance)

    return (
        100 * root(lambda value: score(value) - Z, -1.0, events / patients - others / control),
        100 * root(lambda value: score(value) + Z, events / patients - others / control, 1.0),
    )


def restricted_risk(
    events: int, patients: int, others: int, control: int, difference: float
) -> float:
    """Return the most likely risk of the control, if the treatment's is *difference* higher."""

    def slope(risk: float) -> float:
        other = risk + difference
        gain = (events / other if events else 0.0) + (others / risk if others else 0.0)
        loss = (patients - events) / (1 - other) if patients > events else 0.0
        return gain - loss - ((control - others) / (1 - risk) if control > others else 0.0)

    return root(slope, max(0.0, -difference), min(1.0, 1 - difference))


@cache
def exact_limits(events: int, exposure: float) -> tuple[float, float]:
    """Return the exact limits of a rate (Garwood 1936), by summing Poisson probabilities."""

    def at_most(count: int, mean: float) -> float:
        terms = (exp(n * log(mean) - mean - lgamma(n + 1)) for n in range(count + 1))
        return sum(terms)

    top = 10.0 * events + 20
    low = root(lambda mean: 0.025 - (1 - at_most(events - 1, mean)), 1e-12, top) if events else 0.0
    return low / exposure, root(lambda mean: at_most(events, mean) - 0.025, 1e-12, top) / exposure
