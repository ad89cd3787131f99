"""The e-value of a watch: its likelihood ratio averaged over 33 harmful rate ratios."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import inf, isnan, log
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from monitor.stats.estimate import checked_count

Floats: TypeAlias = NDArray[np.float64]
LogLikelihood = Callable[[Floats], Floats]
"""``l(log_theta)``: log-likelihood at rate ratios ``exp(log_theta)``, relative to ratio 1."""

LOG_HARM_RATIOS: Floats = np.linspace(log(1.25), log(20.0), 33)
"""Log rate ratios of the mixture behind the e-value: 33 evenly spaced points on 1.25..20."""
HARM_RATIOS: Floats = np.exp(LOG_HARM_RATIOS)
LOG_TWO_SIDED_RATIOS: Floats = np.linspace(-log(20.0), log(20.0), 65)
"""Log rate ratios of the mixture behind the confidence sequence: 65 points on 1/20..20."""


def log_mean_exp(values: Floats) -> float:
    """Return ``log(mean(exp(values)))`` without overflow.

    Raises ValueError where there are no values, or where one is not a number.

    >>> round(log_mean_exp(np.array([1000.0, 1000.0])), 9)
    1000.0
    """
    if not len(values):
        raise ValueError("no values: give a log-likelihood at one rate ratio or more")
    if not (highest := np.maximum.reduce(values)) < inf:
        raise ValueError(f"the log-likelihood reaches {float(highest)!r}: give finite numbers")
    return float(np.logaddexp.reduce(values)) - log(len(values))


def log_e(likelihood: LogLikelihood) -> float:
    """Return the natural logarithm of the e-value, with rate ratio 1 as the null.

    E is the mean of the likelihood ratio at 33 log-uniform rate ratios on 1.25..20.  It has
    expectation at most 1 under the null, and where it is a supermartingale over looks
    ``P(sup E >= 1/alpha) <= alpha`` (Ville 1939; Grunwald, de Heide & Koolen 2024, JRSS B
    86:1091-1128).  docs/statistics.md states for which watches that is asymptotic.  Six events
    of six on treatment with equal arms at risk:

    >>> six = lambda b: 6 * (b - np.log((1 + np.exp(b)) / 2))
    >>> round(float(np.exp(log_e(six))), 4)
    22.6631
    """
    return log_mean_exp(likelihood(LOG_HARM_RATIOS))


def always_valid_p(log_e_value: float) -> float:
    """Return the always-valid p-value ``min(1, 1/E)`` from the current log e-value.

    Raises ValueError where *log_e_value* is not a number.

    >>> always_valid_p(np.log(40.0)), always_valid_p(-1.0)
    (0.025, 1.0)
    """
    if isnan(log_e_value):
        raise ValueError("log_e_value is nan: give the logarithm of an e-value")
    return float(min(1.0, np.exp(-log_e_value)))


@lru_cache(maxsize=4096)
def log_e_bound_of_treated(treated: int) -> float:
    """Return an upper bound of log E from the number of *treated* first events alone.

    Each factor of the likelihood is at most theta for a treated event, and at most 1 for a control
    event and for person-time, so no risk set is needed.  Raises ValueError for a negative count.

    >>> round(float(np.exp(log_e_bound_of_treated(1))), 2)
    6.88
    """
    return log_mean_exp(checked_count("treated", treated) * LOG_HARM_RATIOS)
