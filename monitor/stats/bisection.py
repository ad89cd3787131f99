"""Bisection that evaluates several midpoints at once, with the digits of one at a time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from monitor.stats.e_value import Floats

TOLERANCE = 1e-12
FIRST_POINTS, POINTS_MAX = 8, 48
"""Midpoints evaluated at once at first, and at most: bisection of 41 to 1e-12 has 46."""


def bisection(function: Callable[[Floats], Floats], inside: float, outside: float) -> float:
    """Return where *function* is 0, from above 0 at *inside* to 0 or less at *outside*, to 1e-12.

    A guess of the zero tells which midpoints bisection will visit.  They are evaluated together,
    which is much faster than one by one, and are followed as far as the guess was right; the
    values found give a better guess.  A wrong guess costs time and cannot change the result.
    *function* returns the value at each point, whatever the other points are.

    >>> round(bisection(lambda x: 2.0 - x * x, 0.0, 2.0), 12)
    1.414213562373
    """
    value_inside = value_outside = 0.0
    guess, count = (inside + outside) / 2.0, FIRST_POINTS
    while abs(outside - inside) > TOLERANCE:
        points, guessed = _midpoints(inside, outside, guess, count)
        for point, is_above, value in zip(
            points, guessed, function(np.array(points)).tolist(), strict=True
        ):
            if value > 0.0:
                inside, value_inside = point, value
            else:
                outside, value_outside = point, value
            if is_above is not (value > 0.0):
                break  # The next midpoint is another one than was guessed.
        else:
            count = min(POINTS_MAX, 2 * count)
        guess = _interpolate(inside, value_inside, outside, value_outside)
    return (inside + outside) / 2.0


def _midpoints(
    inside: float, outside: float, guess: float, count: int
) -> tuple[list[float], list[bool]]:
    """Return up to *count* midpoints that bisection visits if the zero is at *guess*.

    With each, return whether the function is then above 0 there.
    """
    points: list[float] = []
    guessed: list[bool] = []
    is_ascending = outside > inside
    while len(points) < count and abs(outside - inside) > TOLERANCE:
        middle = (inside + outside) / 2.0
        is_above = (guess > middle) is is_ascending
        points.append(middle)
        guessed.append(is_above)
        if is_above:
            inside = middle
        else:
            outside = middle
    return points, guessed


def _interpolate(inside: float, above: float, outside: float, below: float) -> float:
    """Return where the line through the values at both ends is 0, or the middle between them."""
    if not above > 0.0 > below:
        return (inside + outside) / 2.0
    return inside + (outside - inside) * (above / (above - below))
