"""The polynomial stitched bound, which grows like the law of the iterated logarithm."""

from __future__ import annotations

from math import log, sqrt

from scipy.special import zeta

from monitor.stats.estimate import check_amount, check_number, check_positive, check_probability


def poly_stitching_bound(
    v: float, alpha: float, *, v_min: float, c: float = 0.0, s: float = 1.4, eta: float = 2.0
) -> float:
    """Return a bound of a sub-gamma sum of scale *c* at variance *v*, valid at all times.

    With ``l = s log(log(eta v / v_min)) + log(zeta(s) / (alpha log(eta)^s))`` the bound is
    ``sqrt(k1^2 v l + (k2 c l)^2) + k2 c l``, ``k1 = (eta^(1/4) + eta^(-1/4)) / sqrt(2)``, ``k2 =
    (sqrt(eta) + 1) / 2`` (Howard et al. 2021, Annals of Statistics 49:1055-1080, theorem 1).  Below
    *v_min* it is that of *v_min*.

    >>> round(poly_stitching_bound(100.0, 0.05, v_min=10.0, c=3.0), 5)
    64.48755

    Raises ValueError where *v* is negative, *v_min* is not above zero, *alpha* is not between 0
    and 1, *c* is not finite, or *s* or *eta* is not above 1.
    """
    check_amount("v", v)
    check_positive("v_min", v_min)
    check_probability("alpha", alpha, "an error probability between 0 and 1, like 0.05")
    check_number("c", c)
    for name, value in (("s", s), ("eta", eta)):
        check_number(name, value)
        if value <= 1.0:
            raise ValueError(f"{name} is {value!r}: give a number above 1")
    v = max(v, v_min)
    level = s * log(log(eta * v / v_min)) + log(float(zeta(s)) / log(eta) ** s / alpha)
    k1, k2 = (eta**0.25 + eta**-0.25) / sqrt(2.0), (sqrt(eta) + 1.0) / 2.0
    return sqrt(k1 * k1 * v * level + (k2 * c * level) ** 2) + k2 * c * level
