"""Posterior of the rate ratio under a sceptical prior."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, inf, log

import numpy as np

from monitor.stats.curve import LOG_RATIO_GRID
from monitor.stats.e_value import Floats, LogLikelihood

PRIOR_SD = 1.0
"""Standard deviation of the prior ``log RR ~ Normal(0, 1)``: 95 % lies between 1/7 and 7."""
LOG_PRIOR: Floats = -(LOG_RATIO_GRID**2) / (2 * PRIOR_SD**2)
"""The prior's log density on the grid, up to a constant."""


@dataclass(frozen=True, slots=True)
class Posterior:
    """Posterior probabilities that the rate ratio exceeds 1 and 2, and its posterior median."""

    above_1: float
    above_2: float
    median: float


def posterior(likelihood: LogLikelihood) -> Posterior:
    """Return the posterior under ``log RR ~ Normal(0, 1)``, by the trapezoid rule on 4,001 points.

    On sceptical priors see Spiegelhalter, Freedman & Parmar 1994 (JRSS A 157:357-416).  Values are
    rounded: *above_1* to six digits, *above_2* and *median* to four.  Raises ValueError where the
    likelihood is nowhere a finite number.  Without data it is the prior:

    >>> posterior(lambda b: 0 * b)
    Posterior(above_1=0.5, above_2=0.2441, median=1.0)
    """
    return posterior_of_curve(likelihood(LOG_RATIO_GRID))


def posterior_of_curve(curve: Floats) -> Posterior:
    """Return the `posterior` from the values of the log-likelihood on ``LOG_RATIO_GRID``."""
    log_density = curve + LOG_PRIOR
    # The maximum of values of which one is not a number is not a number.
    if not -inf < (highest := log_density.max()) < inf:
        raise ValueError(f"the log-likelihood reaches {highest!r}: give finite numbers")
    density = np.exp(log_density - highest)
    mass = np.concatenate(([0.0], np.cumsum((density[1:] + density[:-1]) / 2)))
    cumulative: Floats = mass / mass[-1]
    return Posterior(
        above_1=round(1 - float(np.interp(0.0, LOG_RATIO_GRID, cumulative)), 6),
        above_2=round(1 - float(np.interp(log(2.0), LOG_RATIO_GRID, cumulative)), 4),
        median=round(exp(float(np.interp(0.5, cumulative, LOG_RATIO_GRID))), 4),
    )
