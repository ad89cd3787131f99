"""Posterior probabilities of risks under beta priors."""

from __future__ import annotations

from math import log

import numpy as np
from scipy.special import betaincc, expit

from monitor.stats.bayes.quadrature import integral, log_beta_density, support
from monitor.stats.e_value import Floats
from monitor.stats.estimate import (
    check_beta_prior,
    check_positive,
    check_probability,
    checked_proportion,
)


def probability_risk_above(
    events: int, patients: int, threshold: float, *, prior: tuple[float, float] = (0.5, 0.5)
) -> float:
    """Return the posterior probability that a risk exceeds *threshold*, under a beta *prior*.

    The posterior is ``Beta(a + x, b + n - x)``: the quantity of the single-arm stopping rule of
    Geller et al. 2003 (in Advances in Clinical Trial Biostatistics).  Raises ValueError where an
    argument is out of range.

    >>> round(probability_risk_above(3, 3, 0.2, prior=(0.6, 2.4)), 6)
    0.982665
    """
    a, b = _posterior(events, patients, prior)
    check_probability("threshold", threshold, "a risk between 0 and 1, like 0.2")
    return float(betaincc(a, b, threshold))


def probability_risk_ratio_above(
    *,
    events: int,
    patients: int,
    control_events: int,
    control_patients: int,
    ratio: float = 1.0,
    prior: tuple[float, float] = (0.5, 0.5),
) -> float:
    """Return the posterior probability that the risk ratio exceeds *ratio*.

    Both arms have the same beta *prior*, and are independent (Altham 1969, JRSS B 31:261-269).
    It is integrated over the control risk.  Raises ValueError where an argument is out of range.

    >>> arms = dict(events=30, patients=52, control_events=11, control_patients=48)
    >>> round(probability_risk_ratio_above(**arms, prior=(1, 1)), 6)
    0.999799
    >>> round(probability_risk_ratio_above(**arms, prior=(1, 1), ratio=2.0), 4)
    0.7595
    """
    a, b = _posterior(events, patients, prior)
    c, d = _posterior(control_events, control_patients, prior)
    check_positive("ratio", ratio)
    log_density = log_beta_density(c, d)
    low, high = support(log_density, c, d)
    # Above a control risk of 1 / ratio, treatment cannot exceed ratio times it.
    end = min(high, -log(ratio - 1.0)) if ratio > 1.0 else high
    if end <= low:
        return 0.0

    def log_of_both(log_odds: Floats) -> Floats:
        treated: Floats = betaincc(a, b, np.minimum(1.0, ratio * expit(log_odds)))
        with np.errstate(divide="ignore"):
            return log_density(log_odds) + np.log(treated)

    peak = float(log_density(np.array([log(c / d)]))[0])
    both, every = integral(log_of_both, low, end, peak), integral(log_density, low, high, peak)
    return min(1.0, both / every)


def _posterior(events: int, patients: int, prior: tuple[float, float]) -> tuple[float, float]:
    """Return the shapes of the beta posterior, after checks of the counts and the *prior*."""
    x, n = checked_proportion(events, patients)
    check_beta_prior(prior)
    return prior[0] + x, prior[1] + n - x
