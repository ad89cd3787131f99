"""The mixture of sub-Gaussian sums, with one or two sides (Howard et al. 2021)."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, log, sqrt

from scipy.special import log_ndtr

from monitor.stats.sequential.log_mixture import check_sum, check_tuning, tuned_rho


@dataclass(frozen=True, slots=True)
class NormalMixture:
    """Sub-Gaussian sums, mixed over a normal (two sides) or half-normal (one side) distribution.

    The bound is tightest near variance *v_opt* at level *alpha_opt* (Howard et al. 2021,
    propositions 5 and 6).

    >>> two_sided = NormalMixture(v_opt=100.0, is_one_sided=False)
    >>> round(two_sided.log_mixture(10.0, 100.0), 7)
    -0.6510052

    Raises ValueError where *v_opt* is not above zero, or *alpha_opt* is not between 0 and 1 (1/2
    for one side).
    """

    v_opt: float
    alpha_opt: float = 0.05
    is_one_sided: bool = True

    def __post_init__(self) -> None:
        check_tuning(self.v_opt, self.alpha_opt, is_one_sided=self.is_one_sided)

    def log_mixture(self, s: float, v: float) -> float:
        """Return the log of the mixture at sum *s* and variance *v*.

        Raises ValueError where *s* is not finite or *v* is negative or not finite.
        """
        check_sum(s, v)
        rho = tuned_rho(self.v_opt, self.alpha_opt, is_one_sided=self.is_one_sided)
        value = 0.5 * log(rho / (v + rho)) + s * s / (2.0 * (v + rho))
        if self.is_one_sided:
            value += log(2.0) + float(log_ndtr(s / sqrt(v + rho)))
        return value

    def largest(self, v: float) -> float:
        """Return infinity: no sum is impossible."""
        return inf
