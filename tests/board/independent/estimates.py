"""What follows from the likelihood of a rate ratio, in plain floats: estimate, limits, posterior.

A likelihood has one maximum on the scale of the log ratio.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, inf, log, sqrt
from typing import NamedTuple

from tests.board.independent.evidence import LogLikelihood
from tests.board.independent.limits import Z, root

END = log(1e9)
"""The log ratio beyond which a limit is not looked for."""

POINTS = 2_000
"""Parts of the log ratios from -10 to 10, for the rule of Simpson: an even number."""


class PosteriorFigures(NamedTuple):
    """The probabilities that the ratio is above 1 and above 2, and its median."""

    above_1: float
    above_2: float
    median: float


def most_likely(curve: LogLikelihood) -> float:
    """Return the ratio of the largest likelihood, 0 or infinity at an end."""
    low, high, golden = -END, END, (sqrt(5) - 1) / 2
    while high - low > 1e-7:
        left, right = high - golden * (high - low), low + golden * (high - low)
        if curve(exp(left)) < curve(exp(right)):
            low = left
        else:
            high = right
    middle = (low + high) / 2
    if abs(middle) > END - 1:
        return inf if middle > 0 else 0.0
    return exp(middle)


def confidence_sequence_of(curve: LogLikelihood, alpha: float) -> tuple[float, float]:
    """Return the ratios between which the likelihood is above alpha times its mixture.

    The mixture is the mean over 65 ratios, log-uniform on 1/20 to 20 (docs/statistics.md).
    """
    logs = [curve(20.0 ** (point / 32 - 1)) for point in range(65)]
    top = max(logs)
    floor = top + log(sum(exp(each - top) for each in logs) / 65) + log(alpha)
    best = most_likely(curve)
    peak = END if best == inf else -END if best == 0 else log(best)

    def below(x: float) -> float:
        return floor - curve(exp(x))

    low = 0.0 if below(-END) <= 0 else exp(root(below, -END, peak))
    high = inf if below(END) <= 0 else exp(root(lambda x: -below(x), peak, END))
    return low, high


def posterior_of(curve: LogLikelihood) -> PosteriorFigures:
    """Return the posterior where the log ratio is normal, with mean 0 and variance 1, before."""
    grid = [20 * point / POINTS - 10 for point in range(POINTS + 1)]
    logs = [curve(exp(x)) - x**2 / 2 for x in grid]
    top = max(logs)

    def mass(low: float, high: float) -> float:
        return integral(lambda x: exp(curve(exp(x)) - x**2 / 2 - top), low, high)

    total = mass(-10, 10)
    median = root(lambda x: total / 2 - mass(-10, x), -10, 10)
    return PosteriorFigures(mass(0, 10) / total, mass(log(2), 10) / total, exp(median))


def integral(function: Callable[[float], float], low: float, high: float) -> float:
    """Return the integral by the rule of Simpson."""
    step = (high - low) / POINTS
    values = [function(low + number * step) for number in range(POINTS + 1)]
    inner = 4 * sum(values[1:-1:2]) + 2 * sum(values[2:-1:2])
    return (values[0] + inner + values[-1]) * step / 3


def incidence_limits(steps: list[tuple[int, int, int, int]]) -> list[tuple[float, float]]:
    """Return the 95 % limits of the cumulative incidence in percent after each step.

    The variance is that of the delta method, with multinomial counts of each step's numbers at
    risk; the limits are symmetric on the scale of log(-log).
    """
    found: list[tuple[float, float]] = []
    for count in range(1, len(steps) + 1):
        incidence, variance = incidence_and_variance(steps[:count])
        if not 0 < incidence < 1:
            found.append((0.0, 100.0 if incidence else 0.0))
            continue
        factor = exp(Z * sqrt(variance) / abs(incidence * log(incidence)))
        found.append((100 * incidence**factor, 100 * incidence ** (1 / factor)))
    return found


def incidence_and_variance(steps: list[tuple[int, int, int, int]]) -> tuple[float, float]:
    """Return the incidence after the last of *steps* and its variance."""
    survival, incidence = 1.0, 0.0
    after: list[tuple[float, float]] = []
    for _, at_risk, events, deaths in steps:
        incidence += survival * events / at_risk
        after.append((survival, incidence))
        survival *= 1 - (events + deaths) / at_risk
    variance = 0.0
    for (_, at_risk, events, deaths), (before, reached) in zip(steps, after, strict=True):
        event, death = events / at_risk, deaths / at_risk
        later = (incidence - reached) / (1 - event - death) if events + deaths < at_risk else 0.0
        by_event, by_death = before - later, -later
        variance += by_event**2 * event * (1 - event) / at_risk
        variance += by_death**2 * death * (1 - death) / at_risk
        variance -= 2 * by_event * by_death * event * death / at_risk
    return incidence, variance
