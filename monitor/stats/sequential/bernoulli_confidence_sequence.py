"""Limits of a risk that are valid at all looks at once."""

from __future__ import annotations

from math import log

from monitor.stats.estimate import Estimate, check_positive, check_probability, checked_proportion
from monitor.stats.root import root
from monitor.stats.sequential.beta_binomial_mixture import BetaBinomialMixture


def bernoulli_confidence_sequence(
    events: int, patients: int, *, patients_opt: float, alpha: float = 0.05, alpha_opt: float = 0.05
) -> Estimate:
    """Return ``events / patients`` with limits that hold at every look with error *alpha* in all.

    The limits are the risks p whose two-sided beta-binomial mixture is below ``1 / alpha`` (Howard
    et al. 2021, Annals of Statistics 49:1055-1080).  They are tightest near *patients_opt*
    patients, fixed in advance.  Without patients the value is None and the limits are 0 and 1.

    >>> limits = bernoulli_confidence_sequence(700, 1000, patients_opt=100)
    >>> [round(x, 6) for x in limits]
    [0.7, 0.65163, 0.74595]

    Raises ValueError where the counts are none, *events* exceeds *patients*, *alpha* or *alpha_opt*
    is not between 0 and 1, or *patients_opt* is not above zero.
    """
    events, patients = checked_proportion(events, patients)
    check_probability("alpha", alpha, "an error probability between 0 and 1, like 0.05")
    check_probability("alpha_opt", alpha_opt, "a probability between 0 and 1, like 0.05")
    check_positive("patients_opt", patients_opt)
    if not patients:
        return Estimate(None, 0.0, 1.0)
    risk = events / patients

    def excess(p: float) -> float:
        if not 0.0 < p < 1.0:
            # No event, or only events, would be certain: impossible, or as expected.
            return log(alpha) if p == risk else 1.0
        variance = p * (1.0 - p)
        mixture = BetaBinomialMixture(variance * patients_opt, p, 1.0 - p, alpha_opt, False)
        return mixture.log_mixture(events - patients * p, variance * patients) + log(alpha)

    low = root(excess, risk, 0.0) if events else 0.0
    return Estimate(risk, low, root(excess, risk, 1.0) if events < patients else 1.0)
