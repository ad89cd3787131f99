"""A ratio of odds with exact conditional limits, as ``fisher.test`` in base R gives it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import exp, inf

import numpy as np

from monitor.stats.e_value import Floats
from monitor.stats.estimate import Estimate, checked_proportion, tail_probability
from monitor.stats.estimates.nuisance import log_combinations
from monitor.stats.root import root

LOG_ODDS_MAX = 700.0
"""Roots are looked for inside -700..700: the exponential of either end is a finite number."""


def odds_ratio(
    *,
    events: int,
    patients: int,
    control_events: int,
    control_patients: int,
    confidence: float = 0.95,
) -> Estimate:
    """Return the conditional odds ratio, treatment over control, with exact limits.

    Given all margins the events on treatment are noncentral hypergeometric.  The value is the
    maximum-likelihood ratio, at which their mean is the observed number; at each limit a number at
    least as extreme has probability ``(1 - confidence) / 2`` (Cornfield 1956, Third Berkeley
    Symposium 4:135-148).  The value is None, with limits 0 and infinity, where the margins allow
    one table only.  Raises ValueError where an argument is out of range.

    >>> ours = odds_ratio(events=8, patients=10, control_events=1, control_patients=6)
    >>> [round(x, 4) for x in ours]
    [15.4658, 1.0088, 1059.6395]
    >>> odds_ratio(events=0, patients=10, control_events=0, control_patients=6)
    Estimate(value=None, low=0.0, high=inf)
    """
    x1, n1 = checked_proportion(events, patients)
    x0, n0 = checked_proportion(control_events, control_patients)
    tail_area = tail_probability(confidence)
    first, last = max(0, x1 + x0 - n0), min(x1 + x0, n1)
    if first == last:
        return Estimate(None, 0.0, inf)
    counts = np.arange(first, last + 1, dtype=np.float64)
    log_weights = log_combinations(n1, counts) + log_combinations(n0, x1 + x0 - counts)
    probabilities = partial(_probabilities, counts - first, log_weights)
    index = x1 - first
    low = 0.0 if x1 == first else _solve(lambda b: _at_least(probabilities, b, index) - tail_area)
    high = inf if x1 == last else _solve(lambda b: tail_area - _at_most(probabilities, b, index))
    value = 0.0 if x1 == first else inf
    if first < x1 < last:
        value = _solve(lambda b: float(probabilities(b) @ counts) - x1)
    return Estimate(value, low, high)


def _solve(ascending: Callable[[float], float]) -> float:
    """Return the odds ratio at whose logarithm *ascending* is 0."""
    return exp(root(ascending, -LOG_ODDS_MAX, LOG_ODDS_MAX))


def _probabilities(steps: Floats, log_weights: Floats, log_odds: float) -> Floats:
    """Return the probability of each table at the odds ratio ``exp(log_odds)``."""
    exponents = log_weights + steps * log_odds
    relative: Floats = np.exp(exponents - exponents.max())
    return relative / relative.sum()


def _at_least(probabilities: Callable[[float], Floats], log_odds: float, index: int) -> float:
    return float(probabilities(log_odds)[index:].sum())


def _at_most(probabilities: Callable[[float], Floats], log_odds: float, index: int) -> float:
    return float(probabilities(log_odds)[: index + 1].sum())
