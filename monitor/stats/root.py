"""Root finding by bracketing, for limits that have no closed form."""

from __future__ import annotations

from collections.abc import Callable
from sys import float_info


def root(function: Callable[[float], float], inside: float, outside: float) -> float:
    """Return where *function* changes sign, from below 0 at *inside* to above 0 at *outside*.

    Chandrupatla's method (1997, Advances in Engineering Software 28:145-149): inverse quadratic
    interpolation where it is safe, bisection elsewhere.  It stays in the bracket and always ends.
    Returns *outside* where *function* is not above 0 there.

    A zero at *inside* itself is ignored: an interval may have zero at its own estimate (no events
    on either arm) and still extend further.

    >>> round(root(lambda x: x * x - 2.0, 0.0, 2.0), 12)
    1.414213562373
    >>> root(lambda x: x * (x - 1.0), 0.0, 3.0)
    1.0
    """
    a, b = outside, inside
    fa, fb = function(a), min(function(b), -float_info.min)
    if fa <= 0.0:
        return outside
    step = 0.5
    while True:
        x = a + step * (b - a)
        fx = function(x)
        if (fx > 0.0) == (fa > 0.0):
            c, fc = a, fa
        else:
            c, fc, b, fb = b, fb, a, fa
        a, fa = x, fx
        best = a if abs(fa) < abs(fb) else b
        tolerance = 1e-14 * abs(best) + 1e-18
        if fx == 0.0 or tolerance >= abs(b - a) / 2.0:
            return best
        step = min(
            max(_step(a, fa, b, fb, c, fc), tolerance / abs(b - a)), 1.0 - tolerance / abs(b - a)
        )


def _step(a: float, fa: float, b: float, fb: float, c: float, fc: float) -> float:
    """Return the next point as a fraction of the way from *a* to *b*.

    Inverse quadratic interpolation through the three points, or 0.5 where that is unsafe.
    """
    xi, phi = (a - b) / (c - b), (fa - fb) / (fc - fb)
    if phi * phi >= xi or (1.0 - phi) ** 2 >= 1.0 - xi:
        return 0.5
    return fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
