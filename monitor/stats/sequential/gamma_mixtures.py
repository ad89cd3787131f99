"""The mixtures of sub-exponential and sub-Poisson sums, over gamma distributions."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, log

from scipy.special import gammainc, gammaincc, gammaln

from monitor.stats.estimate import check_positive
from monitor.stats.sequential.log_mixture import (
    check_sum,
    check_tuning,
    log_or_minus_infinity,
    tuned_rho,
)


@dataclass(frozen=True, slots=True)
class GammaExponentialMixture:
    """Sub-exponential sums of scale *c*, mixed over a gamma distribution (proposition 9).

    >>> round(GammaExponentialMixture(v_opt=100.0, c=2.0).log_mixture(10.0, 100.0), 7)
    -0.2490165

    Raises ValueError where *v_opt* or *c* is not above zero, or *alpha_opt* not between 0 and 1/2.
    """

    v_opt: float
    c: float
    alpha_opt: float = 0.05

    def __post_init__(self) -> None:
        check_tuning(self.v_opt, self.alpha_opt, is_one_sided=True)
        check_positive("c", self.c)

    def log_mixture(self, s: float, v: float) -> float:
        """Return the log of the mixture at sum *s* and variance *v*.

        Raises ValueError where *s* is not finite or below ``-v / c``, or *v* is negative or not
        finite.
        """
        check_sum(s, v, lowest=-v / self.c)
        square = self.c * self.c
        rho = tuned_rho(self.v_opt, self.alpha_opt, is_one_sided=True) / square
        shape, sum_ = v / square + rho, s / self.c + v / square
        return (
            rho * log(rho) - float(gammaln(rho)) - log_or_minus_infinity(float(gammainc(rho, rho)))
            + float(gammaln(shape)) + log_or_minus_infinity(float(gammainc(shape, sum_ + rho)))
            - shape * log(sum_ + rho) + sum_
        )  # fmt: skip

    def largest(self, v: float) -> float:
        """Return infinity: no sum is impossible."""
        return inf


@dataclass(frozen=True, slots=True)
class GammaPoissonMixture:
    """Sub-Poisson sums of scale *c*, mixed over a gamma distribution (proposition 10).

    Events less those expected are such a sum with c = 1 and the expected number as variance; the
    mixture is then an e-value against a known rate.

    >>> round(GammaPoissonMixture(v_opt=5.0, c=1.0).log_mixture(4.0, 3.0), 6)
    1.372917

    Raises ValueError where *v_opt* or *c* is not above zero, or *alpha_opt* not between 0 and 1/2.
    """

    v_opt: float
    c: float = 1.0
    alpha_opt: float = 0.05

    def __post_init__(self) -> None:
        check_tuning(self.v_opt, self.alpha_opt, is_one_sided=True)
        check_positive("c", self.c)

    def log_mixture(self, s: float, v: float) -> float:
        """Return the log of the mixture at sum *s* and variance *v*.

        Raises ValueError where *s* is not finite or below ``-v / c``, or *v* is negative or not
        finite.
        """
        check_sum(s, v, lowest=-v / self.c)
        square = self.c * self.c
        rho = tuned_rho(self.v_opt, self.alpha_opt, is_one_sided=True) / square
        rate = v / square + rho
        shape = s / self.c + rate
        return (
            rho * log(rho) - float(gammaln(rho)) - log_or_minus_infinity(float(gammaincc(rho, rho)))
            + float(gammaln(shape)) + log_or_minus_infinity(float(gammaincc(shape, rate)))
            - shape * log(rate) + v / square
        )  # fmt: skip

    def largest(self, v: float) -> float:
        """Return infinity: no sum is impossible."""
        return inf
