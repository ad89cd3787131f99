"""The mixture of sub-Bernoulli sums, over a beta distribution (Howard et al. 2021)."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

from scipy.special import betainc, betaln

from monitor.stats.estimate import check_positive
from monitor.stats.sequential.log_mixture import (
    check_sum,
    check_tuning,
    log_or_minus_infinity,
    tuned_rho,
)


@dataclass(frozen=True, slots=True)
class BetaBinomialMixture:
    """Sub-Bernoulli sums of increments from ``-g`` to *h*, mixed over a beta distribution.

    Events among n patients less ``n p`` are such a sum with g = p, h = 1 - p and variance
    ``n p (1 - p)`` (proposition 7, and its two-sided form).

    >>> round(BetaBinomialMixture(v_opt=5.0, g=0.5, h=0.5).log_mixture(6.0, 5.0), 6)
    3.034168

    Raises ValueError where *v_opt*, *g* or *h* is not above zero, or *alpha_opt* is not between 0
    and 1 (1/2 for one side).
    """

    v_opt: float
    g: float
    h: float
    alpha_opt: float = 0.05
    is_one_sided: bool = True

    def __post_init__(self) -> None:
        check_tuning(self.v_opt, self.alpha_opt, is_one_sided=self.is_one_sided)
        check_positive("g", self.g)
        check_positive("h", self.h)

    def log_mixture(self, s: float, v: float) -> float:
        """Return the log of the mixture at sum *s* and variance *v*.

        Raises ValueError where *s* is not finite or outside ``-v / h`` to ``v / g``, or *v* is
        negative or not finite.
        """
        g, h, width = self.g, self.h, self.g + self.h
        check_sum(s, v, lowest=-v / h, highest=v / g)
        rho = tuned_rho(self.v_opt, self.alpha_opt, is_one_sided=self.is_one_sided)
        r = max(rho - g * h, 1e-3 * g * h)
        end = h / width if self.is_one_sided else 1.0
        return (
            v / (g * h) * log(width)
            - (v + h * s) / (h * width) * log(g) - (v - g * s) / (g * width) * log(h)
            + _log_beta((r + v - g * s) / (g * width), (r + v + h * s) / (h * width), end)
            - _log_beta(r / (g * width), r / (h * width), end)
        )  # fmt: skip

    def largest(self, v: float) -> float:
        """Return the sum of increments that are all *h*, ``v / g``."""
        return v / self.g


def _log_beta(a: float, b: float, end: float) -> float:
    """Return the log of the incomplete beta integral from 0 to *end*."""
    share = float(betainc(a, b, end)) if end < 1.0 else 1.0
    return float(betaln(a, b)) + log_or_minus_infinity(share)
