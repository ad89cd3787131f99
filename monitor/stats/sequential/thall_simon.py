"""Thall and Simon's boundary: one arm against a standard treatment with a beta prior."""

from __future__ import annotations

import numpy as np
from scipy.special import betaincc, betaincinv, roots_legendre

from monitor.stats.e_value import Floats
from monitor.stats.estimate import check_positive, check_probability, checked_counts

NODES = 400


def thall_simon_boundary(
    patients_max: int,
    standard_prior: tuple[float, float],
    experimental_prior: tuple[float, float],
    *,
    margin: float = 0.0,
    threshold: float = 0.95,
) -> list[int]:
    """Return the fewest events after each patient that stop the trial.

    A trial stops where ``P(risk > standard risk + margin | data)`` is above *threshold*.  Both
    risks have independent beta priors; the standard one is not updated (Thall & Simon 1994,
    Biometrics 50:337-349).  One more event than patients means that no number stops.  The rule
    states a posterior probability and no type I error: `binomial_paths.binomial_crossing` gives it.

    >>> thall_simon_boundary(10, (20.0, 80.0), (0.4, 1.6))
    [2, 2, 3, 3, 4, 4, 4, 5, 5, 5]

    Raises ValueError where *patients_max* is not at least 1, a prior parameter is not above zero,
    *margin* is not between -1 and 1, or *threshold* is not between 0 and 1.
    """
    (most,) = checked_counts("patients_max", [patients_max], at_least=1)
    for name, prior in (
        ("standard_prior", standard_prior),
        ("experimental_prior", experimental_prior),
    ):
        for parameter in prior:
            check_positive(name, parameter)
    if not -1.0 < margin < 1.0:
        raise ValueError(f"margin is {margin!r}: give a difference of risks between -1 and 1")
    check_probability("threshold", threshold, "a probability between 0 and 1, like 0.95")
    standard, weights = _standard_risks(standard_prior, margin)
    boundary: list[int] = []
    for patients in range(1, most + 1):
        events = np.arange(patients + 1.0)[:, np.newaxis]
        above = betaincc(
            experimental_prior[0] + events, experimental_prior[1] + patients - events, standard
        )
        boundary.append(int(np.sum(above @ weights <= threshold)))
    return boundary


def _standard_risks(prior: tuple[float, float], margin: float) -> tuple[Floats, Floats]:
    """Return standard risks plus *margin*, with weights: quantiles, dense towards both ends."""
    nodes, weights = (np.asarray(part, dtype=float) for part in roots_legendre(NODES))
    v = (nodes + 1.0) / 2.0
    risks = np.asarray(betaincinv(*prior, v * v * (3.0 - 2.0 * v)), dtype=float)
    return np.clip(risks + margin, 0.0, 1.0), weights * 3.0 * v * (1.0 - v)
