"""Spending functions: how much of alpha is spent by each share of the information."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from math import e, expm1, inf, log1p, sqrt

from scipy.special import ndtr, ndtri

from monitor.stats.estimate import check_number, check_positive, check_probability


class Spending(Enum):
    """A family of spending functions."""

    OBRIEN_FLEMING = "Lan & DeMets, O'Brien-Fleming type"
    POCOCK = "Lan & DeMets, Pocock type"
    HWANG_SHIH_DECANI = "Hwang, Shih & DeCani"
    KIM_DEMETS = "Kim & DeMets"


def alpha_spending_function(
    spending: Spending, alpha: float, shares: Sequence[float], parameter: float | None = None
) -> list[float]:
    """Return the one-sided alpha spent by each of *shares* of the planned information.

    * O'Brien-Fleming type ``2 - 2 Phi(z / sqrt(t))`` with z the normal quantile of ``1 - alpha /
      2``, Pocock type ``alpha log(1 + (e - 1) t)`` (Lan & DeMets 1983, Biometrika 70:659-663).
    * Hwang, Shih & DeCani ``alpha (1 - exp(-gamma t)) / (1 - exp(-gamma))`` with *parameter* gamma,
      ``alpha t`` at 0 (1990, Statistics in Medicine 9:1439-1445).
    * Kim & DeMets ``alpha t^rho`` with *parameter* rho above 0 (1987, Biometrika 74:149-154).

    Beyond the planned information, above a share of 1, all of alpha is spent.  For a two-sided
    symmetric test spend half of its alpha on each side.

    >>> spent = alpha_spending_function(Spending.OBRIEN_FLEMING, 0.025, [1 / 3, 2 / 3, 1])
    >>> [round(value, 7) for value in spent]
    [0.0001035, 0.0060484, 0.025]

    Raises ValueError where *alpha* is not between 0 and 1, a share is negative or not a number, or
    *parameter* is missing, not finite, or given for a function that has none.
    """
    check_probability("alpha", alpha, "a type I error between 0 and 1, like 0.025")
    share_spent = _share_spent(spending, alpha, parameter)
    for share in shares:
        if not 0.0 <= share < inf:
            raise ValueError(f"shares has {share!r}: give shares of the information from 0 to 1")
    return [alpha * share_spent(min(float(share), 1.0)) if share else 0.0 for share in shares]


def _share_spent(
    spending: Spending, alpha: float, parameter: float | None
) -> Callable[[float], float]:
    """Return the share of *alpha* that is spent, as a function of the share of information."""
    if spending in (Spending.OBRIEN_FLEMING, Spending.POCOCK):
        if parameter is not None:
            raise ValueError(f"parameter is {parameter!r}: {spending.value} has none, leave it out")
        if spending is Spending.POCOCK:
            return lambda t: log1p((e - 1.0) * t)
        z = float(ndtri(alpha / 2.0))
        return lambda t: 2.0 * float(ndtr(z / sqrt(t))) / alpha
    if parameter is None:
        raise ValueError(f"parameter is missing: {spending.value} needs one")
    check_number("parameter", parameter)
    if spending is Spending.HWANG_SHIH_DECANI:
        if not parameter:
            return lambda t: t
        if abs(parameter) > 500.0:
            raise ValueError(f"parameter is {parameter!r}: give gamma from -500 to 500")
        return lambda t: expm1(-parameter * t) / expm1(-parameter)
    check_positive("parameter", parameter)
    return lambda t: t**parameter
