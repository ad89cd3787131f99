"""Mixture supermartingales of a sum s with variance process v, and their boundaries."""

from __future__ import annotations

from math import inf, log, log1p, sqrt
from typing import Protocol

from monitor.stats.estimate import (
    check_amount,
    check_number,
    check_positive,
    check_probability,
)
from monitor.stats.root import root


class Mixture(Protocol):
    """The log of a mixture supermartingale, and the largest sum that can occur."""

    def log_mixture(self, s: float, v: float) -> float:
        """Return the log at sum *s* and variance *v*: its exponential has mean at most 1."""
        ...

    def largest(self, v: float) -> float:
        """Return the largest sum at variance *v*."""
        ...


def mixture_bound(mixture: Mixture, v: float, alpha: float) -> float:
    """Return the sum at which the mixture reaches ``1 / alpha`` where the variance is *v*.

    With probability ``1 - alpha`` the sum stays below this bound at all times (Ville 1939; Howard,
    Ramdas, McAuliffe & Sekhon 2021, Annals of Statistics 49:1055-1080).  Where no sum that can
    occur reaches it, the largest one is returned.

    >>> from monitor.stats.sequential.gamma_mixtures import GammaPoissonMixture
    >>> round(mixture_bound(GammaPoissonMixture(v_opt=100.0, c=2.0), 100.0, 0.05), 4)
    30.1949

    Raises ValueError where *v* is not above zero or *alpha* is not between 0 and 1.
    """
    check_positive("v", v)
    check_probability("alpha", alpha, "an error probability between 0 and 1, like 0.05")
    threshold = -log(alpha)

    def excess(s: float) -> float:
        return mixture.log_mixture(s, v) - threshold

    high = mixture.largest(v)
    if high == inf:
        high = sqrt(v)
        while excess(high) <= 0.0:
            high *= 2.0
    return root(excess, 0.0, high)


def tuned_rho(v_opt: float, alpha_opt: float, *, is_one_sided: bool) -> float:
    """Return the precision of the mixture whose bound is tightest near *v_opt*.

    >>> round(tuned_rho(100.0, 0.05, is_one_sided=False), 5)
    12.60056

    Raises ValueError as `check_tuning` does.
    """
    check_tuning(v_opt, alpha_opt, is_one_sided=is_one_sided)
    twice = -2.0 * log((2.0 if is_one_sided else 1.0) * alpha_opt)
    return v_opt / (twice + log1p(twice))


def check_tuning(v_opt: float, alpha_opt: float, *, is_one_sided: bool) -> None:
    """Raise ValueError where *v_opt* is not above zero or *alpha_opt* not between 0 and 1.

    With one side, *alpha_opt* is below 1/2.
    """
    check_positive("v_opt", v_opt)
    highest = 0.5 if is_one_sided else 1.0
    if not 0.0 < alpha_opt < highest:
        raise ValueError(f"alpha_opt is {alpha_opt!r}: give a number between 0 and {highest}")


def check_sum(s: float, v: float, *, lowest: float = -inf, highest: float = inf) -> None:
    """Raise ValueError where *v* is negative, or *s* cannot be a sum with that variance.

    Sums up to a billionth outside their range are rounding.
    """
    if not 0.0 <= v < inf:
        raise ValueError(f"v is {v!r}: give a finite variance, zero or more")
    check_number("s", s)
    slack = 1e-9 * (1.0 + abs(s))
    if not lowest - slack <= s <= highest + slack:
        raise ValueError(f"s is {s!r}: with variance {v!r} it is {lowest!r} to {highest!r}")


def log_or_minus_infinity(value: float) -> float:
    """Return the log of *value*, minus infinity where a tail probability is 0 in this precision.

    >>> log_or_minus_infinity(0.0)
    -inf

    Raises ValueError where *value* is negative or not finite.
    """
    check_amount("value", value)
    return log(value) if value > 0.0 else -inf
